"""Zip archives that nobody vouches for: every member is checked before any is unpacked, and nothing is ever extracted.

Formats: PKWARE APPNOTE 6.3.10, sections 4.3.7 (local header), 4.3.12 (central directory), 4.3.14-16 (its end).
"""

from __future__ import annotations

import stat
import struct
import unicodedata
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from typing import IO, BinaryIO

from functions.datasets.files import content_kind
from functions.datasets.limits import Limits
from functions.documents.wording import shown
from functions.runtime.errors import Rejected

_END = struct.Struct("<4s4H2LH")
_ENTRY = struct.Struct("<4s24x3H12x")
_LOCATOR = struct.Struct("<4sLQL")
_END64 = struct.Struct("<4sQ2H2L4Q")
_LEAST_HEADER = 30
_PLENTY = 1_000_000
_BROKEN = (
    zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, OSError, EOFError, ValueError, struct.error,
    OverflowError, IndexError,
)  # fmt: skip


class Archive:
    """The members of a zip file that is within the limits; ``names`` are sorted, without folders."""

    def __init__(self, file: BinaryIO, limits: Limits) -> None:
        _check_directory(file, limits)
        try:
            self._zip = zipfile.ZipFile(file)
        except _BROKEN as error:
            raise _damaged(error) from None
        members = self._zip.infolist()
        _check_places(members, self._zip.start_dir)
        _check_names(members)
        for member in members:
            _check_member(member, limits)
        self._members = {member.filename: member for member in members if not member.is_dir()}
        total = sum(member.file_size for member in self._members.values())
        if total > limits.unpacked:
            raise Rejected(
                f"it unpacks to {total:,} bytes, more than the limit of {limits.unpacked:,}",
                hint="upload a part of the data, or raise the limit",
            )
        if len(self._members) > limits.members:
            raise Rejected(
                f"the archive has {len(self._members):,} files, more than the limit of {limits.members:,}",
                hint="upload a part of the data",
            )

    @property
    def names(self) -> list[str]:
        """Every file in it, in the order of their code points."""
        return sorted(self._members)

    def size(self, name: str) -> int:
        """Bytes that a member unpacks to; no more are ever given."""
        return self._members[name].file_size

    def content(self, name: str) -> bytes:
        """Give a member whole.

        Raises:
            Rejected: It is damaged, or not what the directory says.
        """
        with self.stream(name) as stream:
            return stream.read()

    @contextmanager
    def stream(self, name: str) -> Iterator[Stream]:
        """Open a member to be read once from its start."""
        try:
            with self._zip.open(self._members[name]) as member:
                yield Stream(member, name)
        except _BROKEN as error:
            raise _damaged(error, name) from None


class Stream:
    """One member as it is unpacked; its checksum is checked with its last byte."""

    def __init__(self, member: IO[bytes], name: str) -> None:
        self._member = member
        self._name = name

    def read(self, size: int = -1) -> bytes:
        """Give up to ``size`` bytes, or the rest.

        Raises:
            Rejected: The archive is damaged here.
        """
        try:
            return self._member.read(size)
        except _BROKEN as error:
            raise _damaged(error, self._name) from None


def _check_directory(file: BinaryIO, limits: Limits) -> None:
    """Refuse what does not begin and end as one archive, or has more entries than zipfile should keep in memory."""
    file.seek(0)
    start = file.read(8)
    if not start.startswith(b"PK\x03\x04"):
        kind = "an empty archive" if start.startswith(b"PK\x05\x06") else content_kind(start)
        what = f"it is {kind}, not" if kind else "it is not"
        raise Rejected(f"{what} a zip archive with files", hint="name it for what it is, or write it anew")
    size = file.seek(0, 2)
    tail_size = min(size, 65_535 + _END.size)
    file.seek(size - tail_size)
    tail = file.read(tail_size)
    place = tail.rfind(b"PK\x05\x06")
    if place < 0 or place + _END.size > len(tail):
        raise Rejected("the archive is cut off: its directory is missing", hint="upload it again")
    *_, length, _, comment = _END.unpack_from(tail, place)
    if place + _END.size + comment != len(tail):
        raise Rejected("something lies behind the end of the archive", hint="write the archive anew")
    end = size - tail_size + place
    if place >= _LOCATOR.size and tail[place - _LOCATOR.size :][:4] == b"PK\x06\x07":
        end -= _LOCATOR.size + _END64.size
        file.seek(max(0, end))
        record = file.read(_END64.size)
        if record[:4] != b"PK\x06\x06":
            raise Rejected("the archive's directory is damaged", hint="write the archive anew")
        length = _END64.unpack(record)[8]
    _count_entries(file, end - length, end, limits)
    file.seek(0)


def _count_entries(file: BinaryIO, start: int, end: int, limits: Limits) -> None:
    # The count that the archive declares is not what zipfile goes by, and zipfile keeps 600 bytes for each.
    if start < 0:
        raise Rejected("the archive's directory is damaged", hint="write the archive anew")
    entries = 0
    while start < end:
        file.seek(start)
        entry = file.read(_ENTRY.size)
        entries += 1
        if len(entry) < _ENTRY.size or entry[:4] != b"PK\x01\x02":
            raise Rejected("the archive's directory is damaged", hint="write the archive anew")
        if entries > 2 * limits.members:
            raise Rejected(
                f"the archive has more than {limits.members:,} files, the limit", hint="upload a part of the data"
            )
        start += _ENTRY.size + sum(_ENTRY.unpack(entry)[1:4])


def _check_places(members: list[zipfile.ZipInfo], directory: int) -> None:
    # Members that share their bytes make a small archive unpack to petabytes (Fifield, WOOT '19).
    places = sorted((member.header_offset, member.compress_size) for member in members)
    ends = [*(start for start, _ in places[1:]), directory]
    if not places or places[0][0] != 0:
        raise Rejected("the archive does not begin with its first file", hint="write the archive anew")
    for (start, size), end in zip(places, ends, strict=True):
        if start + _LEAST_HEADER + size > end:
            raise Rejected("files in the archive overlap", hint="write the archive anew")


def _check_member(member: zipfile.ZipInfo, limits: Limits) -> None:
    name = shown(member.orig_filename)
    if member.flag_bits & 0x2041:
        raise Rejected(f"{name} in the archive is encrypted", hint="write the archive without a password")
    if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise Rejected(f"{name} is compressed by method {member.compress_type}", hint="write the archive with deflate")
    kind = stat.S_IFMT(member.external_attr >> 16)
    if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
        raise Rejected(f"{name} in the archive is a link or a device", hint="put the file itself into the archive")
    if member.is_dir() and member.file_size:
        raise Rejected(f"{name} in the archive is a folder with content", hint="write the archive anew")
    if member.file_size > _PLENTY and member.file_size > limits.ratio * member.compress_size:
        raise Rejected(
            f"{name} unpacks to {member.file_size:,} bytes from {member.compress_size:,}, "
            f"more than {limits.ratio} times as many",
            hint="store it without compression, if it is data",
        )


def _check_names(members: list[zipfile.ZipInfo]) -> None:
    seen: dict[str, zipfile.ZipInfo] = {}
    for member in members:
        name, stored = member.filename, member.orig_filename
        if (problem := _name_problem(stored)) is not None:
            raise Rejected(f"the name {shown(stored)} in the archive {problem}", hint="write plain relative names")
        same = unicodedata.normalize("NFC", name.rstrip("/"))
        if same in seen:
            raise Rejected(f"{shown(name)} is in the archive twice", hint="write the archive anew")
        seen[same] = member
    # With the slash first of all characters what lies below a name comes right behind it.
    for name, below in pairwise(sorted(seen, key=lambda each: each.replace("/", "\0"))):
        if below.startswith(f"{name}/") and not seen[name].is_dir():
            said = f"{shown(name)} is a file in the archive and the folder of {shown(below)}"
            raise Rejected(said, hint="write the archive anew")


def _name_problem(name: str) -> str | None:
    parts = name.removesuffix("/").split("/")
    if "\0" in name or not name.isprintable():
        return "has characters that cannot be shown"
    if "\\" in name:
        return "has a backslash"
    if name.startswith("/") or name[1:2] == ":":
        return "is absolute"
    if any(part in ("", ".", "..") for part in parts):
        return "leads out of its folder"
    return "is too long" if len(name) > 1024 or any(len(part.encode()) > 255 for part in parts) else None


def _damaged(error: Exception, name: str = "") -> Rejected:
    what = f"{shown(name)} in the archive is" if name else "the archive is"
    return Rejected(f"{what} damaged: {str(error)[:120]}", hint="write the archive anew and upload it again")
