"""Campaigns as noria profile writes them, of services that each are a queue: so many seconds a request, n workers."""

import heapq
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

from events import ObjectCreated
from functions.profiling.campaign import Campaign, FinishedRun, Load, PlannedRun, Report, Request, Slot
from functions.profiling.writing import write_tables
from functions.runtime.runs import Run, StoredObject, run_id

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
Demands = Mapping[tuple[str, str], float]
"""Component and resource -> seconds of a worker that a request takes."""


def campaign(
    folder: Path,
    demands: Demands,
    *,
    loads: Sequence[float] = (0.5, 1.0, 1.5),
    parallelisms: Sequence[int] = (4, 2, 1),
    requests: int = 400,
) -> Path:
    """Write a campaign's tables and sizes into a folder, and give it; loads are requests a second."""
    runs = [
        _run(component, resource, load, parallelism, demand, requests)
        for (component, resource), demand in demands.items()
        for parallelism in parallelisms
        for load in loads
        if load * demand < 0.95 * parallelism
    ]
    plan = Campaign(name=folder.name, application="masks", seed=0, runs=tuple(each for each, _ in runs))
    report = Report(campaign=plan, finished=tuple(each for _, each in runs))

    def place(name: str) -> Path:
        path = folder / "tables" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        return path

    write_tables(report, place)
    sizes = "".join(f"{name}: 123.0\n" for name in dict.fromkeys(each for each, _ in demands))
    (folder / "components_data_size.yaml").write_text(sizes)
    return folder


def _run(
    component: str, resource: str, load: float, parallelism: int, demand: float, requests: int
) -> tuple[PlannedRun, FinishedRun]:
    name = f"{component}-{resource}-{load:g}-{parallelism}"
    random = Random(name)
    slot = Slot(
        component=component,
        service=component,
        resource=resource,
        parallelism=parallelism,
        cores=1,
        memory=10**9,
    )
    moments = [*_arrivals(random, load, requests)]
    way = Load(way="paced", times=tuple(moments), clients=1, throughput=load * 60)
    planned = PlannedRun(name=name, unit=component, deployment=resource, repetition=1, slots=(slot,), load=way)
    asked, records = [], []
    for index, (queued, started, ended) in enumerate(_served(moments, parallelism, demand)):
        event = ObjectCreated(bucket="inbox", key=f"{name}/{index}", etag=f"e{index}")
        identity = run_id(component, event)
        asked.append(
            Request(
                bucket="inbox",
                key=event.key,
                etag=event.etag,
                size=100,
                sent=_at(queued),
                records=(f"{component}/{identity}",),
            )
        )
        records.append(
            Run(
                state="committed",
                id=identity,
                function=component,
                host="jetstream",
                resource=resource,
                input=StoredObject(bucket="inbox", key=event.key, etag=event.etag, size=100),
                outputs=(),
                queued=_at(queued),
                started=_at(started),
                finished=_at(ended),
                cpu_seconds=demand,
                handler_seconds=demand,
                peak_memory=30_000_000,
            )
        )
    return planned, FinishedRun(name=name, requests=tuple(asked), records=tuple(records))


def _arrivals(random: Random, load: float, requests: int) -> Iterator[float]:
    time = 0.0
    for _ in range(requests):
        time += random.expovariate(load)
        yield time


def _served(moments: Sequence[float], workers: int, demand: float) -> Iterator[tuple[float, float, float]]:
    """Give when each request came, was begun and ended: first come, first served by whoever is free first."""
    free = [0.0] * workers
    for moment in moments:
        started = max(moment, heapq.heappop(free))
        heapq.heappush(free, started + demand)
        yield moment, started, started + demand


def _at(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)
