"""Named tensors: the canonical digest of a model's weights, and how far two of them are apart."""

import hashlib
import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

Tensors = Mapping[str, NDArray[Any]]


def digest(tensors: Tensors) -> str:
    """Digest tensors whatever file they came from: SHA-256, 64 hex digits.

    Over ``name NUL dtype NUL shape NUL bytes`` of each, sorted by name; dtype as numpy's ``str`` (``<f4``), shape in
    decimal with commas, bytes little-endian in C order.
    """
    sha256 = hashlib.sha256()
    for name in sorted(tensors):
        array = np.ascontiguousarray(tensors[name]).reshape(np.shape(tensors[name]))
        array = array.astype(array.dtype.newbyteorder("<"), copy=False)
        shape = ",".join(map(str, array.shape))
        sha256.update(f"{name}\0{array.dtype.str}\0{shape}\0".encode())
        sha256.update(array.tobytes())
    return sha256.hexdigest()


def distance(before: Tensors, after: Tensors) -> float:
    """Give the Euclidean norm of the change of all tensors over that of ``before``; over 1 where that is zero."""
    change = math.sqrt(sum(_square(after[name].astype(np.float64) - before[name]) for name in before))
    norm = math.sqrt(sum(_square(each.astype(np.float64)) for each in before.values()))
    return change / (norm or 1.0)


def _square(array: NDArray[np.float64]) -> float:
    return float(np.vdot(array, array))
