"""The lines of a text file that nobody vouches for, in bounded memory whatever their length."""

import codecs
import io
from collections.abc import Iterator
from typing import BinaryIO

from functions.runtime.errors import Rejected

_CHUNK = 1 << 18


class Lines:
    """Gives each line of a UTF-8 file with its end; only a line feed ends one.

    Args:
        file: At its start.
        most: Bytes of a line, and of the lines of one row (up to a chunk more), whose reader sets ``pending`` to 0.

    Attributes:
        number: Of the line that was given last, from 1.
        plain: Whether all since it was set is ASCII without underscores; ``restart`` sets it.
    """

    def __init__(self, file: BinaryIO, most: int) -> None:
        self.number = 0
        self.pending = 0
        self.plain = True
        self._file = file
        self._most = most
        self._chunk_is_plain = True
        self._lines = self._read()

    def __iter__(self) -> Iterator[str]:
        return self._lines

    def restart(self) -> None:
        """Look anew at whether lines are plain, from the chunk at hand on."""
        self.plain = self._chunk_is_plain

    def _read(self) -> Iterator[str]:
        left = b""
        while data := self._file.read(_CHUNK):
            if not self.number and not left:
                data = data.removeprefix(codecs.BOM_UTF8)
            whole = data.rfind(b"\n") + 1
            if len(left) + (data.find(b"\n") if whole else len(data)) > self._most or self.pending > self._most:
                raise self._too_long()
            left, data = (data[whole:], left + data[:whole]) if whole else (left + data, b"")
            if data:
                yield from self._lines_of(data)
        if left:
            yield from self._lines_of(left)

    def _lines_of(self, data: bytes) -> Iterator[str]:
        if b"\0" in data:
            line = self.number + data.count(b"\n", 0, data.index(b"\0")) + 1
            raise Rejected(f"line {line} has a zero byte, so it is not text", hint="save it as CSV in UTF-8")
        try:
            text = data.decode()
        except UnicodeDecodeError as error:
            line = self.number + data.count(b"\n", 0, error.start) + 1
            raise Rejected(f"line {line} is not UTF-8 text", hint="save it as CSV in UTF-8") from None
        self._chunk_is_plain = data.isascii() and b"_" not in data
        self.plain = self.plain and self._chunk_is_plain
        self.pending += len(data)
        for each in io.StringIO(text, newline="\n"):
            self.number += 1
            yield each

    def _too_long(self) -> Rejected:
        return Rejected(
            f"line {self.number + 1}: the row is longer than {self._most:,} bytes",
            hint="put each row on a line of its own; a quote that is never closed swallows the lines after it",
        )
