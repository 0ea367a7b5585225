"""Videos and pictures with wrong bytes where it hurts most, and a process that decodes them: ``FOLDER`` on its line.

It says of each file what became of it, before the next is opened: what is missing when it ends is what ended it.
"""

import random
import resource
import struct
import sys
from collections.abc import Callable
from pathlib import Path

from functions.vision.video.decoding import decode
from functions.vision.video.messages import Bounds, RefusedError

BOUNDS = Bounds(seconds=30, frames=60, pixels=250_000, sound=True)
FORMS = {".mp4": "mov", ".mov": "mov", ".mkv": "matroska", ".webm": "matroska", ".avi": "avi", ".gif": "gif"}
TOGETHER = 20
"""Files that one process decodes; a function's decodes one."""
EXTREMES = (0, 1, 0x7F, 0x80, 0xFF, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF)


def mutated(data: bytes, draw: random.Random) -> bytes:
    """Give the file with up to six changes, nearly all of them in its first or last two kilobytes."""
    changed = bytearray(data)
    for _ in range(draw.randint(1, 6)):
        at = _place(len(changed), draw)
        draw.choice(CHANGES)(changed, at, draw)
    return bytes(changed[: draw.randint(1, len(changed))] if draw.random() < 0.1 else changed)


def _place(size: int, draw: random.Random) -> int:
    kind = draw.random()
    if kind < 0.6:
        return draw.randrange(min(2048, size))
    if kind < 0.9:
        return size - 1 - draw.randrange(min(2048, size))
    return draw.randrange(size)


def _byte(data: bytearray, at: int, draw: random.Random) -> None:
    data[at] = draw.randrange(256)


def _bit(data: bytearray, at: int, draw: random.Random) -> None:
    data[at] ^= 1 << draw.randrange(8)


def _number(data: bytearray, at: int, draw: random.Random) -> None:
    order = draw.choice("<>")
    value = draw.choice((*EXTREMES, draw.randrange(1 << 32)))
    data[at : at + 4] = struct.pack(f"{order}I", value)


def _lost(data: bytearray, at: int, draw: random.Random) -> None:
    if len(data) > 200:
        del data[at : at + draw.choice((1, 4, 16, 64))]


def _twice(data: bytearray, at: int, draw: random.Random) -> None:
    data[at:at] = data[at : at + draw.choice((4, 16, 256))]


CHANGES: tuple[Callable[[bytearray, int, random.Random], None], ...] = (_byte, _bit, _number, _number, _lost, _twice)


def main(folder: str) -> None:
    """Decode the first files of a folder; not all, for what FFmpeg loses of damaged ones adds up."""
    for path in sorted(Path(folder).iterdir())[:TOGETHER]:
        frames = [0]

        def say(kind: bytes, *_: object, frames: list[int] = frames) -> None:
            frames[0] += kind == b"F"

        try:
            decode(path, FORMS[path.suffix], BOUNDS, say)
            verdict = f"{frames[0]} frames"
        except RefusedError as error:
            verdict = error.sentence
        except (MemoryError, BlockingIOError):
            verdict = "memory"
        usage = resource.getrusage(resource.RUSAGE_SELF)
        print(f"{path.name}\t{verdict}\t{usage.ru_maxrss // 1024}\t{usage.ru_utime:.1f}", flush=True)  # noqa: T201


if __name__ == "__main__":
    main(sys.argv[1])
