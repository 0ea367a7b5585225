"""A worker that is told to stop while it is at work."""

import json
import os
import signal
import time
from collections.abc import Iterator

import pytest

from tests.faults.rig import Rig
from tests.waiting import eventually

WORKER = "worker-faulty-0"


@pytest.fixture
def rig(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rig]:
    patient = {"NORIA_RUNNERS": "4", "NORIA_ACK_WAIT": "20"}
    with Rig(tmp_path_factory.mktemp("drain"), workers=1, environ=patient) as rig:
        yield rig


def test_what_is_in_flight_at_a_stop_is_finished_or_given_back_and_nothing_is_done_twice(rig: Rig) -> None:
    pid = rig.pid(WORKER)
    assert pid is not None
    rig.upload([f"drain/{number}.txt" for number in range(8)], "second", threads=8)
    eventually(lambda: len(rig.ledger.runs("faulty")) == 8)
    began = time.monotonic()

    os.kill(pid, signal.SIGTERM)

    rig.await_restart(WORKER, pid)
    assert time.monotonic() - began < 30
    rig.settle()
    assert rig.judge()["committed"] == 8
    assert {run.attempt for run in rig.runs().values()} == {1}
    eventually(lambda: bool(restarts(rig)))
    assert [line["exit_code"] for line in restarts(rig)] == [0]


def restarts(rig: Rig) -> list[dict[str, object]]:
    """Give what the supervisor has said of the worker's restarts."""
    said = [json.loads(line) for line in (rig.home.run / "supervisor.log").read_text().splitlines()]
    return [line for line in said if line["event"] == "restarted" and line["part"] == WORKER]
