"""Pages of runs: all of them, filtered and in pages, and one of them with everything that its record says."""

import re
from typing import get_args

from starlette.responses import Response

from functions.runtime.errors import MissingError, Rejected
from functions.runtime.settings import nearest
from local.dashboard.index import Wanted
from local.dashboard.marks import mark, marked
from local.dashboard.pages import Pages
from local.dashboard.parts import answer
from local.dashboard.rows import row_of
from local.dashboard.sources import Sources
from local.dashboard.visit import Visit
from local.progress import Condition

pages = Pages("Runs", "/runs")
PAGE = 50
MOST_OF_TRACE = 200
_NAME = re.compile(r"[^/]+/[0-9a-f]{64}")
STATES: tuple[str, ...] = get_args(Condition)


@pages.get("/runs")
def runs(visit: Visit) -> Response:
    """List the newest runs of those that are asked for."""
    names = [service.name for service in visit.sources.services]
    wanted = _wanted(visit, names)
    found = visit.sources.runs(wanted, PAGE + 1)
    shown, more = found[:PAGE], found[PAGE:]
    return answer(
        visit,
        "runs.html",
        "runs_table.html",
        wanted=wanted,
        rows=shown,
        after=mark(shown[-1]) if more else "",
        functions=sorted({*names, *visit.sources.index.counts()}),
        states=STATES,
        behind=len(visit.request.app.state.feeder.waiting),
    )


def _wanted(visit: Visit, names: list[str]) -> Wanted:
    function, state, place = visit.asked("function"), visit.asked("state"), visit.asked("before")
    if state and state not in STATES:
        raise Rejected(f"there is no state {state!r}{nearest(state, STATES)}", hint=f"known are {', '.join(STATES)}")
    if function and function not in names and function not in visit.sources.index.counts():
        raise Rejected(f"there is no function {function!r}{nearest(function, names)}")
    return Wanted(function, state, visit.asked("text")[:200], marked(place) if place else None)


@pages.get("/run")
def run(visit: Visit) -> Response:
    """Show one run as the ledger has it now."""
    name = visit.asked("name")
    look = visit.sources.ledger.look(name) if _NAME.fullmatch(name) else None
    if look is None:
        raise MissingError(f"there is no run {name[:200]!r}")
    found, stat = look
    chain = visit.sources.index.of_trace(found.trace, MOST_OF_TRACE)
    return answer(visit, "run.html", "run_part.html", run=found, row=row_of(found, stat), chain=chain)


@pages.live("runs")
def tell(sources: Sources) -> dict[str, str]:
    """Say that something has changed."""
    return {"revision": str(sources.index.revision)}
