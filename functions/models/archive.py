"""Zip archives (APPNOTE 6.3.10) of the plain kind that Keras and PyTorch write, read so that no two readers differ.

Members lie one after the other from byte 0, each once, described alike in front of it and in the directory at the end.
"""

import struct
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from functions.models.facts import ModelLimits, ModelRefused
from functions.models.source import Window

END, ENTRY, LOCAL, DESCRIPTOR = b"PK\x05\x06", b"PK\x01\x02", b"PK\x03\x04", b"PK\x07\x08"
STORED, DEFLATED = 0, 8
STREAMED, UTF8, LEVELS = 0x0008, 0x0800, 0x0006
EXTRA = {0x5455, 0x7875, 0x4246}
"""Time stamps, Unix ids, PyTorch's padding: what changes neither name nor size."""
REGULAR = 0o100000
SLACK = 1 << 16
"""Bytes below which no ratio is asked for: small texts pack well."""


@dataclass(frozen=True)
class Member:
    """One file in an archive; ``content`` is its bytes as they lie there."""

    name: str
    content: Window
    size: int
    method: int
    crc: int

    def bytes(self, most: int) -> bytes:
        """Give its unpacked bytes, ``most`` at most, checked against size and CRC-32."""
        if self.size > most:
            raise ModelRefused(
                "E_TOO_LARGE", f"{self.size} bytes, more than the {most} allowed here", where=self.content.name
            )
        data = self.content.read(0, self.content.size)
        if self.method == DEFLATED:
            data = _inflated(data, self.size, self.content.name)
        if zlib.crc32(data) != self.crc:
            raise ModelRefused("E_DAMAGED", "its checksum is not that of its bytes", where=self.content.name)
        return data

    def window(self) -> Window:
        """Give its bytes in place.

        Raises:
            ModelRefused: They are packed, or damaged.
        """
        if self.method != STORED:
            raise ModelRefused(
                "E_COMPRESSED", "weights must be stored as they are, not packed", where=self.content.name
            )
        if self.content.crc() != self.crc:
            raise ModelRefused("E_DAMAGED", "its checksum is not that of its bytes", where=self.content.name)
        return self.content


class _Entry(NamedTuple):
    """Fields of one entry of the central directory, APPNOTE 4.3.12."""

    needed: int
    flags: int
    method: int
    time: int
    date: int
    crc: int
    packed: int
    size: int
    name_length: int
    extra_length: int
    comment_length: int
    disk: int
    internal: int
    external: int
    offset: int


def members(file: Window, limits: ModelLimits) -> Mapping[str, Member]:
    """Give the members of the archive in ``file`` by name, in the order in which they lie there.

    Raises:
        ModelRefused: It is no archive of that plain kind, or too large.
    """
    count, start, size = _end(file, limits)
    found: dict[str, Member] = {}
    folded: set[str] = set()
    position = 0
    for name, entry in sorted(_entries(file, count, start, size), key=lambda pair: pair[1].offset):
        if name.casefold() in folded:
            raise ModelRefused("E_DUPLICATE_MEMBER", f"the archive has {name!a} twice", where=file.name)
        folded.add(name.casefold())
        if entry.offset != position:
            raise ModelRefused(
                "E_ZIP_GAP", "there are bytes before or between its members that none of them has", where=file.name
            )
        _bounded(entry, name, limits)
        found[name], position = _member(file, entry, name)
    if position != start:
        raise ModelRefused("E_ZIP_GAP", "there are bytes behind its last member that none has", where=file.name)
    return found


def _end(file: Window, limits: ModelLimits) -> tuple[int, int, int]:
    """Read the end record, which must be the file's last bytes: number of entries, the directory's offset and size."""
    tail = file.read(max(0, file.size - 22), min(22, file.size))
    if len(tail) < 22 or not tail.startswith(END):
        raise ModelRefused(
            "E_ZIP_END", "it does not end as an archive does: it is cut off, or something was added", where=file.name
        )
    disk, first, here, count, size, start, comment = struct.unpack("<4H2LH", tail[4:])
    if 0xFFFF in (here, count) or 0xFFFFFFFF in (size, start):
        raise ModelRefused("E_ZIP64", "archives in zip64 form are not read", where=file.name)
    large = _large(count, size, start)
    between = file.size - 22 - start - size
    if between not in (0, len(large)) or file.read(start + size, between) not in (b"", large):
        raise ModelRefused("E_ZIP_END", "its directory is not where its end says", where=file.name)
    if disk or first or here != count or comment:
        raise ModelRefused("E_ZIP_END", "it is in several parts, or has a comment", where=file.name)
    if count > limits.max_members or size > 1024 * max(count, 1):
        raise ModelRefused("E_TOO_LARGE", f"the archive has {count} members or very long names", where=file.name)
    return count, start, size


def _large(count: int, size: int, start: int) -> bytes:
    """Give the zip64 end record and its locator as PyTorch adds them, saying the same again (APPNOTE 4.3.14 and 15)."""
    record = b"PK\x06\x06" + struct.pack("<Q2H2L4Q", 44, 798, 45, 0, 0, count, count, size, start)
    return record + b"PK\x06\x07" + struct.pack("<LQL", 0, start + size, 1)


def _entries(file: Window, count: int, start: int, size: int) -> Iterator[tuple[str, _Entry]]:
    directory = file.read(start, size)
    at = 0
    for _ in range(count):
        if directory[at : at + 4] != ENTRY or at + 46 > size:
            raise ModelRefused("E_DAMAGED", "its directory is broken", where=file.name)
        entry = _Entry._make(struct.unpack_from("<6H3L5H2L", directory, at + 4)[1:])
        raw = directory[at + 46 : at + 46 + entry.name_length]
        extra = directory[at + 46 + entry.name_length :][: entry.extra_length]
        at += 46 + entry.name_length + entry.extra_length + entry.comment_length
        if at > size:
            raise ModelRefused("E_DAMAGED", "its directory is broken", where=file.name)
        yield _name(raw, file), entry
        _plain(entry, extra, file)
    if at != size:
        raise ModelRefused("E_DAMAGED", "its directory has more in it than entries", where=file.name)


def _name(raw: bytes, file: Window) -> str:
    name = raw.decode("ascii", errors="replace")
    parts = name.split("/")
    bad = "\\" in name or ":" in name or not name.isprintable() or len(name) > 255 or not name.isascii()
    if bad or any(part in ("", ".", "..") for part in parts):
        raise ModelRefused("E_PATH", f"{raw[:80]!r} is no name for a member", where=file.name)
    return name


def _plain(entry: _Entry, extra: bytes, file: Window) -> None:
    """Refuse what a model's archive has no use for."""
    if entry.flags & ~(STREAMED | UTF8 | LEVELS):
        raise ModelRefused("E_ENCRYPTED", "a member is encrypted or patched", where=file.name)
    if entry.method not in (STORED, DEFLATED):
        raise ModelRefused("E_COMPRESSED", f"a member is packed by method {entry.method}", where=file.name)
    if (entry.external >> 16) & 0o170000 not in (0, REGULAR):
        raise ModelRefused("E_PATH", "a member is a link or no regular file", where=file.name)
    if entry.comment_length or entry.disk or 0xFFFFFFFF in (entry.packed, entry.size, entry.offset):
        raise ModelRefused("E_ZIP64", "a member has a comment, another disk or zip64 sizes", where=file.name)
    _extra(extra, file)


def _extra(extra: bytes, file: Window) -> None:
    at = 0
    while at + 4 <= len(extra):
        kind, length = struct.unpack_from("<2H", extra, at)
        if kind not in EXTRA:
            raise ModelRefused("E_ZIP_EXTRA", f"a member has an extra field {kind:#06x}", where=file.name)
        at += 4 + length
    if at != len(extra):
        raise ModelRefused("E_ZIP_EXTRA", "a member's extra fields are broken", where=file.name)


def _bounded(entry: _Entry, name: str, limits: ModelLimits) -> None:
    if entry.method == STORED and entry.packed != entry.size:
        raise ModelRefused("E_DAMAGED", f"{name} is stored in another size than its own")
    if entry.size > limits.max_bytes:
        raise ModelRefused("E_TOO_LARGE", f"{name} unpacks to {entry.size} bytes")
    if entry.size > SLACK and entry.size > limits.max_ratio * entry.packed:
        raise ModelRefused("E_BOMB", f"{name} unpacks {entry.packed} bytes to {entry.size}")


def _member(file: Window, entry: _Entry, name: str) -> tuple[Member, int]:
    """Compare the local header with the directory's entry; give the member and where the next one must begin."""
    head = file.read(entry.offset, 30)
    needed, flags, method, _, _, crc, packed, size, names, extras = struct.unpack("<5H3L2H", head[4:])
    body = entry.offset + 30 + names + extras
    known = (crc, packed, size) == (entry.crc, entry.packed, entry.size)
    later = bool(flags & STREAMED) and (crc, packed, size) == (0, 0, 0)
    same = (needed, flags, method) == (entry.needed, entry.flags, entry.method) and (known or later)
    raw = file.read(entry.offset + 30, names + extras)
    if not head.startswith(LOCAL) or not same or raw[:names] != name.encode():
        raise ModelRefused("E_ZIP_MISMATCH", f"{name} is described in two ways", where=file.name)
    _extra(raw[names:], file)
    end = body + entry.packed
    if flags & STREAMED:
        if file.read(end, 16) != DESCRIPTOR + struct.pack("<3L", entry.crc, entry.packed, entry.size):
            raise ModelRefused("E_ZIP_MISMATCH", f"{name} is described in two ways", where=file.name)
        end += 16
    return Member(name, file.part(body, entry.packed, name), entry.size, entry.method, entry.crc), end


def _inflated(data: bytes, size: int, where: str) -> bytes:
    stream = zlib.decompressobj(-zlib.MAX_WBITS)
    try:
        plain = stream.decompress(data, size + 1)
    except zlib.error:
        raise ModelRefused("E_DAMAGED", "it cannot be unpacked", where=where) from None
    if len(plain) != size or not stream.eof or stream.unused_data:
        raise ModelRefused("E_BOMB", f"it does not unpack to the {size} bytes that it declares", where=where)
    return plain
