"""Weights in files, read without any framework: safetensors (https://github.com/huggingface/safetensors) and Keras."""

import hashlib
import math
import struct
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from functions.models.archive import members
from functions.models.facts import ModelLimits, ModelRefused
from functions.models.hdf5 import Dataset, datasets
from functions.models.keras.model import APART, WEIGHTS
from functions.models.source import Window, opened
from functions.trust.documents import parsed
from functions.trust.errors import TrustError

TYPES = {"F64": "<f8", "F32": "<f4", "F16": "<f2", "I64": "<i8", "I32": "<i4", "I16": "<i2", "I8": "|i1",
         "U64": "<u8", "U32": "<u4", "U16": "<u2", "U8": "|u1", "BOOL": "|b1"}  # fmt: skip
"""safetensors' names of types -> numpy's."""
KERAS_TYPES = {"float64": "<f8", "float32": "<f4", "float16": "<f2", "bfloat16": "<V2", "int64": "<i8", "int32": "<i4",
               "int16": "<i2", "int8": "|i1", "uint64": "<u8", "uint32": "<u4", "uint16": "<u2", "uint8": "|u1",
               "bool": "|b1"}  # fmt: skip
FORMATS = {"<f8": "d", "<f4": "f", "<f2": "e", "<i8": "q", "<i4": "i", "<i2": "h", "|i1": "b", "<u8": "Q", "<u4": "I",
           "<u2": "H", "|u1": "B", "|b1": "?"}  # fmt: skip
"""numpy's names of types -> ``struct``'s."""
HEADER = 25_000_000
"""Bytes; a header of a model with a hundred thousand tensors has a tenth of it."""
PIECE = 1 << 20


@dataclass(frozen=True)
class Tensor:
    """A named tensor: ``dtype`` in numpy's words, and its bytes in pieces, little-endian in C order.

    ``pieces`` is None where they are packed, or not in one stretch.
    """

    name: str
    dtype: str
    shape: tuple[int, ...]
    pieces: Callable[[], Iterable[bytes]] | None

    @property
    def layout(self) -> tuple[str, str, tuple[int, ...]]:
        """Everything but the numbers."""
        return self.name, self.dtype, self.shape


Tensors = tuple[Tensor, ...]
"""In the order of their names."""


@contextmanager
def weights_in(file: Path, form: str) -> Iterator[Tensors]:
    """Open the weights of a ``keras`` or ``safetensors`` file, by the names that they have there.

    Raises:
        TrustError: ``E_WEIGHTS``: the file is not a right one, or has bytes that belong to no tensor.
    """
    size = max(file.stat().st_size, 1)
    limits = ModelLimits(max_bytes=size, max_parameters=size)
    try:
        with opened(file, limits, file.name) as window:
            found = _keras(window, limits) if form == "keras" else _safetensors(window)
            yield tuple(sorted(found, key=lambda one: one.name))
    except (ModelRefused, KeyError) as error:
        raise TrustError("E_WEIGHTS", f"{file.name} is not a {form} model whose weights can be read") from error


def digest(tensors: Tensors) -> str:
    """Give the canonical digest, as ``functions.training.tensors.digest`` does of arrays.

    Raises:
        TrustError: ``E_WEIGHTS``: the bytes of one are packed.
    """
    sha256 = hashlib.sha256()
    for each in tensors:
        if each.pieces is None:
            raise TrustError("E_WEIGHTS", f"the weights {each.name} are packed")
        sha256.update(f"{each.name}\0{each.dtype}\0{','.join(map(str, each.shape))}\0".encode())
        for piece in each.pieces():
            sha256.update(piece)
    return sha256.hexdigest()


def distance(before: Tensors, after: Tensors) -> float:
    """Give the norm of the change over that of ``before``, as ``functions.training.tensors.distance`` does of arrays.

    Both have the same layout, and neither is packed or of bfloat16.
    """
    change, norm = 0.0, 0.0
    for one, other in zip(before, after, strict=True):
        assert one.pieces is not None
        assert other.pieces is not None
        for old, new in zip(one.pieces(), other.pieces(), strict=True):
            form = f"<{len(old) // struct.calcsize(FORMATS[one.dtype])}{FORMATS[one.dtype]}"
            numbers = struct.unpack(form, old)
            change = math.hypot(change, math.dist(numbers, struct.unpack(form, new)))
            norm = math.hypot(norm, *numbers)
    return change / (norm or 1.0)


def is_measurable(tensors: Tensors) -> bool:
    """Tell whether ``distance`` can be had of them."""
    return all(each.pieces is not None and each.dtype in FORMATS for each in tensors)


class Entry(BaseModel):
    """One entry of a safetensors header; offsets are in bytes after it."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    dtype: str
    shape: list[int]
    data_offsets: list[int] = Field(min_length=2, max_length=2)


HEADERS = TypeAdapter(dict[str, Entry])


def _safetensors(file: Window) -> Iterator[Tensor]:
    length = int.from_bytes(file.read(0, 8), "little")
    entries = _header(file.read(8, length) if 0 < length <= HEADER else b"", file.name)
    data = file.part(8 + length, file.size - 8 - length, file.name)
    _check_places(entries, data.size, file.name)
    for name, each in entries.items():
        start, end = each.data_offsets
        yield Tensor(name, TYPES[each.dtype], tuple(each.shape), _pieces(data, start, end))


def _header(text: bytes, name: str) -> dict[str, Entry]:
    try:
        document = parsed(text, name)
        return HEADERS.validate_python({key: each for key, each in document.items() if key != "__metadata__"})
    except (TrustError, ValidationError) as error:
        raise TrustError("E_WEIGHTS", f"{name} is not a safetensors file") from error


def _check_places(entries: dict[str, Entry], size: int, name: str) -> None:
    """Hold the tensors to filling the rest of the file, one after the other."""
    place = 0
    for each in sorted(entries.values(), key=lambda one: one.data_offsets):
        begin, end = each.data_offsets
        wide = int(TYPES[each.dtype][2:]) if each.dtype in TYPES else -1
        if begin != place or min(each.shape, default=0) < 0 or end - begin != wide * math.prod(each.shape):
            raise TrustError("E_WEIGHTS", f"the tensors of {name} do not lie one after the other")
        place = end
    if not entries or place != size:
        raise TrustError("E_WEIGHTS", f"{name} is not a safetensors file: it does not end with its last tensor")


def _keras(archive: Window, limits: ModelLimits) -> Iterator[Tensor]:
    weights = members(archive, limits)[WEIGHTS].window()
    for each in datasets(weights, limits):
        if each.path.partition("/")[0] not in APART and each.count:
            yield Tensor(each.path, KERAS_TYPES.get(each.dtype, each.dtype), each.shape, _stretch(weights, each))


def _stretch(weights: Window, one: Dataset) -> Callable[[], Iterable[bytes]] | None:
    return None if one.offset is None else _pieces(weights, one.offset, one.offset + one.size)


def _pieces(data: Window, start: int, end: int) -> Callable[[], Iterable[bytes]]:
    return lambda: (data.read(place, min(PIECE, end - place)) for place in range(start, end, PIECE))
