"""Recordings: documents that stores once sent, kept in a file, read back one by one.

A file holds one document, a JSON array of them, or one a line (JSON lines), with or without a byte order mark, gzip or
not. JSON lines are read in constant memory.
"""

import gzip
import json
import os
import re
import sys
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Protocol

from events import wire
from events.errors import NotAnEvent
from events.model import ObjectCreated

LONGEST = 256 * 2**20
"""Characters of a document that is laid out over several lines; JSON lines may go on for ever."""

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_GZIP = b"\x1f\x8b"
_BLANK = re.compile(r"\s*")
_NEXT = re.compile(r"\n(?=[{\[])")


class Source(Protocol):
    """A binary file that can be looked at without being read: what ``Path.open("rb")`` and ``stdin.buffer`` give."""

    def peek(self, size: int = ...) -> bytes:
        """Give what comes next, and leave it there."""


@dataclass(frozen=True)
class Recording:
    """One recorded document: where it stands, its events, and for what could not be read of it the reason."""

    where: str
    events: tuple[ObjectCreated, ...] = ()
    problems: tuple[NotAnEvent, ...] = field(default=())


def read_files(files: Iterable[Path]) -> Iterator[Recording]:
    """Go through the documents of several files; ``-`` is what comes on stdin."""
    for file in files:
        is_stdin = str(file) == "-"
        with os.fdopen(sys.stdin.fileno(), "rb") if is_stdin else file.open("rb") as source:
            yield from read_recordings(source, "stdin" if is_stdin else str(file))


def read_recordings(source: Source, name: str) -> Iterator[Recording]:
    """Go through the documents of a file; one that cannot be read is reported, and the others follow.

    Args:
        source: The file, open for reading bytes.
        name: What to call it.
    """
    line = 1
    try:
        for line, document in _documents(_plain(source)):
            where = f"{name}, line {line}"
            yield from _read_each(document, where)
    except (EOFError, gzip.BadGzipFile, zlib.error):
        problem = NotAnEvent("the compressed file is damaged from here on")
        yield Recording(f"{name}, after line {line}", problems=(problem,))


def read_recording(document: object, where: str) -> Recording:
    """Read one document."""
    if isinstance(document, NotAnEvent):
        return Recording(where, problems=(document,))
    try:
        told = wire.announcement(document)  # type: ignore[arg-type] # what is no document is refused there
    except NotAnEvent as error:
        return Recording(where, problems=(error,))
    return Recording(where, told.events, told.problems)


def _read_each(document: object, where: str) -> Iterator[Recording]:
    if not isinstance(document, list):
        yield read_recording(document, where)
        return
    for number, one in enumerate(document, 1):
        yield read_recording(one, f"{where}, document {number} of {len(document)}")


def _plain(source: Source) -> IO[bytes]:
    if source.peek(2)[:2] == _GZIP:
        return gzip.GzipFile(fileobj=source)  # type: ignore[call-overload, no-any-return] # any file does
    return source  # type: ignore[return-value]


def _documents(lines: IO[bytes]) -> Iterator[tuple[int, object]]:
    """Give each document, or what is wrong with it, and the line on which it begins."""
    for number, raw in enumerate(lines, 1):
        try:
            text = (raw.removeprefix(_BYTE_ORDER_MARK) if number == 1 else raw).decode()
            if text.strip():
                yield number, json.loads(text)
        except json.JSONDecodeError as error:
            if error.pos >= len(text.rstrip()):  # it goes on in the next line: not JSON lines
                yield from _laid_out(text, lines, number)
                return
            yield number, NotAnEvent(f"the document is not JSON at column {error.colno}")
        except UnicodeDecodeError:
            yield number, NotAnEvent("the document is not UTF-8 text")
        except RecursionError:
            yield number, NotAnEvent("the JSON is nested too deeply to be an event")


def _laid_out(begun: str, lines: IO[bytes], number: int) -> Iterator[tuple[int, object]]:
    """Read documents that take several lines each, one after the other."""
    try:
        text = begun + lines.read(LONGEST).decode()
    except UnicodeDecodeError:
        yield number, NotAnEvent("the document is not UTF-8 text")
        return
    if lines.read(1):
        yield number, NotAnEvent("the file is too long for documents over several lines", hint="write one a line")
        return
    decoder, at, counted = json.JSONDecoder(), 0, 0
    while (at := _after(_BLANK, text, at)) < len(text):
        number, counted = number + text.count("\n", counted, at), at
        try:
            document, at = decoder.raw_decode(text, at)
        except (ValueError, RecursionError) as error:
            place = f" at line {number + text.count(chr(10), at, error.pos)}" if hasattr(error, "pos") else ""
            yield number, NotAnEvent(f"the document is not JSON{place}")
            at = _after(_NEXT, text, at + 1)
        else:
            yield number, document


def _after(pattern: re.Pattern[str], text: str, at: int) -> int:
    found = pattern.search(text, at)
    return found.end() if found else len(text)
