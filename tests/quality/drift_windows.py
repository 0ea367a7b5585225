"""Tests of windows: how often they err where nothing drifts, look after look, and what they find."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from functions.drifting.batch import BatchState, add
from functions.drifting.configuration import BatchTest, Check
from functions.drifting.two_sample import Row, compare

Rows = npt.NDArray[np.float64]
Draw = Callable[[np.random.Generator, int], Rows]

STREAMS, LOOKS, WINDOW, RATE = 20, 50, 50, 0.2
DRAWN: Mapping[BatchTest, Draw] = {
    "KSDrift": lambda random, count: random.normal(size=(count, 1)),
    "CVMDrift": lambda random, count: random.poisson(2.0, size=(count, 1)).astype(float),  # nearly all are ties
    "FETDrift": lambda random, count: (random.random((count, 1)) < 0.1).astype(float),
    "ChiSquareDrift": lambda random, count: random.integers(0, 6, size=(count, 1)).astype(float),
    "MMDDrift": lambda random, count: random.normal(size=(count, 3)),
}
PEOPLE, COLUMNS, TRIALS, LEVEL = 200, 10, 20, 0.01
"""Of the table of power, which is that of observability.md 1.4."""


@dataclass(frozen=True)
class Looked:
    """Streams without drift: how many had a false alarm, and how many would have had one at the same level a test."""

    test: BatchTest
    streams: int
    looks: int
    alarmed: int
    uncorrected: int
    small: int
    milliseconds: float

    @property
    def share(self) -> float:
        """Streams with a false alarm, in percent."""
        return 100 * self.alarmed / self.streams


def looked(test: BatchTest, *, seed: int = 0) -> Looked:
    """Watch streams that do not drift, each with one reference and so many tests against it."""
    check = Check(test=test, window=WINDOW, threshold=RATE, looks=LOOKS, fields=("a", "b", "c") * (test == "MMDDrift"))
    alarmed = uncorrected = small = 0
    began = time.process_time()
    for stream in range(STREAMS):
        random = np.random.default_rng([seed, stream])
        state, found = BatchState(), []
        for place, row in enumerate(DRAWN[test](random, WINDOW * (LOOKS + 1)).tolist()):
            look = add(state, check, tuple(row), at=float(place), interval=1, name=f"{test} {stream}")
            found += [look] if look else []
        alarmed += any(each.drifted for each in found)
        uncorrected += any(each.p <= RATE for each in found)
        small += sum(each.p <= RATE for each in found)
    milliseconds = 1000 * (time.process_time() - began) / (STREAMS * LOOKS)
    return Looked(test, STREAMS, LOOKS, alarmed, uncorrected, small, milliseconds)


def single(test: BatchTest, level: float, trials: int = 1000) -> float:
    """Give how many of pairs of windows without drift are below a level, in percent; each pair drawn anew."""
    below = 0
    for trial in range(trials):
        random = np.random.default_rng([1, trial])
        rows = _rows(DRAWN[test](random, 2 * WINDOW))
        below += compare(test, rows[:WINDOW], rows[WINDOW:], level=level, random=random).p <= level
    return 100 * below / trials


CHANGES: Mapping[str, Callable[[Rows, np.random.Generator], Rows]] = {
    "none": lambda rows, _: rows,
    "mean +0.3, all": lambda rows, _: rows + 0.3,
    "mean +0.5, one": lambda rows, _: rows + 0.5 * (np.arange(COLUMNS) == 0),
    "sd x1.5, one": lambda rows, _: rows * np.where(np.arange(COLUMNS) == 0, 1.5, 1),
    "correlation 0.5": lambda rows, random: np.sqrt(0.5) * rows + np.sqrt(0.5) * random.normal(size=(len(rows), 1)),
}


def power(test: BatchTest, change: str) -> tuple[float, float]:
    """Give the share of changes that are found, and milliseconds of CPU; columns one by one, but MMD all at once."""
    hits, began = 0, time.process_time()
    for trial in range(TRIALS):
        random = np.random.default_rng([2, trial])
        first = random.normal(size=(PEOPLE, COLUMNS))
        second = CHANGES[change](random.normal(size=(PEOPLE, COLUMNS)), random)
        columns = [slice(None)] if test == "MMDDrift" else [slice(each, each + 1) for each in range(COLUMNS)]
        level = LEVEL / len(columns)
        found = (
            compare(test, _rows(first[:, each]), _rows(second[:, each]), level=level, random=random).p
            for each in columns
        )
        hits += min(found) <= level
    return hits / TRIALS, 1000 * (time.process_time() - began) / TRIALS


def _rows(values: Rows) -> list[Row]:
    return [tuple(row) for row in values.tolist()]
