"""From nothing to the end of a first event: every OSCAR job, and the start of each host that lives longer."""

import time
from collections.abc import Callable
from statistics import median
from typing import Any, Protocol

from events import ObjectCreated
from events.wire import minio_document
from tests.contract.driver import kill
from tests.contract.oscar import OscarDriver
from tests.contract.world import World
from tests.performance.figures import Spread

JOBS = 12
STARTS = 5


class Startable(Protocol):
    """A host that lives longer than an event."""

    process: Any

    def start(self) -> None:
        """Start it."""


def first_result(world: World, driver: Startable, work: Callable[[ObjectCreated], object]) -> float:
    """Give the median of milliseconds from a host's start to the end of its first event."""
    samples = []
    for _ in range(STARTS):
        kill(driver.process)
        event = put(world)
        began = time.perf_counter()
        driver.start()
        work(event)
        samples.append(1000 * (time.perf_counter() - began))
    return median(samples)


def jobs(world: World) -> tuple[Spread, Spread, float]:
    """Give milliseconds of OSCAR's jobs, of those with an empty script, and the best of the first over that of these.

    One of each in turn, so that both meet the same load.
    """
    ours, empty = OscarDriver(world), OscarDriver(world, script="true\n")
    taken: dict[OscarDriver, list[float]] = {ours: [], empty: []}
    for _ in range(JOBS):
        for driver, samples in taken.items():
            document = minio_document(put(world))
            began = time.perf_counter()
            driver.log_of(document)
            samples.append(1000 * (time.perf_counter() - began))
    return Spread.of(taken[ours]), Spread.of(taken[empty]), min(taken[ours]) - min(taken[empty])


def put(world: World) -> ObjectCreated:
    """Upload a small object of its own name."""
    return world.put(f"in/{time.monotonic_ns()}.txt", b"plain\n")
