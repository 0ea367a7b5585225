"""``hosts``: what each host costs over the engine alone, and over its platform with nothing in it.

One small object after the other, each announced when the one before has ended; the store is real.
"""

import os
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Protocol

from events import ObjectCreated
from events.wire import minio_document
from functions.runtime.assembly import assembled
from tests.contract.aws_lambda import LambdaDriver, queue_event
from tests.contract.driver import below
from tests.contract.jetstream import JetStreamDriver
from tests.contract.knative import KnativeDriver
from tests.contract.world import World
from tests.performance.figures import Spread, show_table
from tests.performance.hosts_first import Startable, first_result, jobs, put
from tests.performance.machine import load_average

COUNT = 200
TICKS = os.sysconf("SC_CLK_TCK")
EMPTY = "tests.performance.hosts.bare"
HANDLER = b"functions.runtime.child"


class Long(Startable, Protocol):
    """A host that is handed documents."""

    def deliver(self, document: bytes) -> object:
        """Bring one document to its end."""

    def close(self) -> None:
        """End it."""


def bare(event: Mapping[str, object], context: object) -> dict[str, object]:
    """Do nothing, as a Lambda function."""
    return {"batchItemFailures": []}


def hosts(count: int = COUNT) -> dict[str, object]:
    """Measure milliseconds from an announcement to its end, the CPU that a host takes for it, and of its first."""
    with tempfile.TemporaryDirectory(prefix="noria-bench-") as folder:
        world = World.begin(Path(folder))
        try:
            taken = {
                "engine alone": _engine(world, count),
                "JetStream": _long(world, JetStreamDriver(world), count),
                "Knative": _long(world, KnativeDriver(world), count),
                "Lambda": _function(world, LambdaDriver(world), count),
                "awslambdaric with nothing in it": _function(world, LambdaDriver(world, handler=EMPTY), count),
            }
            load = load_average()
            job, empty, best = jobs(world)
        finally:
            world.close()
    rows = [(name, spread.p50, spread.p99, cpu, first) for name, (spread, cpu, first) in taken.items()]
    show_table("an event", ["", "p50 ms", "p99 ms", "CPU ms of the host", "first, from its start, ms"], rows)
    both = [("OSCAR", job.p50, job.p99), ("with an empty script", empty.p50, empty.p99)]
    show_table(f"a job, at a load of {load}", ["", "p50 ms", "p99 ms"], both)
    show_table("over an empty script", ["", "ms"], [("p50", job.p50 - empty.p50), ("best", best)])
    found: dict[str, object] = {
        name: {"p50": spread.p50, "p99": spread.p99, "cpu": cpu, "first": first}
        for name, (spread, cpu, first) in taken.items()
    }
    return found | {"OSCAR": {"p50": job.p50, "empty": empty.p50, "over": job.p50 - empty.p50, "best": best}}


def _engine(world: World, count: int) -> tuple[Spread, float, float]:
    ready = assembled(world.service("jetstream"), {**os.environ, **world.environ("jetstream")}, host="bench")
    try:
        before = time.process_time()
        spread = _timed(world, lambda event: ready.engine.process(event), count)
        cpu = 1000 * (time.process_time() - before) / count  # uploading the objects included
        return spread, cpu, float("nan")
    finally:
        ready.engine.close()


def _long(world: World, driver: Long, count: int) -> tuple[Spread, float, float]:
    return _warm(world, driver, lambda event: driver.deliver(minio_document(event)), count)


def _function(world: World, driver: LambdaDriver, count: int) -> tuple[Spread, float, float]:
    return _warm(world, driver, lambda event: driver.invoke(queue_event({"one": minio_document(event)})), count)


def _warm(
    world: World, driver: Long, work: Callable[[ObjectCreated], object], count: int
) -> tuple[Spread, float, float]:
    try:
        _timed(world, work, 10)
        before = _cpu(driver.process.pid)
        spread = _timed(world, work, count)
        cpu = 1000 * (_cpu(driver.process.pid) - before) / count
        return spread, cpu, first_result(world, driver, work)
    finally:
        driver.close()


def _timed(world: World, work: Callable[[ObjectCreated], object], count: int) -> Spread:
    """Give milliseconds of each."""
    samples = []
    for _ in range(count):
        event = put(world)
        began = time.perf_counter()
        work(event)
        samples.append(1000 * (time.perf_counter() - began))
    return Spread.of(samples)


def _cpu(pid: int) -> float:
    """Give the seconds of CPU that a process and those below it have taken, without the handler's own."""
    total = 0
    for each in (pid, *below(pid)):
        if HANDLER not in Path(f"/proc/{each}/cmdline").read_bytes():
            fields = Path(f"/proc/{each}/stat").read_text().rpartition(")")[2].split()
            total += int(fields[11]) + int(fields[12])
    return total / TICKS
