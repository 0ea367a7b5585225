"""Jobs: one row for each run of a function that a campaign's requests caused, made of its commit record alone.

The first columns are those of OSCAR-P's table of jobs, in seconds and MB; ours follow, in milliseconds and bytes.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from functions.profiling.campaign import FinishedRun, PlannedRun, Report, Slot, milliseconds
from functions.profiling.statistics import most_at_once
from functions.runtime.runs import FINAL, Run

MB = 1e6
POD_CREATION = "oscar_pod_creation_seconds"
"""The metric of a record that OSCAR's jobs give; nothing else has pods that are made for one job."""


@dataclass(frozen=True)
class JobRow:
    """One job; its columns are the fields, in their order. What is unknown is None.

    ``wait``: from the announcement of the object until the attempt that ended it began, or its pod was being made;
    ``compute_time``: the handler, or the script; ``overhead``: the rest, which is reading, writing and committing.
    ``pod_creation`` is 0 on a plane, where workers wait for jobs and not the other way round; ``write_back`` is part of
    ``overhead`` (OSCAR-P leaves it out, too). ``node`` is the host that ran it, on OSCAR the job; ``nodes_total`` are
    workers, ``nodes_used`` those at work at once, at most.
    Moments are in milliseconds since 1970, ``memory`` in MB, ``peak_memory`` and ``bytes_*`` in bytes. ``failed`` is
    1 for what did not commit: ``state`` and ``reason`` say how.
    """

    job_name: str
    service: str
    cluster: str
    node: str
    cores_container: float
    cores_total: float
    memory_container: float
    memory_total: float
    nodes_used: int
    nodes_total: int
    full_time: float | None
    wait: float | None
    pod_creation: float | None
    overhead: float | None
    compute_time: float | None
    write_back: float | None
    unit: str
    deployment: str
    run_name: str
    repetition: int
    request: int
    component: str
    resource: str
    parallelism: int
    queued_ms: float | None
    started_ms: float | None
    finished_ms: float | None
    full_ms: float | None
    wait_ms: float | None
    overhead_ms: float | None
    compute_ms: float | None
    cpu_ms: float
    peak_memory: int
    bytes_in: int
    bytes_out: int
    attempts: int
    state: str
    failed: int
    reason: str
    record: str


def jobs(report: Report) -> list[JobRow]:
    """Give all rows, run after run as planned, request after request as sent."""
    return [row for planned, finished in report.pairs for row in _of_run(planned, finished)]


def _of_run(planned: PlannedRun, finished: FinishedRun) -> Iterator[JobRow]:
    used = _workers_used(finished)
    for index, request in enumerate(finished.requests):
        for name in request.records:
            service = name.partition("/")[0]
            slot = planned.slot_of.get(service)
            if slot is not None:
                yield _row(planned, slot, used.get(service, 0), index, name, finished.record_of.get(name))


def _workers_used(finished: FinishedRun) -> Mapping[str, int]:
    """Give for each function how many of its runs there were at once, at most."""
    spans: dict[str, list[tuple[float, float]]] = {}
    for run in finished.records:
        if run.started and run.finished:
            spans.setdefault(run.function, []).append((milliseconds(run.started), milliseconds(run.finished)))
    return {service: most_at_once(own) for service, own in spans.items()}


def _row(planned: PlannedRun, slot: Slot, used: int, index: int, name: str, run: Run | None) -> JobRow:
    done = run is not None and run.state == "committed"
    resource = (run.resource if run else "") or slot.resource
    spans = _spans(run) if run is not None and run.state in FINAL else {}
    return JobRow(
        job_name=f"{planned.name}-{index:05d}-{name.replace('/', '-')[: len(slot.service) + 13]}",
        service=slot.service,
        cluster=resource,
        node=run.host if run else "",
        cores_container=slot.cores,
        cores_total=slot.cores * slot.parallelism,
        memory_container=slot.memory / MB,
        memory_total=slot.memory * slot.parallelism / MB,
        nodes_used=used,
        nodes_total=slot.parallelism,
        **{key: _seconds(spans.get(key)) for key in ("full_time", "wait", "pod_creation", "overhead", "compute_time")},
        write_back=None,
        unit=planned.unit,
        deployment=planned.deployment,
        run_name=planned.name,
        repetition=planned.repetition,
        request=index,
        component=slot.component,
        resource=resource,
        parallelism=slot.parallelism,
        queued_ms=_moment(run.queued if run else None),
        started_ms=_moment(run.started if run else None),
        finished_ms=_moment(run.finished if run else None),
        full_ms=spans.get("full_time"),
        wait_ms=spans.get("wait"),
        overhead_ms=spans.get("overhead"),
        compute_ms=spans.get("compute_time"),
        cpu_ms=round(run.cpu_seconds * 1000, 3) if run else 0.0,
        peak_memory=run.peak_memory if run else 0,
        bytes_in=run.input.size if run else 0,
        bytes_out=sum(output.size for output in run.outputs) if run and done else 0,
        attempts=run.attempt if run else 0,
        state=run.state if run else "missing",
        failed=0 if done else 1,
        reason=_reason(run),
        record=name,
    )


def _spans(run: Run) -> Mapping[str, float]:
    """Give how long a run that has ended took in all and in its parts, in milliseconds; nothing that is unknown."""
    if run.started is None or run.finished is None:
        return {}
    queued, started, finished = map(milliseconds, (run.queued or run.started, run.started, run.finished))
    pod = max(0.0, min(run.metrics.get(POD_CREATION, 0.0) * 1000, started - queued))
    found = {"full_time": finished - queued, "wait": started - queued - pod}
    if run.state == "committed":
        compute = run.handler_seconds * 1000
        found |= {"pod_creation": pod, "compute_time": compute, "overhead": finished - started - compute}
    return {name: round(value, 3) for name, value in found.items()}


def _reason(run: Run | None) -> str:
    if run is None:
        return "it never began"
    if run.state == "committed":
        return ""
    return run.failures[-1].reason if run.failures else "" if run.state in FINAL else f"it was still {run.state}"


def _moment(given: datetime | None) -> float | None:
    return milliseconds(given) if given else None


def _seconds(milliseconds_: float | None) -> float | None:
    return None if milliseconds_ is None else round(milliseconds_ / 1000, 6)
