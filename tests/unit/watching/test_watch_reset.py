"""A reset begins anew, whatever was kept: of a state that a wrong clock has spoilt the good part stays."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from functions.runtime.context import Context
from functions.runtime.local_desk import LocalDesk, local_event
from functions.runtime.runs import Run, StoredObject
from functions.watch_constraints.handler import watch_constraints
from functions.watch_constraints.settings import WatchConstraints
from functions.watching.state import State
from tests.unit.watching.rows import row

KEPT = StoredObject(bucket="constraints", key="state/masks.0.watch-state.json", etag="0")
RECORD = Run(state="committed", id="0", function="watch-constraints", input=KEPT, outputs=(KEPT,))


@dataclass(frozen=True)
class After(LocalDesk):
    """A desk where an earlier run has kept something; ``made`` is the run that made the object."""

    made: Run | None = None

    def follow(self, series: str) -> Run | None:
        return RECORD if series == "constraints masks" else None

    def read(self, one: StoredObject) -> Path:
        return self.path.with_name(one.key.rpartition("/")[2])

    def producer(self) -> Run | None:
        return self.made


Reset = Callable[..., State | None]


@pytest.fixture
def reset(tmp_path: Path) -> Reset:
    def go(before: str, made: Run | None = None) -> State | None:
        source, out = tmp_path / "any.watch-reset.json", tmp_path / "out"
        source.write_text("{}")
        out.mkdir()
        (tmp_path / "masks.0.watch-state.json").write_text(before)
        desk = After(source, made=made)
        settings = WatchConstraints(application="masks")
        watch_constraints(local_event(source), Context(settings=settings, folder=out, desk=desk, waited=math.inf))
        found = next(out.rglob("*.watch-state.json"), None)
        return State.model_validate_json(found.read_text()) if found else None

    return go


def spoilt() -> State:
    now = datetime.now(UTC)
    good, tabled = (row("blur-faces", name, 0, 1) for name in ("good", "tabled"))
    bad = row("blur-faces", "bad", 0, 1, finished=253402343999.0)
    future = (now + timedelta(days=400)).timestamp()
    state = State(application="masks", sequence=6, settled=future, rows=[tabled, good, bad], pending=[good.id, bad.id])
    state.constraints, state.uploaded = {"name": "masks"}, 5.0
    return state


def test_of_a_state_that_a_wrong_clock_has_spoilt_what_is_good_and_waits_is_kept(reset: Reset) -> None:
    before = spoilt()

    found = reset(before.model_dump_json())

    assert found is not None
    (good,) = found.rows
    assert (good.session, found.pending, found.settled) == ("good", [good.id], good.finished)
    assert (found.sequence, found.uploaded, found.constraints) == (7, before.uploaded, before.constraints)


def test_a_state_that_cannot_be_read_is_begun_anew(reset: Reset) -> None:
    found = reset("{")

    assert found is not None
    assert (found.rows, found.settled, found.sequence) == ([], 0, 1)


def test_a_result_that_is_called_a_reset_begins_nothing_anew(reset: Reset) -> None:
    assert reset(spoilt().model_dump_json(), made=RECORD.model_copy(update={"state": "running"})) is None
