"""Attributes (specification IV.A.2.m): Keras keeps names and number types in them; nothing else is let through."""

import struct

from functions.models.facts import ModelRefused
from functions.models.hdf5.objects import exactly, form
from functions.models.source import Window

FIXED, FLOAT, STRING, VARIABLE = 0, 1, 3, 9
MAX_VALUE = 64 << 10


def check_attribute(file: Window, body: bytes) -> None:
    """Refuse an attribute that is neither a small number, nor a text, nor where it says."""
    version, _, name_size, type_size, space_size = struct.unpack("<BBHHH", exactly(body, 8, file))
    if version not in (1, 2, 3):
        raise form(file, "an attribute of an unknown form")
    at = 9 if version == 3 else 8
    sizes = [_padded(size) if version == 1 else size for size in (name_size, type_size, space_size)]
    exactly(body, at + sum(sizes), file)
    at += sizes[0]
    kind, space = body[at : at + sizes[1]], body[at + sizes[1] : at + sizes[1] + sizes[2]]
    value = body[at + sizes[1] + sizes[2] :]
    if len(kind) < 8 or len(space) < 4 or kind[0] >> 4 not in (1, 2, 3):
        raise form(file, "an attribute of an unknown form")
    cell = int.from_bytes(kind[4:8], "little")
    count = _count(space, file)
    if kind[0] & 0x0F not in (FIXED, FLOAT, STRING, VARIABLE) or not 0 < cell * count <= min(MAX_VALUE, len(value)):
        raise form(file, "an attribute that is neither a number nor a text")
    if kind[0] & 0x0F == VARIABLE:
        if kind[1] & 0x0F != 1 or cell != 16 or count != 1:
            raise form(file, "an attribute that is neither a number nor a text")
        _check_text(file, value)


def _padded(size: int) -> int:
    return (size + 7) & ~7


def _count(space: bytes, file: Window) -> int:
    """Give the number of elements of a dataspace of rank 0 or 1."""
    version, rank = space[0], space[1]
    start = {1: 8, 2: 4}.get(version)
    if start is None or rank > 1 or (version == 2 and space[3] > 1):
        raise form(file, "an attribute with more than one dimension")
    return int.from_bytes(exactly(space, start + 8, file)[start:], "little") if rank else 1


def _check_text(file: Window, value: bytes) -> None:
    """Follow a variable-length text to its place in a global heap (specification III.E)."""
    length, address, index = struct.unpack("<LQL", exactly(value, 16, file))
    if not length and not address:
        return
    signature, version, size = struct.unpack("<4sB3xQ", file.read(address, 16))
    if signature != b"GCOL" or version != 1 or not 16 <= size <= 1 << 20 or length > MAX_VALUE:
        raise ModelRefused("E_DAMAGED", "a text in it is not where it should be", where=file.name)
    at = 16
    while at + 16 <= size:
        found, _, here = struct.unpack("<HH4xQ", file.read(address + at, 16))
        if found == index and index:
            if here < length or at + 16 + here > size:
                break
            return
        if not found:
            break
        at += 16 + _padded(here)
    raise ModelRefused("E_DAMAGED", "a text in it is not where it should be", where=file.name)
