"""Which rows are trained on, which are watched, which are kept for the end; and the order they are taken in.

Only raw 64-bit draws of PCG64 are used, which numpy promises never to change (NEP 19), unlike its shuffles.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from functions.datasets.definition import Definition
from functions.runtime.errors import Rejected

if TYPE_CHECKING:
    from functions.datasets.arrays import Arrays

Rows = NDArray[np.int64]


@dataclass(frozen=True)
class Splits:
    """Row numbers (from 0) of each part, rising; together every row once.

    Attributes:
        sha256: Over the three parts' names, lengths and little-endian int64 row numbers.
    """

    train: Rows
    validation: Rows
    test: Rows
    sha256: str = field(init=False)

    def __post_init__(self) -> None:
        state = hashlib.sha256()
        for name in ("train", "validation", "test"):
            rows = getattr(self, name)
            state.update(f"{name}|{len(rows)}\0".encode() + np.ascontiguousarray(rows, "<i8").tobytes())
        object.__setattr__(self, "sha256", state.hexdigest())


def split(arrays: Arrays, definition: Definition) -> Splits:
    """Part the rows as ``definition.split`` asks; the same seed and rows always give the same parts.

    Raises:
        Rejected: There are too few rows for the parts.
    """
    wanted = definition.split
    everything = np.arange(arrays.rows, dtype=np.int64)
    groups = [everything]
    numbers = arrays.class_numbers
    if wanted.stratify and numbers is not None:
        groups = [np.flatnonzero(numbers == number) for number in range(len(arrays.classes))]
    if wanted.shuffle:
        groups = [shuffled(group, definition.seed, place) for place, group in enumerate(groups)]
    sizes = np.array([len(group) for group in groups])
    tests = _shares(sizes, wanted.test)
    validations = _shares(sizes - tests, wanted.validation / (1 - wanted.test))
    parts = [
        np.split(group, [size - test - watched, size - test])
        for group, size, test, watched in zip(groups, sizes, tests, validations, strict=True)
    ]
    train, validation, test = (np.sort(np.concatenate([part[place] for part in parts])) for place in range(3))
    if not len(train):
        raise Rejected(
            f"{arrays.rows} rows are too few: split leaves none to train on", hint="give more rows or smaller parts"
        )
    return Splits(train, validation, test)


def shuffled(rows: Rows, seed: int, *stream: int) -> Rows:
    """Give the rows in an order that depends on ``seed`` and ``stream`` (an epoch's number, say) alone."""
    keys = np.random.PCG64([seed, *stream]).random_raw(len(rows))
    return rows[np.argsort(keys, kind="stable")]


def _shares(sizes: NDArray[np.int64], share: float) -> NDArray[np.int64]:
    """Take ``share`` of all, at least one row if any, the remainders going to the groups that lose most by rounding."""
    if not share:
        return np.zeros(len(sizes), np.int64)
    total = max(1, round(share * int(sizes.sum())))
    exact = sizes * share
    taken: NDArray[np.int64] = np.floor(exact + 1e-9).astype(np.int64)
    order = np.argsort(taken - exact, kind="stable")
    for place in order[: max(0, total - int(taken.sum()))]:
        taken[place] += taken[place] < sizes[place]
    return taken
