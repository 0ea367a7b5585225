"""Columns that come as arrays: whether they are of the declared kind, and every number a finite one."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from functions.datasets.cells import LARGEST
from functions.documents.wording import shown
from functions.runtime.errors import Rejected

Where = Callable[[int], str]
_ACCEPTED = {"float": "fiu", "int": "iu", "bool": "b"}


def vector(values: NDArray[Any], kind: str, *, name: str, where: Where) -> NDArray[Any]:
    """Give (N,) ``values`` of a column declared ``kind`` as float64, or int64 for int and bool.

    Raises:
        Rejected: They are of another kind, or one is not finite or too large.
    """
    if values.dtype.kind not in _ACCEPTED[kind]:
        raise Rejected(
            f"column {shown(name)} holds {values.dtype.name}, but is declared {kind}",
            hint="correct the type in columns, or store the column as that",
        )
    if kind == "float":
        values = values.astype(np.float64)
        refuse_odd(values, lambda place: f"{where(int(place[0]))}: column {shown(name)}")
        return values
    if values.dtype == np.uint64 and len(large := np.flatnonzero(values > np.iinfo(np.int64).max)):
        raise Rejected(
            f"{where(int(large[0]))}: column {shown(name)} is {values[large[0]]}, beyond 64 signed bits",
            hint="declare the column float",
        )
    return values.astype(np.int64)


def refuse_odd(values: NDArray[np.floating[Any]], name: Callable[[NDArray[np.int64]], str]) -> None:
    """Refuse numbers that are not finite, or that 32-bit decimals cannot hold.

    Args:
        values: Numbers in any shape.
        name: Names the place of an index into ``values``.

    Raises:
        Rejected: There is one; the first is named.
    """
    good = np.isfinite(values) if values.dtype.itemsize < 4 else np.abs(values) <= LARGEST
    if good.all():
        return
    place = np.argwhere(~good)[0]
    value = values[tuple(place)]
    if np.isfinite(value):
        raise Rejected(f"{name(place)} is {value:g}, beyond 32-bit decimals", hint="bring it to another unit")
    word = "NaN, a missing value" if np.isnan(value) else f"{value}, which is not finite"
    raise Rejected(f"{name(place)} is {word}", hint="fill in a number, or leave the row out")
