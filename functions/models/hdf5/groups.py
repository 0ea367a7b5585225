"""Superblock, groups and links (specification II.A, III.B to III.D): which datasets a file has, by hard links alone."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from functions.models.facts import ModelLimits, ModelRefused
from functions.models.hdf5 import trees
from functions.models.hdf5.attributes import check_attribute
from functions.models.hdf5.datasets import DATASET_MESSAGES, Dataset, check_apart, read_dataset
from functions.models.hdf5.objects import (
    ATTRIBUTE,
    DATASPACE,
    EXTERNAL,
    GROUP_INFO,
    LINK,
    LINK_INFO,
    MODIFIED,
    SYMBOL_TABLE,
    UNDEFINED,
    Message,
    exactly,
    form,
    messages,
    one,
)  # fmt: skip
from functions.models.source import Window

SIGNATURE = b"\x89HDF\r\n\x1a\n"
GROUP_MESSAGES = {SYMBOL_TABLE, LINK_INFO, LINK, GROUP_INFO, ATTRIBUTE, MODIFIED}
NOTHING, GROUP_CACHED, SOFT_LINK = 0, 1, 2
MAX_HEAP = 4 << 20
NOTHING_FREE = 1


@dataclass(frozen=True)
class _Member:
    """A hard link: a name, where the object's header is, and the tree and heap that the link says it has."""

    name: str
    address: int
    cached: tuple[int, int] | None = None


def datasets(file: Window, limits: ModelLimits) -> tuple[Dataset, ...]:
    """Give every dataset of the file, each reached by exactly one path.

    Raises:
        ModelRefused: It is no such file, has links of another kind, or declares more than it stores.
    """
    waiting = [("", _root(file), 0)]
    seen: set[int] = set()
    found: list[Dataset] = []
    while waiting:
        path, member, depth = waiting.pop()
        if member.address in seen:
            raise ModelRefused("E_HDF5_LINK", f"{path} is another name of an object", where=file.name)
        seen.add(member.address)
        if len(seen) > limits.max_members or depth > limits.max_depth:
            raise ModelRefused("E_TOO_LARGE", "it has too many groups and datasets, or too deep ones", where=file.name)
        parts = messages(file, member.address)
        for each in parts:
            if each.kind == ATTRIBUTE:
                check_attribute(file, each.body)
        if any(each.kind == DATASPACE for each in parts):
            _known(parts, DATASET_MESSAGES, path, file)
            found.append(read_dataset(file, path, parts, limits))
        else:
            _known(parts, GROUP_MESSAGES, path, file)
            inner = sorted(_links(file, parts, member, path, limits), key=lambda each: each.name, reverse=True)
            waiting += [(f"{path}/{each.name}" if path else each.name, each, depth + 1) for each in inner]
    check_apart(file, found)
    return tuple(found)


def _root(file: Window) -> _Member:
    head = file.read(0, min(96, file.size))
    if len(head) < 96 or not head.startswith(SIGNATURE):
        raise ModelRefused("E_DAMAGED", "it is no HDF5 file", where=file.name)
    if head[8] != 0 or head[13:15] != b"\x08\x08":
        raise form(file, "a superblock of a newer form")
    base, free, end, driver = struct.unpack_from("<4Q", head, 24)
    if (base, free, driver) != (0, UNDEFINED, UNDEFINED) or end != file.size:
        raise ModelRefused("E_DAMAGED", "it is cut off, or lies inside something else", where=file.name)
    return _entry(file, head[56:96], "")


def _known(parts: list[Message], allowed: set[int], path: str, file: Window) -> None:
    for each in parts:
        if each.kind == EXTERNAL:
            raise ModelRefused("E_HDF5_EXTERNAL", f"{path} keeps its numbers in other files", where=file.name)
        if each.kind not in allowed:
            raise form(file, f"a message of kind {each.kind:#04x} at {path or '/'}")


def _links(file: Window, parts: list[Message], member: _Member, path: str, limits: ModelLimits) -> Iterator[_Member]:
    if any(each.kind == SYMBOL_TABLE for each in parts):
        tree, heap = struct.unpack("<QQ", exactly(one(parts, SYMBOL_TABLE, file), 16, file))
        if member.cached not in (None, (tree, heap)) or any(each.kind in (LINK, LINK_INFO) for each in parts):
            raise ModelRefused("E_HDF5_LINK", f"{path or '/'} is described in two ways", where=file.name)
        yield from _table(file, tree, heap, path, limits)
        return
    info = exactly(one(parts, LINK_INFO, file), 2, file)
    at = 10 if info[1] & 1 else 2
    if struct.unpack("<Q", exactly(one(parts, LINK_INFO, file), at + 8, file)[at:])[0] != UNDEFINED:
        raise form(file, f"a group with its links in a heap, {path or '/'},")
    names: set[str] = set()
    for each in parts:
        if each.kind == LINK:
            link = _link(file, each.body, path)
            if link.name in names:
                raise ModelRefused("E_HDF5_LINK", f"{path}/{link.name} is there twice", where=file.name)
            names.add(link.name)
            yield link


def _table(file: Window, tree: int, heap: int, path: str, limits: ModelLimits) -> Iterator[_Member]:
    """Read a symbol table: a tree of nodes with 40 bytes for each member, names in a heap, in the names' order."""
    names = _heap(file, heap)
    last = ""
    for _, address in trees.entries(file, tree, trees.GROUPS, 8, limits.max_members):
        signature, version, count = struct.unpack("<4sBxH", file.read(address, 8))
        if signature != b"SNOD" or version != 1:
            raise ModelRefused("E_DAMAGED", f"the members of {path or '/'} cannot be read", where=file.name)
        body = file.read(address + 8, 40 * count)
        for at in range(0, len(body), 40):
            offset = int.from_bytes(body[at : at + 8], "little")
            name = _name(names, offset, file)
            if name <= last:
                raise ModelRefused("E_HDF5_LINK", f"the members of {path or '/'} are out of order", where=file.name)
            last = name
            yield _entry(file, body[at : at + 40], name)


def _entry(file: Window, raw: bytes, name: str) -> _Member:
    _, address, cache, tree, heap = struct.unpack("<QQL4xQQ", raw)
    if cache == SOFT_LINK:
        raise _not_hard(file, name, "soft")
    if cache not in (NOTHING, GROUP_CACHED):
        raise ModelRefused("E_DAMAGED", f"the link {name} is of an unknown kind", where=file.name)
    return _Member(name, address, (tree, heap) if cache == GROUP_CACHED else None)


def _heap(file: Window, address: int) -> bytes:
    signature, size, free, data = struct.unpack("<4s4xQQQ", file.read(address, 32))
    if signature != b"HEAP" or size > MAX_HEAP or (free != NOTHING_FREE and free + 16 > size):
        raise ModelRefused("E_DAMAGED", "names in it cannot be read", where=file.name)
    return file.read(data, size)


def _name(heap: bytes, offset: int, file: Window) -> str:
    raw = heap[offset : offset + 256].partition(b"\0")[0] if offset < len(heap) else b""
    return _checked(raw, file)


def _checked(raw: bytes, file: Window) -> str:
    name = raw.decode(errors="replace")
    if not 0 < len(raw) < 256 or name in (".", "..") or not name.isascii() or not name.isprintable() or "/" in name:
        raise ModelRefused("E_PATH", f"{raw[:80]!r} is no name for a group or dataset", where=file.name)
    return name


def _link(file: Window, body: bytes, path: str) -> _Member:
    """Read a link message (specification IV.A.2.g)."""
    version, flags = exactly(body, 2, file)
    at = 2
    kind = 0
    if flags & 0x08:
        kind, at = exactly(body, at + 1, file)[at], at + 1
    at += (8 if flags & 0x04 else 0) + (1 if flags & 0x10 else 0)
    width = 1 << (flags & 0x03)
    length = int.from_bytes(exactly(body, at + width, file)[at:], "little")
    at += width
    name = _checked(exactly(body, at + length, file)[at:], file)
    if version != 1 or kind:
        raise _not_hard(file, f"{path}/{name}", {1: "soft", 64: "external"}.get(kind, "user-defined"))
    return _Member(name, int.from_bytes(exactly(body, at + length + 8, file)[at + length :], "little"))


def _not_hard(file: Window, name: str, kind: str) -> ModelRefused:
    return ModelRefused("E_HDF5_LINK", f"{name} is a {kind} link; only hard links are allowed", where=file.name)
