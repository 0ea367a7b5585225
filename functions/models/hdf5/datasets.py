"""Datasets: numbers of a plain type, all of them stored in this file (specification IV.A.2.b, d, i and l)."""

import struct
import zlib
from dataclasses import dataclass
from itertools import pairwise
from math import prod

from functions.models.facts import ModelLimits, ModelRefused
from functions.models.hdf5 import trees
from functions.models.hdf5.objects import (
    ATTRIBUTE,
    DATASPACE,
    DATATYPE,
    FILL,
    FILL_OLD,
    FILTERS,
    LAYOUT,
    MODIFIED,
    UNDEFINED,
    Message,
    exactly,
    form,
    one,
)  # fmt: skip
from functions.models.source import Window

DATASET_MESSAGES = {DATASPACE, DATATYPE, FILL, FILL_OLD, FILTERS, LAYOUT, MODIFIED, ATTRIBUTE}
COMPACT, CONTIGUOUS, CHUNKED, VIRTUAL = 0, 1, 2, 3
DEFLATE, SHUFFLE, CHECKSUM = 1, 2, 3
OPAQUE = 5
MAX_RANK = 16
MAX_CHUNK = 256 << 20
FLOATS = {
    (2, 10, 5, 0, 10): "float16", (2, 7, 8, 0, 7): "bfloat16",
    (4, 23, 8, 0, 23): "float32", (8, 52, 11, 0, 52): "float64",
}  # fmt: skip


@dataclass(frozen=True)
class Dataset:
    """Numbers under a name.

    Attributes:
        path: Groups and name, joined by slashes, without one in front.
        shape: Sizes; empty for a single number.
        dtype: ``float32``, ``int64`` and so on, in numpy's words, little endian.
        offset: Where its bytes begin in the file, row by row; None when they lie in chunks.
        size: Bytes of all its numbers.
        spans: Where in the file something of it lies: first byte and the one behind the last.
    """

    path: str
    shape: tuple[int, ...]
    dtype: str
    offset: int | None
    size: int
    spans: tuple[tuple[int, int], ...] = ()

    @property
    def count(self) -> int:
        """How many numbers it has."""
        return prod(self.shape)


def read_dataset(file: Window, path: str, parts: list[Message], limits: ModelLimits) -> Dataset:
    """Give the dataset that the messages describe.

    Raises:
        ModelRefused: It is not of plain numbers, or not all of them are stored here.
    """
    shape = _shape(file, one(parts, DATASPACE, file))
    dtype, cell = _dtype(file, one(parts, DATATYPE, file), path)
    size = prod(shape) * cell
    if prod(shape) > limits.max_parameters * 4:
        raise ModelRefused("E_TOO_LARGE", f"{path} declares {prod(shape)} numbers", where=file.name)
    layout = one(parts, LAYOUT, file)
    version, kind = exactly(layout, 2, file)
    if kind == VIRTUAL and version == 4:
        raise ModelRefused("E_HDF5_VIRTUAL", f"{path} is a view of other files", where=file.name)
    if version != 3 or kind not in (COMPACT, CONTIGUOUS, CHUNKED):
        raise form(file, f"a layout of another form at {path}")
    filters = [each.body for each in parts if each.kind == FILTERS]
    if filters and (kind != CHUNKED or len(filters) > 1):
        raise ModelRefused("E_HDF5_FILTER", f"{path} has filters where none can be", where=file.name)
    if kind == CHUNKED:
        names = _filters(file, filters[0], path) if filters else ()
        return Dataset(path, shape, dtype, None, size, _Chunks(file, path, shape, cell, names, limits).spans(layout))
    if kind == COMPACT:
        stored = struct.unpack("<H", exactly(layout, 4, file)[2:])[0]
        return _stored(file, Dataset(path, shape, dtype, None, size), min(stored, len(layout) - 4))
    address, stored = struct.unpack("<QQ", exactly(layout, 18, file)[2:])
    if address == UNDEFINED or address + stored > file.size:
        address, stored = 0, 0
    return _stored(file, Dataset(path, shape, dtype, address, size, ((address, address + stored),)), stored)


def check_apart(file: Window, found: list[Dataset]) -> None:
    """Refuse datasets that share bytes: together they would declare more than is stored."""
    spans = sorted((start, end, each.path) for each in found for start, end in each.spans if end > start)
    for (_, end, _), (start, _, path) in pairwise(spans):
        if start < end:
            raise ModelRefused("E_HDF5_STORAGE", f"{path} shares its bytes with another", where=file.name)


def _stored(file: Window, found: Dataset, stored: int) -> Dataset:
    if stored != found.size:
        raise _unstored(file, found.path, found.size, stored)
    return found


def _unstored(file: Window, path: str, size: int, stored: int) -> ModelRefused:
    return ModelRefused("E_HDF5_STORAGE", f"{path} declares {size} bytes and stores {stored}", where=file.name)


def _shape(file: Window, body: bytes) -> tuple[int, ...]:
    version, rank, flags, kind = exactly(body, 4, file)
    start = {1: 8, 2: 4}.get(version)
    if start is None or rank > MAX_RANK or flags & ~1 or (version == 2 and kind > 1):
        raise form(file, "a dataset without a plain shape")
    return struct.unpack(f"<{rank}Q", exactly(body, start + 8 * rank, file)[start:])


def _dtype(file: Window, body: bytes, path: str) -> tuple[str, int]:
    head, bits, _, _, size = struct.unpack("<BBBBL", exactly(body, 8, file))
    kind, big = head & 0x0F, bits & 0x01
    if kind == 0 and size in (1, 2, 4, 8) and not big:
        first, precision = struct.unpack("<HH", exactly(body, 12, file)[8:])
        if (first, precision) == (0, 8 * size):
            return f"{'' if bits & 0x08 else 'u'}int{8 * size}", size
    if kind == 1 and not big:
        first, _, exponent_at, exponent, mantissa_at, mantissa = struct.unpack("<HHBBBB", exactly(body, 16, file)[8:])
        name = FLOATS.get((size, exponent_at, exponent, mantissa_at, mantissa))
        if name and not first:
            return name, size
    if kind == OPAQUE and size == 2:  # how h5py stores bfloat16, which numpy does not know
        return "bfloat16", size
    raise ModelRefused("E_HDF5_TYPE", f"{path} does not hold plain numbers", where=file.name)


def _filters(file: Window, body: bytes, path: str) -> tuple[int, ...]:
    """Read a filter pipeline of version 1 or 2: which filters, in writing order."""
    version, count = exactly(body, 2, file)
    at = 8 if version == 1 else 2
    found: list[int] = []
    for _ in range(count):
        kind = int.from_bytes(exactly(body, at + 2, file)[at:], "little")
        if kind not in (DEFLATE, SHUFFLE, CHECKSUM) or version not in (1, 2) or kind in found:
            raise ModelRefused("E_HDF5_FILTER", f"{path} uses the filter {kind}", where=file.name)
        found.append(kind)
        if version == 1:
            name, _, values = struct.unpack("<HHH", exactly(body, at + 8, file)[at + 2 :])
            at += 8 + ((name + 7) & ~7) + 4 * (values + values % 2)
        else:
            _, values = struct.unpack("<HH", exactly(body, at + 6, file)[at + 2 :])
            at += 6 + 4 * values
    return tuple(found)


@dataclass(frozen=True)
class _Chunks:
    """A dataset in pieces of equal shape, each perhaps packed."""

    file: Window
    path: str
    shape: tuple[int, ...]
    cell: int
    filters: tuple[int, ...]
    limits: ModelLimits

    def spans(self, layout: bytes) -> tuple[tuple[int, int], ...]:
        """Give where the chunks lie, refusing missing or doubled ones and such that unpack to another size."""
        address, shape = self._layout(layout)
        plain = prod(shape) * self.cell
        wanted = prod(-(-size // side) for size, side in zip(self.shape, shape, strict=True))
        if plain > MAX_CHUNK or wanted > self.limits.max_members:
            raise ModelRefused("E_TOO_LARGE", f"{self.path} has too large or too many chunks", where=self.file.name)
        keys: list[tuple[bytes, int]] = []
        if address != UNDEFINED:
            keys = trees.entries(self.file, address, trees.CHUNKS, 16 + 8 * len(shape), wanted)
        found = dict(self._chunk(key, at, shape, plain) for key, at in keys)
        if len(found) != wanted:
            raise _unstored(self.file, self.path, wanted * plain, len(found) * plain)
        return tuple(found.values())

    def _layout(self, body: bytes) -> tuple[int, tuple[int, ...]]:
        """Read the rest of the layout message: where the index is, and a chunk's shape."""
        rank = exactly(body, 3, self.file)[2] - 1
        if rank != len(self.shape) or not rank:
            raise form(self.file, f"chunks of another form at {self.path}")
        address, *sides = struct.unpack(f"<Q{rank + 1}L", exactly(body, 15 + 4 * rank, self.file)[3:])
        if sides[-1] != self.cell or 0 in sides:
            raise form(self.file, f"chunks of another form at {self.path}")
        return address, tuple(sides[:-1])

    def _chunk(
        self, key: bytes, address: int, shape: tuple[int, ...], plain: int
    ) -> tuple[tuple[int, ...], tuple[int, int]]:
        size, skipped, *place = struct.unpack(f"<LL{len(shape) + 1}Q", key)
        inside = all(
            at % side == 0 and at < whole for at, side, whole in zip(place[:-1], shape, self.shape, strict=True)
        )
        if not inside or place[-1] or skipped:
            raise form(self.file, f"chunks of another form at {self.path}")
        stored = size - 4 if CHECKSUM in self.filters else size
        if DEFLATE not in self.filters:
            if stored != plain or address + size > self.file.size:
                raise _unstored(self.file, self.path, plain, stored)
        else:
            self.file.patience.spend(plain >> 12, self.file.name)
            if _inflated(self.file.read(address, max(stored, 0)), plain) != plain:
                raise ModelRefused(
                    "E_BOMB", f"a chunk of {self.path} does not unpack to {plain} bytes", where=self.file.name
                )
        return tuple(place), (address, address + size)


def _inflated(data: bytes, most: int) -> int:
    """Give the number of bytes that ``data`` unpacks to, counting no further than just beyond ``most``."""
    stream = zlib.decompressobj()
    done = 0
    try:
        while not stream.eof and done <= most:
            part = stream.decompress(data, 1 << 20)
            data = stream.unconsumed_tail
            done += len(part)
            if not part and not data:
                break
    except zlib.error:
        return -1
    return done if stream.eof else -1
