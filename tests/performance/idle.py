"""``idle``: memory and processor time of a worker that has nothing to do, its handler's process included."""

import os
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from tests.performance.bench import Bench
from tests.performance.contestants import NORIA
from tests.performance.figures import show_table
from tests.performance.traffic import paced

SECONDS = 20.0
MEGABYTE = 1e6


@dataclass(frozen=True)
class Use:
    """What one process holds and takes: megabytes resident, megabytes in proportion to sharing, percent of one CPU."""

    name: str
    rss: float
    pss: float
    cpu: float


def idle(bench: Bench) -> dict[str, object]:
    """Measure after a few events, so that everything is loaded that an event needs."""
    bench.start(NORIA)
    paced(bench, [NORIA], 10, 10, "idle")
    worker = bench.process(NORIA).pid
    assert worker is not None
    pids = {"worker": worker, **{f"handler {n}": pid for n, pid in enumerate(children(worker), 1)}}
    time.sleep(2)
    before = {name: cpu_seconds(pid) for name, pid in pids.items()}
    began = time.monotonic()
    time.sleep(SECONDS)
    passed = time.monotonic() - began
    uses = [Use(name, *memory_of(pid), (cpu_seconds(pid) - before[name]) / passed * 100) for name, pid in pids.items()]
    total = Use("sum", sum(u.rss for u in uses), sum(u.pss for u in uses), sum(u.cpu for u in uses))
    targets = [("RSS, MB", total.rss, 80), ("PSS, MB", total.pss, 80), ("CPU, %", total.cpu, 1)]
    show_table(
        f"Idle worker of a light function, {SECONDS:g} s",
        ["", "RSS MB", "PSS MB", "CPU %"],
        [(u.name, u.rss, u.pss, u.cpu) for u in (*uses, total)],
    )
    rows = [(name, measured, limit, "yes" if measured < limit else "NO") for name, measured, limit in targets]
    show_table("Targets", ["", "measured", "below", "holds"], rows)
    return {"seconds": SECONDS, "processes": [asdict(use) for use in uses], "sum": asdict(total)}


def children(pid: int) -> list[int]:
    """Name the processes that a process has started."""
    found = Path(f"/proc/{pid}/task").glob("*/children")
    return sorted(int(child) for file in found for child in file.read_text().split())


def memory_of(pid: int) -> tuple[float, float]:
    """Resident and proportional set size in megabytes (proc(5), ``smaps_rollup``).

    A worker hides its memory from its own user; for who is not root the second figure is the first, an upper bound.
    """
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:]
    except PermissionError:
        resident = int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / MEGABYTE
        return resident, resident
    sizes = {line.split()[0]: int(line.split()[1]) * 1024 / MEGABYTE for line in lines}
    return sizes["Rss:"], sizes["Pss:"]


def cpu_seconds(pid: int) -> float:
    """Give the processor time that a process has taken (proc(5), ``stat``)."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
