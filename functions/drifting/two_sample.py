"""Tests whether two windows of values come from one distribution, each with the size of its effect."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from functions.drifting.configuration import BatchTest
from functions.drifting.permutations import Floats, Labels, Statistic, observation, p_value

MOST = {"MMDDrift": 400, "KSDrift": 1000, "CVMDrift": 1000, "ChiSquareDrift": 5000, "FETDrift": 5000}
"""Values of a window that a test looks at, evenly taken: a permutation costs time for each, MMD's for their square."""
Row = tuple[float | str, ...]


@dataclass(frozen=True)
class Compared:
    """What a test found.

    Attributes:
        p: Probability of such a difference, or a greater one, without drift.
        effect: How great the difference is, from 0 to about 1.
        measure: What ``effect`` is.
        shift: Change of the mean in standard deviations of the reference; None where values are no numbers.
    """

    p: float
    effect: float
    measure: str
    shift: float | None = None


def compare(
    test: BatchTest, reference: Sequence[Row], window: Sequence[Row], *, level: float, random: np.random.Generator
) -> Compared:
    """Compare two windows; rows have one value, or as many as MMD looks at.

    Args:
        level: The p-value that matters: smaller ones are told as well as it needs.
    """
    reference, window = _thinned(reference, MOST[test]), _thinned(window, MOST[test])
    if test == "ChiSquareDrift":
        return _chi_squared([row[0] for row in reference], [row[0] for row in window], level=level, random=random)
    a, b = np.array(reference, float), np.array(window, float)
    shift = _shift(a, b)
    if test == "FETDrift":
        return Compared(_fisher(a[:, 0], b[:, 0]), float(abs(a.mean() - b.mean())), "difference of shares", shift)
    pooled = np.concatenate([a, b])
    if test == "MMDDrift":
        statistic, actual = _mmd(pooled, len(a)), _labels(len(a), len(pooled))
        effect = float(np.sqrt(max(observation(statistic, actual), 0.0)))
        return Compared(p_value(statistic, actual, level=level, random=random), effect, "mean discrepancy", shift)
    order = np.argsort(pooled[:, 0], kind="stable")
    statistic, actual = (
        _ranked(pooled[order, 0], len(a), squared=test == "CVMDrift"),
        _labels(len(a), len(order))[order],
    )
    p = p_value(statistic, actual, level=level, random=random)
    if test == "KSDrift":
        return Compared(p, observation(statistic, actual), "greatest distance of the distributions", shift)
    return Compared(p, abs(_dominance(a[:, 0], b[:, 0])), "Cliff's delta", shift)


def _labels(first: int, total: int) -> Floats:
    return np.where(np.arange(total) < first, 1.0, 0.0)


def _ranked(values: Floats, first: int, *, squared: bool) -> Statistic:
    """Give Kolmogorov and Smirnov's statistic, or that of Cramér and von Mises (Anderson 1962), up to a constant.

    Of sorted values. The distance of both empirical distributions is taken at the last of equal values, and weighs as
    many as there are.
    """
    last = np.append(np.flatnonzero(np.diff(values)), len(values) - 1)
    weights = np.diff(np.concatenate([[-1], last])).astype(float)
    second = len(values) - first
    has_ties = len(last) < len(values)

    def statistic(labels: Labels) -> Floats:
        below = np.cumsum(labels, axis=1)
        below = below[:, last] if has_ties else below
        distance = below * (1 / first + 1 / second) - (last + 1) / second
        found: Floats = np.square(distance) @ weights if squared else np.abs(distance).max(axis=1)
        return found

    return statistic


def _mmd(pooled: Floats, first: int) -> Statistic:
    """Give the squared maximum mean discrepancy, biased (Gretton et al., JMLR 13, 2012, eq. 5), Gaussian kernel.

    Columns are standardised and the kernel's width is the median distance, both of all values together, so that it is
    the same for every permutation.
    """
    spread = pooled.std(axis=0)
    scaled = (pooled - pooled.mean(axis=0)) / np.where(spread > 0, spread, 1)
    squares = np.square(scaled).sum(axis=1)
    distances = np.maximum(squares[:, None] + squares[None] - 2 * scaled @ scaled.T, 0)
    median = float(np.median(distances[distances > 0])) if (distances > 0).any() else 1.0
    kernel = np.exp(-distances / median)
    second = len(pooled) - first

    def statistic(labels: Labels) -> Floats:
        weights = labels / first - (1 - labels) / second
        found: Floats = np.einsum("bn,bn->b", weights @ kernel, weights)
        return found

    return statistic


def _chi_squared(
    reference: Sequence[float | str], window: Sequence[float | str], *, level: float, random: np.random.Generator
) -> Compared:
    """Compare the shares of categories: Pearson's statistic with permuted labels, and Cramér's V."""
    pooled = [str(each) for each in (*reference, *window)]
    _, codes, counts = np.unique(pooled, return_inverse=True, return_counts=True)
    total, first = len(pooled), len(reference)
    share = first / total
    belongs = np.eye(len(counts))[codes]

    def statistic(labels: Labels) -> Floats:
        found: Floats = (np.square(labels @ belongs - counts * share) / (counts * share * (1 - share))).sum(axis=1)
        return found

    actual = _labels(first, total)
    effect = float(np.sqrt(observation(statistic, actual) / total))
    return Compared(p_value(statistic, actual, level=level, random=random), effect, "Cramér's V")


def _fisher(a: Floats, b: Floats) -> float:
    from scipy.stats import fisher_exact  # type: ignore[import-untyped]

    ones = int(a.sum()), int(b.sum())
    return float(fisher_exact([[ones[0], len(a) - ones[0]], [ones[1], len(b) - ones[1]]]).pvalue)


def _dominance(a: Floats, b: Floats) -> float:
    """Give P(b > a) - P(b < a) of a value of each (Cliff 1993)."""
    ordered = np.sort(a)
    below, upto = np.searchsorted(ordered, b, "left"), np.searchsorted(ordered, b, "right")
    return float((below - (len(a) - upto)).mean() / len(a))


def _shift(a: Floats, b: Floats) -> float:
    """Give the change of the mean, of the column where it is greatest, in the reference's standard deviations."""
    spread = a.std(axis=0)
    moved = (b.mean(axis=0) - a.mean(axis=0)) / np.where(spread > 0, spread, 1)
    return float(moved[np.abs(moved).argmax()])


def _thinned(rows: Sequence[Row], most: int) -> Sequence[Row]:
    if len(rows) <= most:
        return rows
    return [rows[place] for place in np.linspace(0, len(rows) - 1, most).astype(int)]
