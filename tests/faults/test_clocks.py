"""Workers whose clocks are wrong."""

from collections.abc import Iterator, Mapping

import pytest

from functions.runtime.ledger import WORKER_LOST, Run
from functions.runtime.store import Stat
from tests.faults.conftest import times
from tests.faults.rig import Rig


@pytest.fixture(scope="module")
def rig(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rig]:
    """Start two workers, one ten minutes early and one ten minutes late."""
    with Rig(tmp_path_factory.mktemp("clocks"), environ={"FAULTS_CLOCK": "600,-600"}) as rig:
        yield rig


def error_of(rig: Rig, stat: Stat, runs: Mapping[str, Run]) -> int:
    """Give how many minutes the clock that ended a run was wrong, by the store's."""
    finished = runs[stat.key.removesuffix(".json")].finished
    assert finished is not None
    return round((finished - stat.modified).total_seconds() / 60)


def test_a_retry_is_neither_early_nor_late_by_a_clock_that_is_wrong(rig: Rig) -> None:
    uploads = rig.upload([f"retried/{number}.txt" for number in range(times(200, 20))], "fail twice")

    rig.settle(20 + len(uploads) / 4)

    rig.judge()
    runs = rig.runs()
    assert {runs[upload.run_of("faulty")].attempt for upload in uploads} == {3}
    assert {error_of(rig, stat, runs) for stat in rig.ledger.runs("faulty")} == {10, -10}


def test_no_lease_of_a_live_worker_is_taken_by_a_clock_that_is_wrong(rig: Rig) -> None:
    uploads = rig.upload([f"slow/{number}.txt" for number in range(times(6, 1))], "slow")

    rig.settle()

    rig.judge()
    runs = rig.runs()
    assert {(runs[u.run_of("faulty")].attempt, runs[u.run_of("faulty")].failures) for u in uploads} == {(1, ())}


def test_the_run_of_a_killed_worker_goes_on_whatever_the_clocks_say(rig: Rig) -> None:
    uploads = rig.upload([f"killed/mid-function-{number}.txt" for number in range(times(20, 2))], pause=1)

    rig.settle(60)

    rig.judge()
    runs = rig.runs()
    lost = {failure.error for upload in uploads for failure in runs[upload.run_of("faulty")].failures}
    assert lost == {WORKER_LOST}
