"""Dead letters: why each event failed for good, and the same two things to do about it as ``noria failed`` has."""

import asyncio
from collections.abc import Sequence

from starlette.responses import Response

from functions.runtime.errors import Rejected, TryAgain
from functions.runtime.settings import nearest
from local.client import broker_of
from local.dashboard.failed_runs import FailedRuns
from local.dashboard.index import Wanted
from local.dashboard.marks import mark, marked
from local.dashboard.pages import Pages
from local.dashboard.parts import answer
from local.dashboard.sources import Sources
from local.dashboard.visit import Visit
from local.letters import StoredLetter
from local.pace import Pace
from local.redrive import Outcome, Redrive

pages = Pages("Failures", "/failures")
MOST = 500
"""Letters that are sent again or thrown away at once."""
SAID = 280
"""Characters of what was done: it travels in an address, and servers take so much of one."""
RATE = 100
"""Events a second that are sent again."""


@pages.get("/failures")
def failures(visit: Visit) -> Response:
    """List the dead letters with their reasons, the newest first."""
    wanted = _wanted(visit)
    found = FailedRuns(visit.sources)
    shown = found.page(wanted)
    odd = found.no_events(wanted.function) if not wanted.before else []
    return answer(
        visit,
        "failures.html",
        "failures_table.html",
        wanted=wanted,
        shown=shown.letters,
        after=mark(shown.last) if shown.last else "",
        odd=odd,
        functions=_functions(visit.sources),
    )


@pages.post("/failures/retry")
def retry(visit: Visit) -> Response:
    """Send the events of the chosen letters round again, the oldest first."""
    letters = _chosen(visit)
    outcomes = asyncio.run(_send_again(visit.sources, letters))
    return told(visit, "sent again", outcomes)


@pages.post("/failures/purge")
def purge(visit: Visit) -> Response:
    """Ask whether the chosen letters are really to go; once that is said, throw them away."""
    letters = _chosen(visit)
    if visit.chosen("sure") != ["yes"]:
        return visit.render("failures_purge.html", letters=letters)
    keeper = FailedRuns(visit.sources).letters
    for each in letters:
        keeper.purge(each)
    return told(visit, "thrown away", [(each, "") for each in letters])


@pages.live("failures")
def tell(sources: Sources) -> dict[str, str]:
    """Count the failed runs of each function; the newest says whether there is another one."""
    counts = {name: states.get("failed", 0) for name, states in sources.index.counts().items()}
    newest = next(iter(sources.index.page(Wanted(state="failed"), 1)), None)
    return {"total": str(sum(counts.values())), "newest": f"{newest.name} {newest.at}" if newest else ""}


def _wanted(visit: Visit) -> Wanted:
    function, before = visit.asked("function"), visit.asked("before")
    names = _functions(visit.sources)
    if function and function not in names:
        raise Rejected(f"there is no function {function!r}{nearest(function, names)}")
    return Wanted(function, "failed", visit.asked("text")[:200], marked(before) if before else None)


def _functions(sources: Sources) -> list[str]:
    return sorted({service.name for service in sources.services} | sources.index.counts().keys())


def _chosen(visit: Visit) -> list[StoredLetter]:
    """Read the letters that are meant, before anything is changed: they are named by their runs.

    Raises:
        Rejected: None is named, or too many are.
    """
    names = list(dict.fromkeys(visit.chosen("run")))
    if not names:
        raise Rejected("no dead letter was chosen", hint="tick those that are meant, and send it again")
    if len(names) > MOST:
        raise Rejected(f"{len(names)} dead letters are more than {MOST} at once", hint="noria failed retry --all")
    found = FailedRuns(visit.sources).named(names)
    if not found:
        raise Rejected("the dead letters that were chosen are gone", hint="somebody was faster: load the page again")
    return found


async def _send_again(sources: Sources, letters: Sequence[StoredLetter]) -> list[Outcome]:
    redrive = Redrive(sources.store, sources.ledger, sources.services)
    try:
        async with broker_of(sources.given) as client:
            sent = redrive.send_again(client.jetstream(), letters, pace=Pace(RATE))
            return [outcome async for outcome in sent]
    except OSError as error:
        raise TryAgain(
            f"the broker went away: {error}", hint="what was not sent by now is sent within a minute"
        ) from error


def told(visit: Visit, verb: str, outcomes: Sequence[Outcome]) -> Response:
    """Lead back to the list, and say there what was done and what was not."""
    reasons = [f"{each.address}: {reason}" for each, reason in outcomes if reason]
    done = sum(not reason for _, reason in outcomes)
    said = f"{done} {'dead letter was' if done == 1 else 'dead letters were'} {verb}."
    said += f" Left: {'; '.join(reasons)}" if reasons else ""
    return visit.redirect("/failures", notice=said if len(said) <= SAID else f"{said[:SAID]}…")
