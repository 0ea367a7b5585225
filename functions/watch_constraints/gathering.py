"""What an event brings: the runs that it tells of, and what was kept of the application."""

from collections.abc import Iterator, Sequence

from pydantic import BaseModel, ValidationError

from events import ObjectCreated
from functions.datasets.files import opened
from functions.runtime import Context
from functions.runtime.errors import InputVanishedError, Rejected
from functions.runtime.publication import FAILURE_SUFFIX
from functions.runtime.runs import Run
from functions.watch_constraints.settings import WatchConstraints
from functions.watching.alerts import rfc3339
from functions.watching.observations import Observation, is_records, of_run, read_records
from functions.watching.rules import Rule
from functions.watching.state import STATE_ENDING, State, read_state, series

RESET_ENDING = ".watch-reset.json"
LARGEST_LETTER = 1_000_000
EARLIEST = 946_684_800.0
"""2000-01-01: a clock that says less was never set."""
LEEWAY = 3600.0
"""Seconds by which clocks may differ."""
FARTHEST = 16
"""Runs that are gone back from one for the first component of its path."""
Ctx = Context[WatchConstraints]


class Letter(BaseModel):
    """What is taken of a dead letter: the name of the run that it is of."""

    run: str


def observed(event: ObjectCreated, ctx: Ctx) -> tuple[list[Observation], Run | None]:
    """Give the runs that the object tells of, and the record of the one run where it is one run's.

    Raises:
        Rejected: It is no list of records although it is called one.
    """
    if is_records(event.name):
        if event.size > ctx.settings.max_bytes:
            said = f"{event.name} has {event.size:,} bytes, more than the limit of {ctx.settings.max_bytes:,}"
            raise Rejected(said, hint="split it, or raise WATCH_CONSTRAINTS_MAX_BYTES")
        found = read_records(ctx.fetch(event), event.name, largest=ctx.settings.max_bytes)
        for row in found:
            if wrong := _wrong_moment(row, event):
                said = f"{event.name}: the run {row.component}/{row.id} cannot have {wrong}"
                raise Rejected(said, hint="set the clock of the site that it comes from")
        return found, None
    run = _failed(event, ctx) if event.name.endswith(FAILURE_SUFFIX) else ctx.producer()
    if run is None or not _is_first(event, run):
        return [], None
    own = of_run(run)
    return [own] if own and not _wrong_moment(own, event) else [], run


def kept(ctx: Ctx, application: str) -> State:
    """Take the next place in the application's series, and give what was kept.

    Raises:
        Rejected: It cannot be read, as when a person sends a run round again that others have gone on from long since.
    """
    before = ctx.follow(series(application))
    if before is None:
        return State(application=application)
    found = next((one for one in before.outputs if one.key.endswith(STATE_ENDING)), None)
    try:
        if found is not None:
            return read_state(ctx.read(found), application)
    except InputVanishedError:
        pass
    said = f"what was kept of {application} before this is gone: others have gone on from it, or it was deleted"
    raise Rejected(said, hint=f"if it was deleted, begin anew: upload any{RESET_ENDING}")


def begun_anew(event: ObjectCreated, ctx: Ctx, application: str) -> State:
    """Take the next place in the series, and keep of what can be read the constraints and what no table has yet."""
    try:
        old = kept(ctx, application)
    except Rejected:
        return State(application=application)
    waiting = set(old.pending)
    rows = [row for row in old.rows if row.id in waiting and not _wrong_moment(row, event)]
    about = old.model_dump(include={"application", "sequence", "constraints", "uploaded"})
    settled = max((row.finished for row in rows), default=0.0)
    return State(**about, rows=rows, pending=[row.id for row in rows], settled=settled)


def ancestors(
    event: ObjectCreated, ctx: Ctx, state: State, rules: Sequence[Rule], run: Run | None
) -> list[Observation]:
    """Give runs before this one in its session, where a path that ends in it begins in one that nobody has told of.

    The events of two components may come in any order, and the first component's results need not be watched at all.
    """
    own = of_run(run)
    if run is None or own is None:
        return []
    known = {(row.session, row.component) for row in state.rows}
    wanted = {rule.path[0] for rule in rules if rule.path and rule.path[-1] == own.component}
    wanted = {first for first in wanted if first != own.component and (own.session, first) not in known}
    return [row for row in _back(ctx, run) if not _wrong_moment(row, event)] if wanted else []


def _back(ctx: Ctx, run: Run) -> Iterator[Observation]:
    parent: Run | None = run
    for _ in range(FARTHEST):
        parent = ctx.record(parent.parent) if parent and parent.parent else None
        if parent is None:
            return
        found = of_run(parent)
        if found is not None:
            yield found


def _wrong_moment(row: Observation, event: ObjectCreated) -> str:
    """Say what cannot have been when the run says; one from the future would have all others forgotten."""
    latest = event.time.timestamp() + LEEWAY
    for at, what in ((row.finished, "ended"), (row.queued, "been queued"), (row.started, "been started")):
        if not EARLIEST <= at <= latest:
            return f"{what} at {_written(at)}"
    return ""


def _written(at: float) -> str:
    try:
        return rfc3339(at)
    except (ValueError, OverflowError):  # its year has five digits, or none
        return f"{at:.0f} seconds after 1970"


def _failed(event: ObjectCreated, ctx: Ctx) -> Run | None:
    """Give the record of the run that a dead letter is of; the ledger is believed, not the letter."""
    with opened(ctx.fetch(event), LARGEST_LETTER) as file:
        body = file.read(LARGEST_LETTER + 1)
    try:
        letter = Letter.model_validate_json(body)
    except ValidationError:
        return None
    run = ctx.record(letter.run)
    return run if run is not None and run.state == "failed" else None


def _is_first(event: ObjectCreated, run: Run) -> bool:
    """Whether of all that the run has put into the object's folder this is the first: it is told of once."""
    folder = event.key.rpartition("/")[0]
    there = [one.key for one in run.outputs if one.bucket == event.bucket and one.key.rpartition("/")[0] == folder]
    return not there or event.key == min(there)
