"""What is done to the inputs before they are trained on: normalize, then scale, then clip."""

from collections.abc import Iterator
from dataclasses import replace
from math import prod

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

from functions.datasets.arrays import Arrays
from functions.datasets.definition import Definition
from functions.datasets.splits import Rows, Splits

_CHUNK = 2_000_000


class Statistics(BaseModel):
    """What was learned from the training part, and is done to every input ever after; None is a step left out.

    ``(x - mean) / deviation``, then times ``scale``, then into ``clip``.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    mean: tuple[float, ...] | None = Field(default=None, description="Of each feature, of pictures each channel.")
    deviation: tuple[float, ...] | None = Field(
        default=None, description="Of all rows (N, not N - 1); 1 where it is 0."
    )
    scale: float | None = None
    clip: tuple[float, float] | None = None
    axis: int = Field(default=0, description="Which axis of one sample has the features or channels.")


def prepare(arrays: Arrays, splits: Splits, definition: Definition) -> tuple[Arrays, Statistics]:
    """Give the arrays ready for training, and what was done to them.

    ``arrays.x`` itself is changed, so that it is held once; the digest stays that of the data as it was read.
    """
    statistics = measure(arrays.x, splits.train, definition)
    return replace(arrays, x=apply(arrays.x, statistics)), statistics


def measure(x: NDArray[np.float32], train: Rows, definition: Definition) -> Statistics:
    """Learn mean and deviation from the ``train`` rows of ``x``, in two passes of 64-bit sums."""
    wanted, axis = definition.preprocessing, definition.channel_axis
    plain = Statistics(scale=wanted.scale, clip=wanted.clip, axis=axis)
    if not wanted.normalize:
        return plain
    others = tuple(each for each in range(x.ndim) if each != axis + 1)
    count = len(train) * prod(x.shape[each] for each in others[1:])
    mean = sum(x[rows].sum(axis=others, dtype=np.float64) for rows in _chunks(x, train)) / count
    spread = _along(mean, axis, x.ndim)
    squares = sum(np.square(x[rows] - spread).sum(axis=others) for rows in _chunks(x, train))
    deviation = np.sqrt(squares / count)
    # AIBoMGen adds 1e-8 instead, so that a feature that only changes outside of the training part becomes 1e8.
    deviation[deviation == 0] = 1
    return plain.model_copy(update={"mean": tuple(mean.tolist()), "deviation": tuple(deviation.tolist())})


def apply(x: NDArray[np.float32], statistics: Statistics) -> NDArray[np.float32]:
    """Do to ``x`` (N, ...) what ``statistics`` say, in place, and give it back."""
    mean, deviation = (
        None if each is None else _along(np.array(each), statistics.axis, x.ndim)
        for each in (statistics.mean, statistics.deviation)
    )
    step = max(1, _CHUNK // max(1, prod(x.shape[1:])))
    for start in range(0, len(x), step):
        part = x[start : start + step].astype(np.float64)
        if mean is not None and deviation is not None:
            part = (part - mean) / deviation
        if statistics.scale is not None:
            part *= statistics.scale
        if statistics.clip is not None:
            np.clip(part, *statistics.clip, out=part)
        x[start : start + step] = part
    return x


def _chunks(x: NDArray[np.float32], rows: Rows) -> Iterator[Rows]:
    step = max(1, _CHUNK // max(1, prod(x.shape[1:])))
    return (rows[start : start + step] for start in range(0, len(rows), step))


def _along(values: NDArray[np.float64], axis: int, dimensions: int) -> NDArray[np.float64]:
    return values.reshape([-1 if each == axis + 1 else 1 for each in range(dimensions)])
