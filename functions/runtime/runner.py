"""What runs a handler: here in this process; ``children.py`` does the same in a process of its own."""

import logging
import resource
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any, Protocol

from events import ObjectCreated
from functions.runtime.context import Context
from functions.runtime.desk import Desk
from functions.runtime.function import Function
from functions.runtime.limits import FOR_EVER, Term
from functions.runtime.settings import Settings
from functions.runtime.telemetry import BoundLogger

log = logging.getLogger("noria.function")


def _nothing() -> None:
    pass


@dataclass(frozen=True)
class Task:
    """One run of a handler: its event, the folder it writes to, how long it may take and has waited, in seconds.

    ``term`` is its host's, with which it is stopped.
    ``begin`` is called just before the handler is.
    """

    event: ObjectCreated
    folder: Path
    run: str
    attempt: int = 1
    trace: str = ""
    time_limit: float = 300
    waited: float = 0
    begin: Callable[[], object] = _nothing
    term: Term = FOR_EVER


@dataclass(frozen=True)
class Usage:
    """What a run used: CPU in seconds, peak resident memory of the process in bytes, and its custom metrics.

    ``seconds``: how long the handler took.
    """

    cpu_seconds: float = 0
    peak_memory: int = 0
    metrics: Mapping[str, float] = field(default_factory=dict)
    seconds: float = 0


class Runner(Protocol):
    """Runs one handler on one task at a time a caller; raises what the handler raised."""

    def run(self, task: Task, desk: Desk) -> Usage:
        """Run the handler; its outputs lie in ``task.folder`` when this returns."""

    def stop_taking(self) -> None:
        """Refuse what has not begun with ``NotYetError``."""

    def close(self) -> None:
        """End whatever was started."""


class InProcess:
    """Runs the handler in the calling process and thread."""

    def __init__(self, function: Function[Any], settings: Settings) -> None:
        self._function = function
        self._settings = settings
        if function.warm:
            function.warm(settings)

    def run(self, task: Task, desk: Desk) -> Usage:
        """Run the handler; the time limit is the host's to keep here."""
        adapter = BoundLogger(log, {"run": task.run, "attempt": task.attempt, "trace": task.trace})
        seed = int(task.run.rpartition("/")[2][:16] or "0", 16)
        ctx: Context[Any] = Context(
            settings=self._settings,
            folder=task.folder,
            desk=desk,
            attempt=task.attempt,
            waited=task.waited,
            trace=task.trace,
            log=adapter,
            random=Random(seed),  # noqa: S311 - reproducible on purpose: the same run gets the same numbers
        )
        _forget_peak_memory()
        task.begin()
        before, began = _cpu_seconds(), time.monotonic()
        self._function(task.event, ctx)
        return Usage(_cpu_seconds() - before, _peak_memory(), dict(ctx.metrics), time.monotonic() - began)

    def stop_taking(self) -> None:
        """Nothing waits here."""

    def close(self) -> None:
        """Nothing was started."""


def _cpu_seconds() -> float:
    """Give what this process, and what it has started and seen end, has used."""
    of_children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + of_children.ru_utime + of_children.ru_stime


def _forget_peak_memory() -> None:
    """Let VmHWM begin anew (proc(5), ``clear_refs`` 5); a kernel without it reports the process's whole life."""
    try:
        Path("/proc/self/clear_refs").write_text("5")
    except OSError:
        return


def _peak_memory() -> int:
    try:
        status = Path("/proc/self/status").read_text()
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    return next(int(line.split()[1]) * 1024 for line in status.splitlines() if line.startswith("VmHWM:"))
