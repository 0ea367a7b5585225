"""``walls``: what walls cost: the start of a handler's process and one event, with each kind and without, in turns."""

import os
import time
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from tempfile import gettempdir
from typing import Literal

from events import ObjectCreated
from functions.runtime.children import Children
from functions.runtime.configuration import Configuration
from functions.runtime.enclosure import WITHOUT, Enclosure, Kind, around
from functions.runtime.local_desk import LocalDesk
from functions.runtime.process import Child
from functions.runtime.runner import Task
from functions.runtime.start import child_environment
from functions.runtime.workspace import WRITING, room
from tests.performance.figures import Spread, show_table

IMAGE = "localhost:5001/send-alerts:0.1.0"
"""The smallest, for containers; their function is mounted."""
FUNCTION = "tests.handlers:copy"
KINDS: tuple[Kind | Literal["none"], ...] = ("none", *WITHOUT)
STARTS, EVENTS = 16, 300
MEMORY = 2**30


def walls(count: int = EVENTS) -> dict[str, object]:
    """Measure starts, memory (what is shared counts for each process) and ``count`` events with walls and without."""
    base = room(Path(gettempdir()))
    plain = child_environment(os.environ, {})
    kinds = [kind for kind in KINDS if kind == "none" or not WITHOUT[kind]()]
    within = {kind: _within(kind, base, plain) for kind in kinds}
    environ = {kind: each.environ(plain) if each else plain for kind, each in within.items()}
    starts: dict[str, list[float]] = {kind: [] for kind in kinds}
    memory = dict.fromkeys(kinds, 0)
    for _ in range(STARTS):
        for kind in kinds:
            began = time.perf_counter()
            child = Child.start(FUNCTION, environ[kind], within[kind])
            starts[kind].append((time.perf_counter() - began) * 1000)
            memory[kind] = child.in_use.memory
            child.stop()
    pools = {kind: Children(FUNCTION, 1, environ[kind], memory=MEMORY, walls=within[kind]) for kind in kinds}
    try:
        events = _events(pools, base, count)
    finally:
        for pool in pools.values():
            pool.close()
    spreads = {kind: (Spread.of(starts[kind]), Spread.of(events[kind])) for kind in kinds}
    rows = [(kind, min(starts[kind]), *_row(spreads[kind], memory[kind])) for kind in kinds]
    columns = ["walls", "start, best ms", "start, p50 ms", "event, p50 ms", "event, p99 ms", "memory, MiB"]
    show_table(f"walls: {STARTS} starts, {count} events", columns, rows)
    return {
        kind: {"start": asdict(start), "event": asdict(event), "memory": memory[kind]}
        for kind, (start, event) in spreads.items()
    }


def _row(spreads: tuple[Spread, Spread], memory: int) -> tuple[float, ...]:
    start, event = spreads
    return start.p50, event.p50, event.p99, memory / 2**20


def _within(kind: str, base: Path, environ: Mapping[str, str]) -> Enclosure | None:
    if kind == "none":
        return None
    given = Configuration.read({"NORIA_ISOLATION": kind, "NORIA_WORK": str(base)})
    return around(FUNCTION, environ, given, memory=MEMORY, image=IMAGE)


def _events(pools: Mapping[Kind | Literal["none"], Children], base: Path, count: int) -> dict[str, list[float]]:
    source, folder = base / "a.txt", base / WRITING / "outputs"
    source.write_bytes(b"hello")
    folder.mkdir()
    event = ObjectCreated(bucket="inbox", key="in/a.txt", etag="1")
    took: dict[str, list[float]] = {kind: [] for kind in pools}
    for _ in range(count):
        for kind, pool in pools.items():
            began = time.perf_counter()
            pool.run(Task(event, folder, "copy/00"), LocalDesk(source))
            took[kind].append((time.perf_counter() - began) * 1000)
    return took
