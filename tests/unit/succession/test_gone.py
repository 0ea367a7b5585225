"""What a run goes on from is gone: that is no beginning, and nobody is told that it were one."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from functions.drift_check import watching
from functions.gather_drifted import handler as gather_drifted
from functions.optimize import revising
from functions.runtime import Context, Settings
from functions.runtime.errors import Rejected
from functions.runtime.local_desk import LocalDesk
from functions.runtime.runs import Run, StoredObject
from functions.swap_model import handler as swap_model
from functions.watch_constraints import gathering

READERS = [watching.kept, gather_drifted._kept, swap_model._kept, gathering.kept, revising.latest]


@dataclass(frozen=True)
class Emptied(LocalDesk):
    """A desk whose run before has lost its results: sent round again, it found a newer version of its object."""

    def follow(self, series: str) -> Run | None:
        """Give a run without outputs."""
        gone = StoredObject(bucket="inbox", key=series, etag="1")
        return Run(state="superseded", id="0" * 64, function="f", input=gone)


def context(folder: Path, desk: LocalDesk) -> Context[Any]:
    return Context(settings=Settings(), folder=folder, desk=desk)


@pytest.mark.parametrize("kept", READERS)
def test_a_run_before_without_results_is_not_taken_for_none(tmp_path: Path, kept: Callable[..., object]) -> None:
    path = tmp_path / "a.json"
    path.write_text("{}")

    with pytest.raises(Rejected):
        kept(context(tmp_path, Emptied(path)), "wine")

    kept(context(tmp_path, LocalDesk(path)), "wine")


def test_a_reset_begins_anew_all_the_same(tmp_path: Path) -> None:
    state = watching.kept(context(tmp_path, Emptied(tmp_path / "a.json")), "wine", must_read=False)

    assert state == watching.kept(context(tmp_path, LocalDesk(tmp_path / "a.json")), "wine")
