"""What watching an engine costs a no-op event, by events of one engine that are watched and not watched in turn.

A machine that others use makes the same event cost a third more from one second to the next, so workers that take turns
tell little of a cost of a few percent; neighbours in one thread tell it.
"""

import os
import tempfile
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import fdl
from events import ObjectCreated
from functions.runtime.attempts import Watcher, Watchers
from functions.runtime.engine import Engine
from functions.runtime.function import load
from functions.runtime.metrics.watching import CountingWatcher
from functions.runtime.runner import InProcess
from functions.runtime.store import Store
from functions.runtime.tracing.watching import TracingWatcher
from tests.performance.bench import Bench
from tests.performance.contestants import NORIA
from tests.pipelines import pipeline

SIZE = 1024
AFTER = 6.0
"""Seconds until the last snapshot is written and the last batch of spans is sent, which are part of the cost."""


@dataclass(frozen=True)
class Cost:
    """Microseconds of CPU an event: in the thread that processes it, and in the watchers' own threads.

    What these do once a second, as snapshots are written, is shared by as many events as a worker does in one.
    """

    name: str
    beside: float
    within: float

    @property
    def whole(self) -> float:
        """Both together."""
        return self.within + self.beside


def interleaved(bench: Bench, endpoint: str, count: int, rate: float) -> list[Cost]:
    """Process ``count`` objects unwatched, counted and traced in turn, and give what each watching costs.

    ``rate``: events that a worker does in a second.
    """
    configuration, source, target = bench.configuration, NORIA.source, NORIA.target
    with tempfile.TemporaryDirectory(prefix="noria-bench-") as folder:
        given = configuration.model_copy(
            update={"work": Path(folder), "metrics_snapshot": Path(folder) / "worker.prom", "backoff": ()}
        )
        service = fdl.loads(pipeline("noria", f"{source}/between", f"{target}/between")).services[0]
        function = load("tests.performance.copying:copy")
        engine = Engine(service, InProcess(function, function.settings()), Store(given), given, host="bench")
        os.environ["OTEL_EXPORTER_OTLP_ENDPOINT"] = endpoint
        counting, tracing = CountingWatcher.of(engine, given, "worker"), TracingWatcher.of("noria", "worker", {})
        plans: dict[str, tuple[Watcher, ...]] = {"": (), "counting": (counting,), "tracing": (tracing,)}
        began = time.monotonic()
        used = _used(engine, plans, count, source)
        seconds = time.monotonic() - began
        time.sleep(AFTER)
        beside = {
            "counting": _cpu_of_thread("metrics") / seconds / rate,
            "tracing": _cpu_of_thread("OtelBatchSpanRecordProcessor") / count,
        }
    return [Cost(name, cpu * 1e6, median(_differences(used[name], used[""]))) for name, cpu in beside.items()]


def _used(engine: Engine, plans: dict[str, tuple[Watcher, ...]], count: int, source: str) -> dict[str, list[float]]:
    """Give the microseconds of CPU of each event of each plan; plans change places from one event to the next."""
    names = list(plans)
    used: dict[str, list[float]] = {name: [] for name in names}
    for number in range(count):
        first = number % len(names)
        for name in names[first:] + names[:first]:
            key = f"between/{number:05}-{name or 'none'}.bin"
            etag = engine.store.write(source, key, os.urandom(SIZE))
            engine.watchers = Watchers(plans[name])
            began = time.thread_time()
            engine.process(ObjectCreated(bucket=source, key=key, etag=etag, size=SIZE))
            used[name].append((time.thread_time() - began) * 1e6)
    return used


def _differences(ones: Sequence[float], others: Sequence[float]) -> list[float]:
    return [one - other for one, other in zip(ones, others, strict=True)]


def _cpu_of_thread(name: str) -> float:
    """Give the CPU seconds of a thread of this process (``schedstat``; the kernel's sched-stats.rst)."""
    ids = [thread.native_id for thread in threading.enumerate() if thread.name == name]
    return sum(int(Path(f"/proc/self/task/{each}/schedstat").read_text().split()[0]) for each in ids) / 1e9
