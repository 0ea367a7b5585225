"""Tables with a row a run: of each component, and of the whole workflow. OSCAR-P's columns come first.

Its columns are in seconds and requests a second, but ``requested_throughput``, which is a minute's as in
run_parameters.yaml divided by 60. Upstream has only means, and drops what failed from its tables.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from functions.profiling.campaign import WORKFLOW, PlannedRun, Report
from functions.profiling.jobs import JobRow, jobs
from functions.profiling.statistics import Times, most_at_once, throughput, times


@dataclass(frozen=True)
class Measured:
    """What follows OSCAR-P's columns: of ``jobs`` requests so many ``failures``; times are of those that succeeded."""

    component: str
    resource: str
    deployment: str
    jobs: int
    failures: int
    avg_response_time_ms: float | None
    p50_ms: float | None
    p95_ms: float | None
    p99_ms: float | None


@dataclass(frozen=True)
class Asynchronous:
    """A row of ``<service>_response_time_dataframe`` of files that are uploaded in batches."""

    run_name: str
    observed_throughput: float | None
    avg_response_time: float | None
    requested_parallelism: int
    cores: float


@dataclass(frozen=True)
class Synchronous:
    """The same of clients that wait for answers; all workers of a run are warm, since they begin before it."""

    requested_throughput: float | None
    observed_throughput: float | None
    avg_response_time: float | None
    requested_parallelism: int
    warm_pods: int
    cores: float
    warm_cores: float


@dataclass(frozen=True)
class UnitRuntime:
    """A row of ``runtime_dataframe`` of one component alone; ``runtime`` is from the first request to the last end."""

    runs: str
    configurations: str
    runtime: float | None
    actual_parallelism: int
    target_parallelism: int
    cores: float


@dataclass(frozen=True)
class WorkflowRuntime:
    """The same of all components together."""

    runs: str
    runtime: float | None
    configurations: str
    total_cores: float


Half = Asynchronous | Synchronous | UnitRuntime | WorkflowRuntime
Row = tuple[Half, Measured]


@dataclass(frozen=True)
class RunTable:
    """Rows of one kind; ``name`` is the file's without its ending, below the campaign's folder."""

    name: str
    kind: type[Half]
    rows: tuple[Row, ...]


def run_tables(report: Report) -> list[RunTable]:
    """Give all tables with a row a run, in the order of the plan."""
    rows: dict[str, list[JobRow]] = {planned.name: [] for planned, _ in report.pairs}
    for row in jobs(report):
        rows[row.run_name].append(row)
    units: dict[str, list[PlannedRun]] = {}
    for planned, _ in report.pairs:
        units.setdefault(planned.unit, []).append(planned)
    tables = []
    for unit, runs in units.items():
        services = dict.fromkeys(slot.service for run in runs for slot in run.slots)
        # A component that is cut is in some runs, and its parts are in others.
        tables += [_response_times(unit, each, [run for run in runs if each in run.slot_of], rows) for each in services]
        tables.append(_runtimes(unit, runs, rows))
    return tables


def _response_times(unit: str, service: str, runs: Sequence[PlannedRun], rows: dict[str, list[JobRow]]) -> RunTable:
    kind = Asynchronous if all(run.load.way == "batches" for run in runs) else Synchronous
    made = []
    for run in runs:
        own = [row for row in rows[run.name] if row.service == service]
        found = times(row.full_ms for row in own if not row.failed and row.full_ms is not None)
        slot, asked = run.slot_of[service], run.load.throughput
        shared: dict[str, Any] = {
            "observed_throughput": throughput(sum(not row.failed for row in own), *_ends(own)),
            "avg_response_time": found.avg_response_time,
            "requested_parallelism": slot.parallelism,
            "cores": slot.cores * slot.parallelism,
        }
        half: Half
        if kind is Asynchronous:
            half = Asynchronous(run_name=run.name, **shared)
        else:
            warm: dict[str, Any] = {"warm_pods": slot.parallelism, "warm_cores": slot.cores * slot.parallelism}
            half = Synchronous(requested_throughput=None if asked is None else asked / 60, **shared, **warm)
        resource = own[0].resource if own else slot.resource
        failed = sum(row.failed for row in own)
        made.append((half, _measured(slot.component, resource, run, len(own), failed, found)))
    return RunTable(f"{unit}/{service}_response_time_dataframe", kind, tuple(made))


def _runtimes(unit: str, runs: Sequence[PlannedRun], rows: dict[str, list[JobRow]]) -> RunTable:
    kind = WorkflowRuntime if unit == WORKFLOW else UnitRuntime
    made = []
    for run in runs:
        own = rows[run.name]
        begin, end = _ends(own)
        runtime = None if begin is None or end is None else round((end - begin) / 1000, 6)
        cores = sum(slot.cores * slot.parallelism for slot in run.slots)
        told: dict[str, Any] = {"runs": run.name, "configurations": _configuration(run), "runtime": runtime}
        half: Half
        if unit == WORKFLOW:
            half = WorkflowRuntime(**told, total_cores=cores)
        else:
            most = most_at_once((e.started_ms, e.finished_ms) for e in own if e.started_ms and e.finished_ms)
            half = UnitRuntime(
                **told, actual_parallelism=most, target_parallelism=run.slots[0].parallelism, cores=cores
            )
        requests = _requests(own, len(run.load.times))
        found = times(each for each in requests if each is not None)
        failed = sum(each is None for each in requests)
        resource = " ".join(dict.fromkeys(slot.resource for slot in run.slots))
        name = WORKFLOW if unit == WORKFLOW else run.slots[0].component
        made.append((half, _measured(name, resource, run, len(requests), failed, found)))
    return RunTable(f"{unit}/runtime_dataframe", kind, tuple(made))


def _requests(rows: Iterable[JobRow], count: int) -> list[float | None]:
    """Give each request's milliseconds from its first announcement to its last commit; None where a job failed."""
    found: dict[int, list[JobRow]] = {index: [] for index in range(count)}
    for row in rows:
        found[row.request].append(row)
    return [_took(each) for each in found.values()]


def _took(rows: Sequence[JobRow]) -> float | None:
    begin, end = _ends(rows)
    return None if any(row.failed for row in rows) or begin is None or end is None else end - begin


def _ends(rows: Sequence[JobRow]) -> tuple[float | None, float | None]:
    """Give when the first of some jobs was queued and the last ended."""
    begins = [row.queued_ms or row.started_ms for row in rows]
    ends = [row.finished_ms for row in rows]
    return min((e for e in begins if e), default=None), max((e for e in ends if e), default=None)


def _configuration(run: PlannedRun) -> str:
    return " ".join(f"{slot.service}={slot.parallelism}" for slot in run.slots)


def _measured(name: str, resource: str, run: PlannedRun, count: int, failed: int, found: Times) -> Measured:
    return Measured(
        component=name,
        resource=resource,
        deployment=run.deployment,
        jobs=count,
        failures=failed,
        avg_response_time_ms=found.avg_response_time_ms,
        p50_ms=found.p50_ms,
        p95_ms=found.p95_ms,
        p99_ms=found.p99_ms,
    )
