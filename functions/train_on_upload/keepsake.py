"""What is kept of an attempt: its checkpoint, and behind it the log so far, which the next attempt goes on with."""

import os
import shutil
from collections.abc import Sequence
from pathlib import Path

LENGTH = 8
"""Bytes at the very end: how long the log before them is, little-endian."""


def bind(checkpoint: Path, lines: Sequence[str]) -> None:
    """Append the lines of a log to a checkpoint."""
    log = "\n".join(lines).encode()
    with checkpoint.open("ab") as file:
        file.write(log + len(log).to_bytes(LENGTH, "little"))


def part(kept: Path, checkpoint: Path) -> list[str]:
    """Write the checkpoint alone to a file of its own, and give the lines behind it, if there are any."""
    size = kept.stat().st_size
    with kept.open("rb") as file:
        file.seek(max(size - LENGTH, 0))
        length = int.from_bytes(file.read(LENGTH), "little")
        end = size - LENGTH - length
        file.seek(max(end, 0))
        log = file.read(length).decode(errors="replace") if end > 0 else ""
    shutil.copyfile(kept, checkpoint)
    if end > 0:
        os.truncate(checkpoint, end)
    return log.split("\n") if log else []
