"""What processes hold while they work: memory, open files and threads, looked at every few seconds (proc(5))."""

import os
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from statistics import mean
from types import TracebackType
from typing import Self

MEGABYTE = 1e6
EVERY = 5.0
"""Seconds."""
ENDS = 5
"""Samples at either end over which the growth is measured: one alone would be noise."""


@dataclass(frozen=True)
class Sample:
    """What one process held: ``at`` is in seconds since the first look, ``rss`` in megabytes."""

    at: float
    rss: float
    files: int
    threads: int


@dataclass(frozen=True)
class Growth:
    """What a process held at first and at last, and how much more that is in percent."""

    name: str
    samples: int
    rss: float
    rss_last: float
    rss_percent: float
    files: float
    files_last: float
    threads: float
    threads_last: float


class Sampler:
    """A context: notes what the processes hold until its end; ``parts`` names them afresh at each look."""

    def __init__(self, parts: Callable[[], Mapping[str, int]], *, every: float = EVERY) -> None:
        self.samples: dict[str, list[Sample]] = {}
        self._parts = parts
        self._every = every
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._work, name="sampler", daemon=True)

    def __enter__(self) -> Self:
        self._began = time.monotonic()
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._stop.set()
        self._thread.join()

    def growth(self, settled: float) -> list[Growth]:
        """Compare the end with how it was ``settled`` seconds after the beginning."""
        return [_growth(name, [s for s in samples if s.at >= settled]) for name, samples in self.samples.items()]

    def _work(self) -> None:
        while True:
            for name, pid in self._parts().items():
                for label, each in {name: pid, **_children(name, pid)}.items():
                    if (sample := _sample(each, time.monotonic() - self._began)) is not None:
                        self.samples.setdefault(label, []).append(sample)
            if self._stop.wait(self._every):
                return


def _growth(name: str, samples: list[Sample]) -> Growth:
    if not samples:
        nothing = float("nan")
        return Growth(name, 0, *[nothing] * 7)
    few = max(1, min(ENDS, len(samples) // 2))
    first, last = samples[:few], samples[-few:]
    rss, rss_last = mean(s.rss for s in first), mean(s.rss for s in last)
    return Growth(
        name,
        len(samples),
        rss,
        rss_last,
        (rss_last / rss - 1) * 100,
        mean(s.files for s in first),
        mean(s.files for s in last),
        mean(s.threads for s in first),
        mean(s.threads for s in last),
    )


def _sample(pid: int, at: float) -> Sample | None:
    """Look at a process; None when it has just ended."""
    folder = Path(f"/proc/{pid}")
    try:
        resident = int((folder / "statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / MEGABYTE
        return Sample(at, resident, sum(1 for _ in (folder / "fd").iterdir()), len(list((folder / "task").iterdir())))
    except (FileNotFoundError, ProcessLookupError):
        return None


def _children(name: str, pid: int) -> dict[str, int]:
    """Name a worker's handler processes."""
    if name != "worker":
        return {}
    found = sorted(int(child) for file in Path(f"/proc/{pid}/task").glob("*/children") for child in _words(file))
    return {f"handler {number}": child for number, child in enumerate(found, 1)}


def _words(file: Path) -> list[str]:
    try:
        return file.read_text().split()
    except (FileNotFoundError, ProcessLookupError):  # the thread has ended
        return []
