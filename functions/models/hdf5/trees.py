"""Version 1 B-trees (specification III.A.1), which index a group's members and a dataset's chunks."""

import struct

from functions.models.facts import ModelRefused
from functions.models.hdf5.objects import UNDEFINED
from functions.models.source import Window

GROUPS, CHUNKS = 0, 1
MAX_LEVELS = 8


def entries(file: Window, root: int, kind: int, key_size: int, most: int) -> list[tuple[bytes, int]]:
    """Give the tree's entries in order: the key in front of each, and the address that it points at.

    Args:
        kind: ``GROUPS`` or ``CHUNKS``.
        key_size: Bytes of one key.
        most: How many entries there may be.

    Raises:
        ModelRefused: The nodes do not make up one tree, or there are more entries.
    """
    level = [(b"", root)]
    height: int | None = None
    while True:
        below: list[tuple[bytes, int]] = []
        for position, (_, address) in enumerate(level):
            found_kind, found_height, used, left, right = struct.unpack("<4xBBHQQ", file.read(address, 24))
            height = found_height if height is None else height
            neighbours = (
                level[position - 1][1] if position else UNDEFINED,
                level[position + 1][1] if position + 1 < len(level) else UNDEFINED,
            )
            if file.read(address, 4) != b"TREE" or (found_kind, found_height) != (kind, height):
                raise _broken(file)
            if (left, right) != neighbours or height >= MAX_LEVELS:
                raise _broken(file)
            below += _node(file, address + 24, used, key_size)
            if len(below) > most:
                raise ModelRefused("E_TOO_LARGE", f"it has an index of more than {most} entries", where=file.name)
        if not height:
            return below
        level, height = below, height - 1


def _node(file: Window, start: int, used: int, key_size: int) -> list[tuple[bytes, int]]:
    step = key_size + 8
    body = file.read(start, used * step + key_size)
    return [
        (body[at : at + key_size], int.from_bytes(body[at + key_size : at + step], "little"))
        for at in range(0, used * step, step)
    ]


def _broken(file: Window) -> ModelRefused:
    return ModelRefused("E_DAMAGED", "an index in it is broken", where=file.name)
