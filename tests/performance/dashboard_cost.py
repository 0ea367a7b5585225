"""What the dashboard takes from a plane at work: processor time an event, without it, unseen, and with a page open."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from statistics import median

import httpx

from local.connection import PlaneState
from local.dashboard.attention import LASTS
from local.process import Process
from tests.performance.bench import Bench
from tests.performance.contestants import NORIA
from tests.performance.dashboard import serving
from tests.performance.figures import show_table
from tests.performance.idle import children, cpu_seconds
from tests.performance.traffic import backlog

EVENTS = 1500
ROUNDS = 3
WAYS = ("without", "unseen", "looked at")


def dashboard_cost(count: int = EVENTS) -> dict[str, object]:
    """Let a worker do ``count`` events at once, ``ROUNDS`` times each way, in turn; medians."""
    found: dict[str, list[tuple[float, float, float]]] = {way: [] for way in WAYS}
    with Bench([NORIA]) as bench:
        PlaneState("ready", tuple(map(str, bench.plane.pipelines))).write(bench.plane.home)
        _measured(bench, None, 100, "warm")
        for turn in range(ROUNDS):
            for way in WAYS:
                found[way].append(_way(bench, way, count, f"{way.replace(' ', '-')}-{turn}"))
    medians = {way: [median(each[place] for each in found[way]) for place in range(3)] for way in WAYS}
    columns = ["", "plane: ms CPU an event", "dashboard: ms CPU an event", "events a second"]
    show_table(
        f"A no-op event, {count} at once, median of {ROUNDS}", columns, [(way, *each) for way, each in medians.items()]
    )
    return {"events": count, **medians}


def _way(bench: Bench, way: str, count: int, tag: str) -> tuple[float, float, float]:
    if way == "without":
        return _measured(bench, None, count, tag)
    with serving(bench) as (client, process):
        time.sleep(3)  # what was done before is known by then
        if way == "unseen":
            time.sleep(LASTS)  # nobody has looked for long
            return _measured(bench, process, count, tag)
        with _looking(client):
            return _measured(bench, process, count, tag)


@contextmanager
def _looking(client: httpx.Client) -> Iterator[None]:
    """Have the first page open, as a browser has it."""
    over = threading.Event()

    def look() -> None:
        with suppress(httpx.HTTPError, OSError), client.stream("GET", "/live?topics=counts%20flow") as answer:
            for line in answer.iter_lines():
                if line.startswith("data: ") and not over.is_set():
                    httpx.get(f"{client.base_url}", cookies=client.cookies, headers={"hx-request": "true"})
                if over.is_set():
                    return

    thread = threading.Thread(target=look, daemon=True)
    thread.start()
    yield
    over.set()


def _measured(bench: Bench, process: Process | None, count: int, tag: str) -> tuple[float, float, float]:
    """Give milliseconds of the plane and of the dashboard an event, and events a second."""
    bench.stop(NORIA)
    backlog(bench, NORIA, count, tag)
    time.sleep(1)  # what announces them is at rest
    before, seen = _plane(bench), _cpu(process)
    began = time.monotonic()
    bench.process(NORIA).start()  # its start is in the figures of each way
    bench.wait_answered(NORIA)
    took = time.monotonic() - began
    plane, shown = _plane(bench) - before, _cpu(process) - seen
    return 1000 * plane / count, 1000 * shown / count, count / took


def _plane(bench: Bench) -> float:
    """Give the processor seconds of every process of the plane."""
    parts = [part.pid for part in bench.plane.parts().values()]
    pids = [pid for pid in parts if pid]
    return sum(map(cpu_seconds, [*pids, *(child for pid in pids for child in children(pid))]))


def _cpu(process: Process | None) -> float:
    return cpu_seconds(process.pid) if process and process.pid else 0.0
