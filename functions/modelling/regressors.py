"""What the families' fitted regressions have in common, and the linear ones: ridge with squared or absolute errors."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from functions.modelling.graph import Graph, Numbers

ALPHAS = tuple(10.0**power for power in range(-10, 1))
"""Strengths of the ridge, as shares of the rows, that leave-one-out chooses among."""
_ROUNDS = 30
_CLOSE = 0.1


class Regressor(Protocol):
    """A fitted regression of (N,) targets on (N, terms) features."""

    def predict(self, z: Numbers) -> Numbers:
        """Give the targets, (N,)."""

    def export(self, graph: Graph, z: str) -> str:
        """Add it to a graph: features (N, terms) in, targets (N,) out."""


@dataclass(frozen=True)
class Scaling:
    """Means and standard deviations of (terms,) features; of a constant one the deviation is 1."""

    mean: Numbers
    deviation: Numbers

    @classmethod
    def of(cls, z: Numbers) -> "Scaling":
        """Measure (N, terms) features."""
        deviation = z.std(axis=0)
        deviation[deviation < 1e-12 * np.maximum(1, np.abs(z).max(axis=0))] = 1
        return cls(z.mean(axis=0), deviation)

    def __call__(self, z: Numbers) -> Numbers:
        """Give the features with mean 0 and deviation 1."""
        scaled: Numbers = (z - self.mean) / self.deviation
        return scaled

    def export(self, graph: Graph, z: str) -> str:
        """Add it to a graph."""
        return graph.add("Div", graph.add("Sub", z, self.mean), self.deviation)


@dataclass(frozen=True)
class Linear:
    """``offset`` plus the product of features and ``weights``."""

    offset: float
    weights: Numbers

    def predict(self, z: Numbers) -> Numbers:
        """Give the targets."""
        return self.offset + z @ self.weights

    def export(self, graph: Graph, z: str) -> str:
        """Add it to a graph."""
        product = graph.add("MatMul", z, self.weights[:, None])
        return graph.flat(graph.add("Add", product, self.offset))


def squared(z: Numbers, t: Numbers, *, alphas: Sequence[float] = ALPHAS) -> tuple[Linear, float]:
    """Fit a ridge regression, its strength chosen by the exact error of leaving one row out.

    Returns:
        The regression, and the strength as a share of the rows.
    """
    scaling, mean = Scaling.of(z), float(t.mean())
    left, values, right = np.linalg.svd(scaling(z), full_matrices=False)
    along = left.T @ (t - mean)
    best: tuple[float, float, Numbers] | None = None
    for alpha in alphas:
        shrink = values**2 / (values**2 + alpha * len(z) + 1e-300)
        # Leverage of each row: its share in its own prediction; 1/N is that of the mean.
        leverage = (left**2) @ shrink + 1 / len(z)
        residuals = (t - mean - left @ (shrink * along)) / np.maximum(1 - leverage, 1e-9)
        error = float(np.mean(residuals**2))
        if best is None or error < best[0]:
            best = (error, alpha, right.T @ (shrink / np.maximum(values, 1e-300) * along))
    assert best is not None
    weights = best[2] / scaling.deviation
    return Linear(mean - float(scaling.mean @ weights), weights), best[1]


def absolute(z: Numbers, t: Numbers, *, alphas: Sequence[float] = ALPHAS) -> Linear:
    """Fit with absolute errors, by least squares whose weights follow the errors (E. Schlossmacher, JASA 1973).

    Times have outliers upwards, and a mean absolute percentage error is least at the median, not at the mean.
    """
    first, alpha = squared(z, t, alphas=alphas)
    scaling, middle = Scaling.of(z), float(np.median(t))
    design = np.column_stack([np.ones(len(z)), scaling(z)])
    ridge = alpha * np.eye(design.shape[1])
    ridge[0, 0] = 0.0
    residuals = np.abs(t - first.predict(z))
    weights = np.zeros(design.shape[1])
    for _ in range(_ROUNDS):
        close = max(_CLOSE * float(np.median(residuals)), 1e-12)
        pull = 1 / np.maximum(residuals, close)
        normal = design.T @ (design * pull[:, None]) + ridge * pull.sum()
        weights = np.linalg.lstsq(normal, design.T @ (pull * (t - middle)), rcond=None)[0]
        residuals = np.abs(t - middle - design @ weights)
    slopes = weights[1:] / scaling.deviation
    return Linear(middle + float(weights[0]) - float(scaling.mean @ slopes), slopes)


def not_negative(z: Numbers, t: Numbers) -> Linear:
    """Fit with weights of at least 0: no term can make a run shorter than nothing (Ernest's way)."""
    from sklearn.linear_model import LinearRegression

    fitted = LinearRegression(positive=True).fit(z, t)
    return Linear(float(fitted.intercept_), np.asarray(fitted.coef_, np.float64))
