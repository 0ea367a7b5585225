"""Exact p-values of two samples by permutation: which value came from which sample is drawn anew, again and again."""

from collections.abc import Callable
from math import ceil

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Labels = npt.NDArray[np.float64]
"""(B, N): a row has 1 for values of the first sample, 0 for those of the second."""
Statistic = Callable[[Labels], Floats]
"""Gives (B,), the larger the more the samples differ."""

ENOUGH = 4
"""Permutations that may reach what was observed, where that is exactly as improbable as the level."""
STOP = 20
CELLS = 2_000_000
"""Labels that are drawn at a time."""


def p_value(statistic: Statistic, actual: Floats, *, level: float, random: np.random.Generator) -> float:
    """Give the probability of a statistic as large as that of the actual labels, (N,).

    Drawn one after the other until ``STOP`` reached what was observed (Besag and Clifford, Sequential Monte Carlo
    p-values, Biometrika 78, 1991), or as often as is needed to tell a p-value at ``level``. Under exchangeability
    P(p <= a) <= a for every a, whatever the distribution, with ties as without.
    """
    observed = observation(statistic, actual)
    bound = observed - 1e-9 * abs(observed) - 1e-12  # what is equal but for rounding counts as reached
    limit = ceil(ENOUGH / level)
    reached = drawn = 0
    size = 50
    while drawn < limit:
        size = min(size, limit - drawn, max(1, CELLS // len(actual)))
        hits = np.cumsum(statistic(_permuted(actual, size, random)) >= bound)
        if reached + hits[-1] >= STOP:
            return STOP / (drawn + 1 + int(np.searchsorted(hits, STOP - reached)))
        reached += int(hits[-1])
        drawn += size
        size *= 4
    return (reached + 1) / (limit + 1)


def observation(statistic: Statistic, actual: Floats) -> float:
    """Give the statistic of the actual labels."""
    return float(statistic(actual[None])[0])


def _permuted(actual: Floats, size: int, random: np.random.Generator) -> Labels:
    """Give the first sample's label to those with the smallest random keys: half the time of shuffling."""
    first = int(actual.sum())
    keys = random.random((size, len(actual)))
    bounds = np.partition(keys, first - 1, axis=1)[:, first - 1 : first]
    return (keys <= bounds).astype(np.float64)
