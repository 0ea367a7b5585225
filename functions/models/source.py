"""An uploaded file as bytes at offsets: opened once, never followed through a link, never read past its end."""

import os
import stat
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from functions.models.facts import ModelLimits, ModelRefused

STEP = 1 << 20
PATIENCE = 300_000


class Patience:
    """How much work one file may still ask for, in reads: structures that point at each other could ask for ever."""

    def __init__(self, left: int) -> None:
        self.left = left

    def spend(self, units: int, where: str) -> None:
        """Take ``units`` off.

        Raises:
            ModelRefused: There were not so many left.
        """
        self.left -= units
        if self.left < 0:
            raise ModelRefused("E_BOMB", "it is tangled so that reading it would take too long", where=where)


@dataclass(frozen=True)
class Window:
    """A stretch of an open file.

    Attributes:
        start: Its first byte in the file.
        size: Its length in bytes.
        name: What to call it in an error: the file, or a member of it.
    """

    descriptor: int
    start: int
    size: int
    name: str
    patience: Patience

    def read(self, offset: int, count: int) -> bytes:
        """Give exactly ``count`` bytes from ``offset``.

        Raises:
            ModelRefused: The window ends before.
        """
        if offset < 0 or count < 0 or offset + count > self.size:
            raise ModelRefused(
                "E_DAMAGED", f"bytes {offset} to {offset + count} are outside its {self.size}", where=self.name
            )
        self.patience.spend(1 + (count >> 16), self.name)
        content = os.pread(self.descriptor, count, self.start + offset)
        if len(content) != count:
            raise ModelRefused("E_DAMAGED", "the file became shorter while it was read", where=self.name)
        return content

    def part(self, offset: int, size: int, name: str) -> "Window":
        """Give the window of ``size`` bytes at ``offset`` in this one."""
        if offset < 0 or size < 0 or offset + size > self.size:
            raise ModelRefused("E_DAMAGED", f"{name} is outside the file", where=self.name)
        return Window(self.descriptor, self.start + offset, size, name, self.patience)

    def crc(self) -> int:
        """Give the CRC-32 of all its bytes, read in steps of 1 MiB."""
        value = 0
        for offset in range(0, self.size, STEP):
            value = zlib.crc32(self.read(offset, min(STEP, self.size - offset)), value)
        return value


@contextmanager
def opened(path: Path, limits: ModelLimits, name: str) -> Iterator[Window]:
    """Open a regular file for reading.

    Raises:
        ModelRefused: It is a link, no regular file, empty, or larger than ``limits.max_bytes``.
    """
    try:
        # O_NONBLOCK: opening a named pipe would wait for a writer.
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK)
    except OSError as error:
        raise ModelRefused("E_TYPE", f"{name} cannot be opened as a file: {error.strerror}") from None
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise ModelRefused("E_TYPE", f"{name} is no regular file")
        if not status.st_size:
            raise ModelRefused("E_EMPTY", f"{name} is empty")
        if status.st_size > limits.max_bytes:
            raise ModelRefused(
                "E_TOO_LARGE", f"{name} has {status.st_size} bytes, more than the {limits.max_bytes} allowed"
            )
        yield Window(descriptor, 0, status.st_size, name, Patience(PATIENCE + (status.st_size >> 14)))
    finally:
        os.close(descriptor)
