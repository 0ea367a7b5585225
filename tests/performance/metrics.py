"""``metrics``: what counting and tracing cost a no-op event, in pairs of workers that take turns in one plane."""

import json
import socket
import sys
import tempfile
import time
import urllib.request
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median

from functions.runtime.configuration import OFF
from functions.runtime.kernel import in_use
from local.groups import Worker
from local.process import Process
from tests.performance.bench import Bench
from tests.performance.contestants import NORIA
from tests.performance.counting import AFTER, interleaved
from tests.performance.figures import notes, show_table
from tests.performance.traffic import backlog, paced, passages

COUNT = 300
ROUNDS = 3
BETWEEN = 3000
"""Events of each kind that are compared one by one: medians of 900 differed by 15 microseconds from run to run."""
LIMIT = 3.0
"""Percent of a no-op event that all of it may cost."""
PART = f"worker-{NORIA.name}-0"
VARIANTS = ("without", "metrics", "metrics and traces")
ORDER = ((0, 1, 2), (2, 1, 0), (1, 0, 2), (2, 0, 1), (0, 2, 1), (1, 2, 0))
"""Turns in which a slow change of the machine's load does not tell."""


@dataclass(frozen=True)
class Turn:
    """One worker's turn: milliseconds of CPU an event, of it and its handler and of it alone, and events a second."""

    cpu: float
    own: float
    rate: float


def metrics(count: int = COUNT) -> dict[str, object]:
    """Measure in turns; the cost is the median of the differences within a round, relative to a worker without."""
    with Bench([NORIA]) as bench, tempfile.TemporaryDirectory(prefix="noria-bench-") as folder:
        endpoint, collector = _collector(Path(folder))
        try:
            turns = _rounds(bench, endpoint, count)
            rate = median(turn.rate for turn in turns["without"])
            costs = interleaved(bench, endpoint, BETWEEN, rate)
            taken = json.loads(urllib.request.urlopen(endpoint, timeout=5).read())
        finally:
            collector.stop(2)
    base = median(turn.cpu for turn in turns["without"])
    rows = [_row(name, turns) for name in VARIANTS]
    show_table(
        f"{count} no-op events a turn, {ROUNDS} turns each (median)",
        ["", "CPU ms an event", "worker's alone", "events/s", "more CPU, %", "quartile", "quartile"],
        rows,
    )
    shares = [(each.name, each.within, each.beside, each.whole / base / 10) for each in costs]
    whole = sum(share for *_, share in shares)
    show_table(
        f"{BETWEEN} events each, watched and not in turn: more CPU an event",
        ["", "in its thread, us", "beside, us", "of a worker's event, %"],
        [*shares, ("both", "", "", whole)],
    )
    show_table("Target", ["", "measured", "limit", "holds"], [("%", whole, LIMIT, "yes" if whole <= LIMIT else "NO")])
    notes.print(f"[dim]{taken} spans came in")
    return {
        "turns": {name: [asdict(turn) for turn in some] for name, some in turns.items()},
        "more_percent": {str(row[0]): row[4] for row in rows},
        "costs_us": [asdict(each) for each in costs],
        "percent": whole,
        "spans": taken,
        "limit_percent": LIMIT,
    }


def _rounds(bench: Bench, endpoint: str, count: int) -> dict[str, list[Turn]]:
    turns: dict[str, list[Turn]] = {name: [] for name in VARIANTS}
    for number in range(ROUNDS):
        for place in ORDER[number % len(ORDER)]:
            name = VARIANTS[place]
            turn = _turn(bench, name, endpoint, count, f"{number}-{place}")
            notes.print(f"[dim]{name}: {turn.cpu:.3f} ms of CPU an event, {turn.rate:.0f} events/s")
            turns[name].append(turn)
    return turns


def _row(name: str, turns: Mapping[str, Sequence[Turn]]) -> tuple[object, ...]:
    """Give a variant's figures; what it costs more is the worker's alone, of all that an event costs without."""
    more = sorted(
        (each.own - without.own) / without.cpu * 100
        for each, without in zip(turns[name], turns["without"], strict=True)
    )
    cpu, own, rate = (median(getattr(turn, what) for turn in turns[name]) for what in ("cpu", "own", "rate"))
    return name, cpu, own, rate, median(more), more[len(more) // 4], more[-1 - len(more) // 4]


def _cpu_seconds(pid: int) -> float:
    """Give the CPU time of a process's threads to the nanosecond (``schedstat``; the kernel's sched-stats.rst)."""
    return sum(int(file.read_text().split()[0]) for file in Path(f"/proc/{pid}/task").glob("*/schedstat")) / 1e9


def _turn(bench: Bench, name: str, endpoint: str, count: int, tag: str) -> Turn:
    """Start a worker, and give what it and its handler use for all that is uploaded at once while it waits."""
    plane = bench.plane
    bench.stop(NORIA)
    plane.given = plane.given.model_copy(update={"metrics": OFF if name == "without" else ""})
    traces = {"OTEL_EXPORTER_OTLP_ENDPOINT": endpoint} if "traces" in name else {}
    plane.environ = {key: value for key, value in plane.environ.items() if not key.startswith("OTEL_")} | traces
    plane.start_worker(Worker(PART, NORIA.name, ""))
    bench.start(NORIA)
    paced(bench, [NORIA], 5, 20, f"warm-{tag}")
    pid = bench.process(NORIA).pid
    assert pid is not None
    before, alone = in_use(pid).cpu_seconds, _cpu_seconds(pid)
    uploads = backlog(bench, NORIA, count, tag)
    bench.wait_answered(NORIA, timeout_s=300)
    time.sleep(AFTER)
    used, own = in_use(pid).cpu_seconds - before, _cpu_seconds(pid) - alone
    committed = [each.committed for each in passages(bench, uploads)]
    return Turn(used / count * 1000, own / count * 1000, (count - 1) / (max(committed) - min(committed)))


def _collector(folder: Path) -> tuple[str, Process]:
    """Start a collector in a process of its own: it would share this one's processor otherwise."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "tests.performance.peers.collector", str(port)]
    process = Process("collector", command, folder=folder, dies_with_parent=True)
    process.start()
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                break
        time.sleep(0.05)
    return f"http://127.0.0.1:{port}", process
