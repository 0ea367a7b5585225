"""Measuring in a process of its own, walled in: the network was uploaded, and onnxruntime is written in C++."""

import json
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from functions.partitioning.cuts import Cut
from functions.partitioning.measuring import Measured, MeasuredParts
from functions.partitioning.measuring_job import NETWORK, ORDER, Order
from functions.runtime.kernel import memory_in_use
from functions.runtime.outputs import place
from functions.sandbox.ending import end
from functions.sandbox.limits import Limits
from functions.sandbox.walls import CODE, Job, Sandbox

MEMORY = 2 << 30
GRACE = 30.0
"""Seconds beside the measuring itself: to start, and to end what was begun."""
LOOK = 0.1
MOST_SAID = 1 << 20
_SAID = "measured.jsonl"
_ENVIRONMENT = {
    "PATH": "/usr/bin:/bin",
    "LANG": "C.UTF-8",
    "HOME": "/nonexistent",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "PYTHONDONTWRITEBYTECODE": "1",
    "PYTHONPATH": str(CODE),
    "PYTHONSAFEPATH": "1",
}


@dataclass(frozen=True)
class Told:
    """What was measured before the seconds were over; ``trouble`` says why there is less than was asked for."""

    halves: Mapping[str, Measured] = field(default_factory=dict)
    parts: MeasuredParts | None = None
    whole: float | None = None
    trouble: str = ""


def measured(
    network: Path, order: Order, folder: Path, *, cuts: Iterable[Cut], sandbox: Sandbox, memory: int = MEMORY
) -> Told:
    """Measure what an order asks for, in ``folder``, which is private and empty.

    Args:
        network: The file, inspected.
        order: Names each tensor of ``cuts`` that is wanted.
        folder: Where the process looks.
        cuts: Those of the network.
        sandbox: What walls the process in.
        memory: Bytes that it may use.
    """
    place(network, folder / NETWORK)
    order.write(folder / ORDER)
    job = Job(
        command=[sys.executable, "-m", "functions.partitioning.measuring_job", str(folder)],
        read=(folder, CODE / "functions", CODE / "events"),
        write=(),
        limits=Limits(memory, MOST_SAID, cpu_seconds=int(order.seconds + GRACE)),
        environ=_ENVIRONMENT,
        folder=folder,
    )
    said = folder / _SAID
    with said.open("wb") as out:
        process = sandbox.start(job, stdout=out, stderr=subprocess.DEVNULL)
        try:
            trouble = _watched(process, order.seconds + GRACE, memory)
        finally:
            end(process)
    return _told(said, {each.tensor: each for each in cuts}, trouble)


def _watched(process: subprocess.Popen[bytes], seconds: float, memory: int) -> str:
    """Wait for the end; say what is wrong with it."""
    begun = time.monotonic()
    while process.poll() is None:
        if time.monotonic() - begun > seconds:
            return f"it took longer than {seconds:g} s"
        if memory_in_use(process.pid) > memory:
            return f"it needs more than {memory >> 20:,} MiB of memory"
        with suppress(subprocess.TimeoutExpired):
            process.wait(LOOK)
    return "" if process.returncode == 0 else "onnxruntime cannot run it, or used more than it may"


def _told(said: Path, cuts: Mapping[str, Cut], trouble: str) -> Told:
    """Read what the process said; a network may have taken it over, so that is not believed to have any form."""
    whole: float | None = None
    parts: MeasuredParts | None = None
    halves: dict[str, Measured] = {}
    for line in said.read_bytes()[:MOST_SAID].splitlines():
        try:
            match json.loads(line):
                case {"whole": float(seconds)} if _is_time(seconds):
                    whole = seconds
                case {"parts": [*times], "difference": float(apart)} if all(map(_is_time, [*times, apart])):
                    parts = MeasuredParts(tuple(times), apart)
                case {"cut": str(name), "first": float(first), "second": float(second), "difference": float(apart)} if (
                    whole is not None and name in cuts and all(map(_is_time, (first, second, apart)))
                ):
                    halves[name] = Measured(cuts[name], first, second, whole, apart)
        except (ValueError, RecursionError):  # such as the last line of a process that was ended
            continue
    return Told(halves, parts, whole, trouble or ("" if whole is not None else "it said nothing"))


def _is_time(value: object) -> bool:
    return isinstance(value, float) and 0 <= value < float("inf")
