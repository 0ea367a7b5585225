"""Workers whose clocks are wrong."""

from collections.abc import Iterator, Mapping

import pytest

from functions.runtime.runs import WORKER_LOST, Run
from functions.runtime.store import Stat
from tests.faults.conftest import times
from tests.faults.rig import Rig


@pytest.fixture(scope="module")
def rig(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rig]:
    """Start two workers, one ten minutes early and one ten minutes late."""
    environ = {"FAULTS_CLOCK": "600,-600", "NORIA_ACK_WAIT": "5", "NORIA_TIME_LIMIT": "60"}
    with Rig(tmp_path_factory.mktemp("clocks"), environ=environ) as rig:
        yield rig


def error_of(rig: Rig, stat: Stat, runs: Mapping[str, Run]) -> int:
    """Give how many minutes the clock that ended a run was wrong, by the store's."""
    finished = runs[stat.key.removesuffix(".json")].finished
    assert finished is not None
    return round((finished - stat.modified).total_seconds() / 60)


def test_neither_retries_nor_leases_go_by_a_clock_that_is_wrong(rig: Rig) -> None:
    slow = rig.upload([f"slow/{number}.txt" for number in range(times(6, 1))], "fifteen seconds")
    retried = rig.upload([f"retried/{number}.txt" for number in range(times(200, 20))], "fail twice")

    rig.settle(60 + len(retried) / 4)

    rig.judge()
    runs = rig.runs()
    assert {runs[upload.run_of("faulty")].attempt for upload in slow} == {1}
    assert {runs[upload.run_of("faulty")].attempt for upload in retried} == {3}
    assert {error_of(rig, stat, runs) for stat in rig.ledger.runs("faulty")} == {10, -10}


def test_the_run_of_a_killed_worker_goes_on_whatever_the_clocks_say(rig: Rig) -> None:
    uploads = rig.upload([f"killed/mid-function-{number}.txt" for number in range(times(20, 2))], pause=1)

    rig.settle(60)

    rig.judge()
    runs = rig.runs()
    lost = {failure.error for upload in uploads for failure in runs[upload.run_of("faulty")].failures}
    assert lost == {WORKER_LOST}
