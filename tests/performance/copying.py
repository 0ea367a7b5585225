"""The no-op job that everyone runs: read the object, write one output that begins with when the handler began."""

import time

from events import ObjectCreated
from functions.runtime import Context, Settings, function

SIZE = 1024
"""Bytes of an uploaded object."""


class Copy(Settings):
    """It has none."""


@function(settings=Copy)
def copy(event: ObjectCreated, ctx: Context[Copy]) -> None:
    """Write ``<name>.copy``."""
    began = time.time()
    ctx.output(f"{event.name}.copy").write_bytes(stamped(began, ctx.fetch(event).read_bytes()))


def stamped(began: float, content: bytes) -> bytes:
    """Give the output: a line with the time, then the input."""
    return f"{began:.6f}\n".encode() + content


def stamp(output: bytes) -> float:
    """Give the time that an output begins with."""
    return float(output.partition(b"\n")[0])
