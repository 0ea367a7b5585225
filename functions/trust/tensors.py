"""Weights in files, digested without any framework: safetensors (https://github.com/huggingface/safetensors), Keras."""

import hashlib
import math
from collections.abc import Iterable
from pathlib import Path
from typing import BinaryIO

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from functions.models.archive import members
from functions.models.facts import ModelLimits, ModelRefused
from functions.models.hdf5 import datasets
from functions.models.keras.model import APART, WEIGHTS
from functions.models.source import Window, opened
from functions.trust.documents import parsed
from functions.trust.errors import TrustError

TYPES = {"F64": "<f8", "F32": "<f4", "F16": "<f2", "I64": "<i8", "I32": "<i4", "I16": "<i2", "I8": "|i1",
         "U64": "<u8", "U32": "<u4", "U16": "<u2", "U8": "|u1", "BOOL": "|b1"}  # fmt: skip
"""safetensors' names of types -> numpy's."""
HEADER = 25_000_000
"""Bytes; a header of a model with a hundred thousand tensors has a tenth of it."""
PIECE = 1 << 20


class Tensor(BaseModel):
    """One entry of the header; offsets are in bytes after it."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    dtype: str
    shape: list[int]
    data_offsets: list[int] = Field(min_length=2, max_length=2)


HEADERS = TypeAdapter(dict[str, Tensor])


def safetensors_digest(file: Path) -> str:
    """Give the canonical digest of the tensors in a file, as ``functions.training.tensors.digest`` does of arrays.

    Raises:
        TrustError: ``E_WEIGHTS``: the file is not a right one, or has bytes that belong to no tensor.
    """
    sha256 = hashlib.sha256()
    with file.open("rb") as source:
        start = int.from_bytes(source.read(8), "little") + 8
        tensors = _header(source, start - 8, file.name)
        _check_places(tensors, file.stat().st_size - start, file.name)
        for name in sorted(tensors):
            each = tensors[name]
            sha256.update(f"{name}\0{TYPES[each.dtype]}\0{','.join(map(str, each.shape))}\0".encode())
            begin, end = each.data_offsets
            source.seek(start + begin)
            for place in range(begin, end, PIECE):
                sha256.update(source.read(min(PIECE, end - place)))
    return sha256.hexdigest()


def _header(source: BinaryIO, size: int, name: str) -> dict[str, Tensor]:
    try:
        document = parsed(source.read(size) if 0 < size <= HEADER else b"", name)
        return HEADERS.validate_python({key: each for key, each in document.items() if key != "__metadata__"})
    except (TrustError, ValidationError) as error:
        raise TrustError("E_WEIGHTS", f"{name} is not a safetensors file") from error


def _check_places(tensors: dict[str, Tensor], size: int, name: str) -> None:
    """Hold the tensors to filling the rest of the file, one after the other."""
    place = 0
    for each in sorted(tensors.values(), key=lambda one: one.data_offsets):
        begin, end = each.data_offsets
        wide = int(TYPES[each.dtype][2:]) if each.dtype in TYPES else -1
        if begin != place or min(each.shape, default=0) < 0 or end - begin != wide * math.prod(each.shape):
            raise TrustError("E_WEIGHTS", f"the tensors of {name} do not lie one after the other")
        place = end
    if not tensors or place != size:
        raise TrustError("E_WEIGHTS", f"{name} is not a safetensors file: it does not end with its last tensor")


def keras_digests(file: Path) -> dict[str, str]:
    """Give the SHA-256 of each weight's stored bytes in a ``.keras`` file, by its path; read in Python, with bounds.

    Raises:
        TrustError: ``E_WEIGHTS``: the file is not a right one.
    """
    size = file.stat().st_size
    limits = ModelLimits(max_bytes=max(size, 1), max_parameters=max(size, 1))
    try:
        with opened(file, limits, file.name) as archive:
            weights = members(archive, limits)[WEIGHTS].window()
            return {
                each.path: _digest(weights, each.spans)
                for each in datasets(weights, limits)
                if not _is_apart(each.path)
            }
    except (ModelRefused, KeyError) as error:
        raise TrustError("E_WEIGHTS", f"{file.name} is not a Keras model whose weights can be read") from error


def _is_apart(path: str) -> bool:
    return path.partition("/")[0] in APART


def _digest(weights: Window, spans: Iterable[tuple[int, int]]) -> str:
    sha256 = hashlib.sha256()
    for start, end in spans:
        for place in range(start, end, PIECE):
            sha256.update(weights.read(place, min(PIECE, end - place)))
    return sha256.hexdigest()
