"""Jobs of OSCAR become rows whose parts add up, and what went wrong is told."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest

from functions.profiling.jobs import JobRow, jobs
from functions.profiling.oscar_jobs import SILENT, Job
from functions.profiling.supervisor_log import JobLog
from functions.runtime.runs import Run, StoredObject
from tests.unit.profiling.samples import NOON, SERVICE, later, planned, report, request

GIVEN = StoredObject(bucket="inbox", key="a/0", etag="e0", size=100)
MADE = StoredObject(bucket="outbox", key="b/0", etag="x", size=40)


def state(status: str = "Succeeded", *, created: int = 1, started: int = 3, finished: int = 9) -> dict[str, Any]:
    """Give a job as OSCAR lists it; moments in seconds after noon."""
    moments = {"creation_time": created, "start_time": started, "finish_time": finished}
    return {"status": status} | {
        name: (NOON + timedelta(seconds=second)).strftime("%Y-%m-%dT%H:%M:%SZ") for name, second in moments.items()
    }


def log(*, started: float = 4200, ended: float | None = 8700, error: str = "") -> JobLog:
    """Give a log whose lines go from 3.4 s to 9.25 s after noon; the script's moments in milliseconds."""
    return JobLog(
        read=("inbox", "a/0"),
        script_started=later(started),
        script_ended=None if ended is None else later(ended),
        first=later(3400),
        last=later(9250),
        error=error,
    )


def record(given: dict[str, Any], said: JobLog, outputs: Sequence[StoredObject] = (MADE,), *, failure: str = "") -> Run:
    job = Job(name="copy-1", service=SERVICE, resource="VM1", image="copy:1", state=given, log=said)
    return job.record(GIVEN, outputs, queued=later(500), failure=failure, must_give=True)


def row(run: Run) -> JobRow:
    (found,) = jobs(report((run,), planned(requests=1)))
    return found


def test_a_job_s_parts_add_up_to_its_whole_time() -> None:
    found = row(record(state(), log()))

    assert (found.full_ms, found.wait_ms, found.compute_ms, found.overhead_ms) == (8750, 500, 4500, 1350)
    assert (found.pod_creation, found.full_time) == (2.4, 8.75)
    assert (found.state, found.failed, found.reason, found.node) == ("committed", 0, "", "copy-1")
    assert found.record == request(0).records[0]


def test_a_container_that_says_nothing_for_long_began_at_the_end_of_its_second() -> None:
    found = row(record(state(), log(started=8000)))
    silent = row(record(state(started=2), log(started=8000)))

    assert found.started_ms == pytest.approx(later(3400).timestamp() * 1000)
    assert silent.started_ms == pytest.approx(later(3000).timestamp() * 1000)


def test_a_store_whose_clock_is_ahead_gives_no_time_below_zero() -> None:
    job = Job(name="copy-1", service=SERVICE, resource="VM1", image="", state=state(), log=log())

    found = row(job.record(GIVEN, (MADE,), queued=later(60_000), failure="", must_give=True))

    assert (found.wait_ms, found.pod_creation, found.full_ms) == (0, 0, 5850)


@pytest.mark.parametrize(
    ("run", "reason"),
    [
        (record(state(), log(), ()), SILENT),
        (record(state(), log(), failure="it is no picture"), "it is no picture"),
        (record(state("Failed"), log(ended=None)), "the job failed, and its log does not say why"),
        (record(state("Failed"), log(ended=None, error="No space left")), "No space left"),
        (record(state(), log(ended=None)), "its script never ended, by its log"),
    ],
)
def test_what_went_wrong_is_a_row_with_its_reason(run: Run, reason: str) -> None:
    found = row(run)

    assert (found.state, found.failed, found.reason) == ("failed", 1, reason)
    assert found.compute_ms is None


def test_a_job_of_which_nothing_is_known_has_no_times() -> None:
    found = row(record({"status": "Failed"}, JobLog(read=("inbox", "a/0")), ()))

    assert (found.full_ms, found.started_ms, found.failed) == (None, None, 1)
    assert found.reason == "the job failed, and its log does not say why"


@pytest.mark.parametrize("moment", ["9999-12-31T23:59:59Z", "9999-12-31T23:59:59-14:00", "0001-01-01T00:00:00+14:00"])
def test_a_job_that_a_cluster_puts_into_no_year_of_ours_has_no_times(moment: str) -> None:
    found = row(record({"status": "Succeeded", "start_time": moment, "finish_time": moment}, log()))

    assert (found.full_ms, found.started_ms, found.failed) == (None, None, 0)
