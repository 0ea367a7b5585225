"""A network that is measured may take its process over: what that says is not believed, and it ends in time."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import ClassVar

import pytest

from functions.partitioning import walled
from functions.partitioning.cuts import cuts
from functions.partitioning.measuring_job import Order
from functions.partitioning.network import read_network
from functions.partitioning.walled import Told, measured
from functions.sandbox.walls import Job, Stream, Unconfined
from tests.unit.partitioning.networks import chain, model, save
from tests.waiting import eventually

ORDER = Order(inputs={}, cuts=("t1", "t2"), exits=(), rounds=1, seconds=5)


class TakenOver:
    """Runs what an attacker would, in the stead of the measuring."""

    kind: ClassVar[str] = "none"

    def __init__(self, code: str) -> None:
        self.code = code

    def start(self, job: Job, *, stdout: Stream = None, stderr: Stream = None) -> subprocess.Popen[bytes]:
        return Unconfined().start(replace(job, command=[sys.executable, "-c", self.code]), stdout=stdout, stderr=stderr)


class Talking(TakenOver):
    """One whose time begins when it has said something."""

    def start(self, job: Job, *, stdout: Stream = None, stderr: Stream = None) -> subprocess.Popen[bytes]:
        process = super().start(job, stdout=stdout, stderr=stderr)
        eventually(lambda: (job.folder / walled._SAID).stat().st_size > 0)
        return process


def told(tmp_path: Path, code: str, *, memory: int = 1 << 30, kind: type[TakenOver] = TakenOver) -> Told:
    path = save(model(chain("Relu", "Tanh", "Sigmoid")), tmp_path)
    folder = tmp_path / "private"
    folder.mkdir()
    return measured(path, ORDER, folder, cuts=cuts(read_network(path)), sandbox=kind(code), memory=memory)


@pytest.mark.parametrize(
    "line",
    [
        "no json",
        "[1]",
        '{"whole": "1"}',
        '{"whole": NaN}',
        '{"whole": -1.0}',
        '{"whole": Infinity}',
        '{"cut": "t1", "first": 1.0, "second": 1.0, "difference": 0.0}',
        '{"parts": [1.0, "x"], "difference": 0.0}',
        "[" * 5000,
        "",
    ],
)
def test_what_is_no_measurement_is_not_taken_for_one(tmp_path: Path, line: str) -> None:
    assert told(tmp_path, f"print({line!r})") == Told(trouble="it said nothing")


def test_of_cuts_that_there_are_not_nothing_is_kept(tmp_path: Path) -> None:
    lines = [
        '{"whole": 1.0}',
        '{"cut": "../../t1", "first": 1.0, "second": 1.0, "difference": 0.0}',
        '{"cut": "t2", "first": 0.25, "second": 0.5, "difference": 0.0}',
    ]

    found = told(tmp_path, f"print({chr(10).join(lines)!r})")

    assert set(found.halves) == {"t2"}
    assert (found.halves["t2"].first, found.whole, found.trouble) == (0.25, 1.0, "")


def test_one_that_does_not_end_is_ended_and_what_it_said_before_counts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(walled, "GRACE", -4.0)

    found = told(tmp_path, "print('{\"whole\": 1.0}', flush=True); import time; time.sleep(600)", kind=Talking)

    assert found.whole == 1.0
    assert found.trouble == "it took longer than 1 s"


def test_one_that_takes_more_memory_than_it_may_has_none(tmp_path: Path) -> None:
    found = told(tmp_path, "x = bytearray(1 << 30)", memory=1 << 28)

    assert found.whole is None
    assert found.trouble != ""
