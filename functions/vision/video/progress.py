"""How far a video is, told while its frames pass by."""

from collections.abc import Iterable, Iterator
from time import monotonic
from typing import Any, TypeVar

from functions.runtime import Context
from functions.vision.video.reader import Sound

Part = TypeVar("Part")

TELL = 10.0
"""Seconds between two lines in the log."""


def told(parts: Iterable[Part], ctx: Context[Any], step: str, total: int, *, done: int = 0) -> Iterator[Part]:
    """Pass the parts of a video on, and say how many frames of ``total`` have passed.

    Args:
        parts: Frames, and sound, which does not count.
        ctx: Of the run; a run that nobody wants any more ends here.
        step: What is done with them, for the log.
        total: Frames; 0 if nobody knows.
        done: How many had passed before.
    """
    said = monotonic()
    for part in parts:
        yield part
        done += not isinstance(part, Sound)
        ctx.progress(frames=done, **({"of": total} if total else {}))
        if monotonic() - said > TELL:
            said = monotonic()
            ctx.log.info(step, extra={"frames": done, "of": total})
