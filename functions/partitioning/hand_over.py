"""What goes from one part of a network to the next: tensors as ``.npy`` and plain values as JSON in one zip archive.

``numpy.load`` opens the tensors too. Nothing in it is ever unpickled, so whoever can write into the bucket can make a
part fail, not run their code. This file needs numpy alone: a copy lies in every design that is a part.
"""

import io
import json
import math
import os
import struct
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.lib import format as npy

SUFFIX = ".npz"
INDEX = "hand_over.json"
LARGEST = 1 << 30
"""Bytes that all of it may unpack to."""
MOST = 1000
"""Tensors in one."""
INDEX_BYTES = 1 << 20
"""Bytes of its index, and of the directory of the archive."""
_END, _FAR = struct.Struct("<4s4H2LH"), 20
_END_MARK, _FAR_MARK = b"PK\5\6", b"PK\6\7"
"""The end of an archive's directory, and what is before it where that is larger than a hand-over's (APPNOTE 4.3)."""
_EARLIEST = (1980, 1, 1, 0, 0, 0)
_UNREADABLE = (
    *(zipfile.BadZipFile, zlib.error, KeyError, TypeError, ValueError, EOFError),
    *(NotImplementedError, RuntimeError, OSError, OverflowError),
)
"""What a damaged archive raises (found by flipping bytes of some); OSError by seeking to where nothing can be."""


class HandOverError(ValueError):
    """A value cannot be handed over, or a file is none that was."""


def save(path: str | Path, values: Mapping[str, Any], arguments: Mapping[str, Any] | None = None) -> Path:
    """Write tensors and plain values (texts, numbers, lists, mappings) so that ``load`` gives them again.

    Equal values give equal bytes. ``.npz`` is added to the name where it is not its end; gives the name.

    Args:
        path: Where to.
        values: Tensors and what else the next part needs, by name.
        arguments: What ``main`` was called with; those that are not plain values stay behind.

    Raises:
        HandOverError: A value is neither a tensor nor plain.
    """
    path = Path(path)
    path = path if path.suffix == SUFFIX else path.with_name(path.name + SUFFIX)
    tensors = [name for name, value in values.items() if isinstance(value, np.ndarray)]
    plain = {name: _plain(name, value) for name, value in values.items() if name not in tensors}
    kept = {name: value for name, value in (arguments or {}).items() if _is_plain(value)}
    index = {"tensors": tensors, "values": plain, "arguments": kept}
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(zipfile.ZipInfo(INDEX, _EARLIEST), json.dumps(index))
        for number, name in enumerate(tensors):
            content = io.BytesIO()
            try:
                npy.write_array(content, values[name], allow_pickle=False)
            except ValueError:
                raise HandOverError(f"{name} is an array of Python objects; hand over numbers") from None
            archive.writestr(zipfile.ZipInfo(f"{number}.npy", _EARLIEST), content.getvalue())
    return path


def load(path: str | Path, *, name: str = "") -> tuple[dict[str, Any], dict[str, Any]]:
    """Read what ``save`` wrote: the values, and the arguments; ``name`` is what sentences call the file.

    Raises:
        HandOverError: The file is no hand-over, is damaged, or unpacks to more than ``LARGEST`` bytes.
    """
    name = name or Path(path).name
    with Path(path).open("rb") as file:
        try:
            return _loaded(file, name)
        except HandOverError:
            raise
        except _UNREADABLE as error:
            raise HandOverError(f"{name} is no hand-over between two parts: {str(error)[:120]}") from None


def _loaded(file: BinaryIO, name: str) -> tuple[dict[str, Any], dict[str, Any]]:
    size = _checked_end(file, name)
    with zipfile.ZipFile(file) as archive:
        members = archive.infolist()
        if any(each.compress_type != zipfile.ZIP_STORED for each in members):
            raise HandOverError(f"{name} is packed in a way that hand-overs are not")
        unpacked = sum(each.file_size for each in members)
        if len(members) > MOST + 1 or unpacked > min(LARGEST, size) or archive.getinfo(INDEX).file_size > INDEX_BYTES:
            most = (
                f"{LARGEST:,} bytes or than it has, or has more than {MOST} tensors or {INDEX_BYTES:,} bytes of index"
            )
            raise HandOverError(f"{name} unpacks to more than {most}")
        index = json.loads(archive.read(INDEX))
        values = {tensor: _array(archive.read(f"{number}.npy")) for number, tensor in enumerate(index["tensors"])}
        return {**values, **index["values"]}, dict(index["arguments"])


def _checked_end(file: BinaryIO, name: str) -> int:
    """Give the file's size; refuse a directory that is too large before ``zipfile`` makes an object of each entry."""
    size = file.seek(0, os.SEEK_END)
    file.seek(max(0, size - _END.size - _FAR))
    end = file.read()
    mark, *_, count, length, _, comment = _END.unpack(end[-_END.size :].rjust(_END.size, b"\0"))
    if mark != _END_MARK or comment:
        raise HandOverError(f"{name} is no hand-over between two parts: it does not end as one")
    if count > MOST + 1 or length > INDEX_BYTES or end.startswith(_FAR_MARK):
        raise HandOverError(f"{name} has more than {MOST} tensors, or {INDEX_BYTES:,} bytes of directory")
    file.seek(0)
    return size


def _array(content: bytes) -> np.ndarray[Any, Any]:
    file = io.BytesIO(content)
    version = npy.read_magic(file)
    read = npy.read_array_header_1_0 if version == (1, 0) else npy.read_array_header_2_0
    shape, _, kind = read(file)
    if kind.hasobject or math.prod(shape) * kind.itemsize != len(content) - file.tell():
        raise ValueError("an array is not as long as it says, or has Python objects in it")
    file.seek(0)
    array: np.ndarray[Any, Any] = npy.read_array(file, allow_pickle=False)
    return array


def _plain(name: str, value: object) -> object:
    if isinstance(value, np.generic):
        value = value.item()
    if not _is_plain(value):
        kind = type(value).__name__
        raise HandOverError(f"{name} is of type {kind}; hand over tensors, texts, numbers, lists and mappings")
    return value


def _is_plain(value: object) -> bool:
    if isinstance(value, dict):
        return all(isinstance(key, str) and _is_plain(each) for key, each in value.items())
    if isinstance(value, list | tuple):
        return all(_is_plain(each) for each in value)
    return value is None or isinstance(value, bool | int | float | str)
