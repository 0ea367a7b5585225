"""A data set in memory: read, checked against its definition, and digested."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from functions.datasets.definition import Definition
from functions.datasets.files import opened
from functions.datasets.forms import FORMS
from functions.datasets.labels import Labels, targets
from functions.datasets.limits import Limits
from functions.datasets.splits import Splits, split
from functions.runtime.errors import Rejected

__all__ = ["Arrays", "Samples", "Splits", "read", "split"]

_READERS = {
    "csv": ("csv_table", "read_csv"),
    "parquet": ("parquet_table", "read_parquet"),
    "npz": ("npz", "read_npz"),
    "image": ("pictures", "read_pictures"),
}


@dataclass(frozen=True)
class Samples:
    """What a reader gives: inputs (N, *input_shape) float32, and the labels as they stand in the data."""

    x: NDArray[np.float32]
    labels: Labels


@dataclass(frozen=True)
class Arrays:
    """Inputs and what is to be learned from them.

    Attributes:
        x: (N, *input_shape) float32, as in the data: nothing is normalized yet.
        y: (N,) int64 class numbers; (N, *output_shape) float32 for a regression; (N, 1) float32 in 0..1 for a binary
            task whose label column is float.
        classes: Their names in the order of their numbers; none for a regression.
        digest: SHA-256 of the canonical bytes of ``x``, ``y`` and ``classes``.
    """

    x: NDArray[np.float32]
    y: NDArray[Any]
    classes: tuple[str, ...]
    digest: str

    @property
    def rows(self) -> int:
        """Samples."""
        return len(self.x)

    @property
    def class_numbers(self) -> NDArray[np.int64] | None:
        """(N,) the class of each sample; None for a regression."""
        if not self.classes:
            return None
        return self.y if self.y.ndim == 1 else (self.y[:, 0] >= 0.5).astype(np.int64)


def read(dataset: Path, definition: Definition, limits: Limits | None = None) -> Arrays:
    """Read a data set of any accepted form, told by the ending of its name.

    Raises:
        Rejected: It is not what the definition says, hostile, or larger than the limits; one sentence says which, with
            the row and the column where there is one.
    """
    limits = limits or Limits()
    form = FORMS.get(dataset.suffix.lower())
    if form is None:
        raise Rejected(f"{dataset.name} is no data set that is read here", hint=f"upload one of {', '.join(FORMS)}")
    if definition.type not in (None, form):
        raise Rejected(f"{dataset.name} is {form}, but the definition's type is {definition.type}")
    if not definition.columns and form in ("csv", "parquet"):
        raise Rejected(f"the definition of {dataset.name} has no columns", hint="write name and type of every column")
    if definition.columns and form == "image":
        raise Rejected(f"{dataset.name} has pictures, but the definition has columns", hint="leave columns out")
    try:
        with opened(dataset, limits.bytes) as file:
            samples = _reader(form)(file, definition, limits)
        y, classes = targets(samples.labels, definition, limits)
    except Rejected as refusal:
        if refusal.message.startswith(dataset.name):
            raise
        raise Rejected(f"{dataset.name}: {refusal.message}", hint=refusal.hint) from None
    x = samples.x.reshape(len(samples.x), *definition.input_shape)
    return Arrays(x, y, classes, digest(x, y, classes))


def digest(x: NDArray[Any], y: NDArray[Any], classes: tuple[str, ...]) -> str:
    """Give the SHA-256 over name, type, shape and little-endian bytes of ``x`` and of ``y``, and the classes."""
    state = hashlib.sha256()
    for name, array in (("x", x), ("y", y)):
        plain = np.ascontiguousarray(array, array.dtype.newbyteorder("<"))
        state.update(f"{name}|{plain.dtype.str}|{','.join(map(str, plain.shape))}\0".encode())
        state.update(plain.reshape(-1).view(np.uint8).data)
    for name in classes:
        state.update(b"\0" + name.encode())
    return state.hexdigest()


def _reader(form: str) -> Callable[[BinaryIO, Definition, Limits], Samples]:
    # Each reader brings its own libraries, of which a run needs one.
    module = import_module(f"functions.datasets.{_READERS[form][0]}")
    reader: Callable[[BinaryIO, Definition, Limits], Samples] = getattr(module, _READERS[form][1])
    return reader
