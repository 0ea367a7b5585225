import csv
import math
import statistics
from dataclasses import fields
from pathlib import Path

import pytest
from pyarrow import parquet

from functions.profiling.campaign import Report
from functions.profiling.data_sizes import data_sizes
from functions.profiling.jobs import JobRow, jobs
from functions.profiling.runs import Asynchronous, Synchronous, UnitRuntime, WorkflowRuntime, run_tables
from functions.profiling.statistics import most_at_once, percentile, times
from functions.profiling.writing import write_tables
from tests.unit.profiling.samples import committed, failed, planned, report

MANY = tuple(
    committed(index, queued=10 * index, started=10 * index + 3, finished=10 * index + 20 + index, compute=9)
    for index in range(20)
)


def test_a_job_is_split_into_wait_compute_and_overhead_that_add_up() -> None:
    (row,) = jobs(report((committed(0, queued=0, started=40, finished=150, compute=80),), planned(requests=1)))

    assert (row.full_ms, row.wait_ms, row.compute_ms, row.overhead_ms) == (150, 40, 80, 30)
    assert (row.full_time, row.wait, row.compute_time, row.overhead) == (0.15, 0.04, 0.08, 0.03)
    assert (row.cores_container, row.cores_total, row.memory_total) == (0.5, 1.0, 2000)
    assert (row.bytes_in, row.bytes_out, row.cpu_ms, row.failed) == (100, 40, 5.0, 0)
    assert (row.component, row.service, row.resource, row.cluster) == ("Copy", "copy", "VM1", "VM1")


def test_what_failed_and_what_never_began_are_rows_and_in_no_mean() -> None:
    records = (committed(0, queued=0, started=10, finished=100, compute=80), failed(1, queued=0, finished=5000))
    made = report(records, planned(requests=3))

    rows = jobs(made)

    assert [(row.state, row.failed, row.reason) for row in rows] == [
        ("committed", 0, ""),
        ("failed", 1, "it is no picture"),
        ("missing", 1, "it never began"),
    ]
    for table in run_tables(made):
        ((_, measured),) = table.rows
        assert (measured.jobs, measured.failures) == (3, 2)
        assert measured.avg_response_time_ms == measured.p99_ms == 100


def test_the_columns_begin_with_oscar_p_s() -> None:
    def names(kind: type) -> str:
        return ", ".join(field.name for field in fields(kind))

    assert names(Synchronous) == (
        "requested_throughput, observed_throughput, avg_response_time, requested_parallelism, warm_pods, cores,"
        " warm_cores"
    )
    assert names(Asynchronous) == "run_name, observed_throughput, avg_response_time, requested_parallelism, cores"
    assert names(UnitRuntime) == "runs, configurations, runtime, actual_parallelism, target_parallelism, cores"
    assert names(WorkflowRuntime) == "runs, runtime, configurations, total_cores"
    assert names(JobRow).startswith(
        "job_name, service, cluster, node, cores_container, cores_total, memory_container, memory_total, nodes_used,"
        " nodes_total, full_time, wait, pod_creation, overhead, compute_time, write_back, "
    )


def test_every_figure_can_be_computed_again_from_the_report_s_commit_records(tmp_path: Path) -> None:
    made = report(MANY, planned(requests=20))

    write_tables(Report.model_validate_json(made.model_dump_json()), lambda name: tmp_path / name)

    with (tmp_path / "copy/copy_response_time_dataframe.csv").open() as file:
        (row,) = csv.DictReader(file)
    took = [(run.finished - run.queued).total_seconds() for run in MANY if run.finished and run.queued]
    cuts = statistics.quantiles(took, n=100, method="inclusive")
    assert float(row["avg_response_time"]) == pytest.approx(statistics.mean(took))
    assert [float(row[f"p{q}_ms"]) for q in (50, 95, 99)] == pytest.approx([1000 * cuts[q - 1] for q in (50, 95, 99)])
    ends = [run.finished for run in MANY if run.finished]
    begins = [run.queued for run in MANY if run.queued]
    runtime = (max(ends) - min(begins)).total_seconds()
    assert float(row["observed_throughput"]) == pytest.approx(20 / runtime, abs=1e-6)
    with (tmp_path / "copy/runtime_dataframe.csv").open() as file:
        (row,) = csv.DictReader(file)
    assert float(row["runtime"]) == pytest.approx(runtime)
    busiest = max(
        sum(1 for run in MANY if run.started and run.finished and run.started <= now < run.finished)
        for now in (run.started for run in MANY)
        if now
    )
    assert int(row["actual_parallelism"]) == busiest
    with (tmp_path / "jobs.csv").open() as file:
        for record, row in zip(MANY, csv.DictReader(file), strict=True):
            assert record.queued
            assert record.finished
            assert row["record"] == record.name
            assert float(row["queued_ms"]) == pytest.approx(record.queued.timestamp() * 1000)
            assert float(row["full_ms"]) == pytest.approx((record.finished - record.queued).total_seconds() * 1000)


def test_parquet_has_what_csv_has(tmp_path: Path) -> None:
    files = write_tables(report((MANY[0],)), lambda name: tmp_path / name)

    for path in (each for each in files if each.suffix == ".csv"):
        rows = parquet.read_table(path.with_suffix(".parquet")).to_pylist()
        with path.open() as file:
            assert list(csv.DictReader(file)) == [
                {key: "" if value is None else str(value) for key, value in row.items()} for row in rows
            ]
    assert len(files) == 6


@pytest.mark.parametrize("count", [1, 2, 3, 50])
def test_percentiles_are_those_of_the_standard_library(count: int) -> None:
    values = sorted(math.sin(index) * 100 for index in range(count))

    cuts = statistics.quantiles(values, n=100, method="inclusive") if count > 1 else values * 99
    assert [percentile(values, q / 100) for q in (50, 95, 99)] == pytest.approx([cuts[q - 1] for q in (50, 95, 99)])


def test_no_times_have_no_mean() -> None:
    assert set(vars(times([])).values()) == {None}


def test_one_that_ends_makes_room_for_the_next() -> None:
    assert most_at_once([(0, 10), (10, 20), (5, 15)]) == 2
    assert most_at_once([]) == 0


def test_components_send_the_mean_of_what_their_committed_jobs_wrote() -> None:
    records = (committed(0, queued=0, started=10, finished=100, compute=80), failed(1, queued=0, finished=5000))

    assert data_sizes(jobs(report(records))).root == {"Copy": 0.04}
