"""Prediction intervals: how far measurements lay from what a model said that had not seen them (conformal prediction).

With the residuals of cross-validation the interval holds the next measurement about as often as is said (R. Barber,
E. Candès, A. Ramdas, R. Tibshirani, "Predictive inference with the jackknife+", Annals of Statistics 2021), whatever
the noise is like. Residuals are logs of measured over predicted, so that bounds are shares of the prediction.
"""

from dataclasses import dataclass

import numpy as np

from functions.modelling.graph import INPUT, Graph, Numbers

LEVEL = 0.9
_UNKNOWN = 2.0
"""How much wider, in logs, bounds are outside of what was measured where nothing could be tested there."""


@dataclass(frozen=True)
class Interval:
    """Logs that are added to a prediction's log, inside of what was measured and beyond it.

    Attributes:
        level: Share of measurements that lies between the bounds inside; less than ``LEVEL`` where the measurements are
            too few to say so much.
        low, high: Of the inside; ``low_beyond``, ``high_beyond`` where any input is outside of its range.
        least, most: (columns,) the ranges.
    """

    level: float
    low: float
    high: float
    low_beyond: float
    high_beyond: float
    least: Numbers
    most: Numbers

    @classmethod
    def of(cls, x: Numbers, *, inside: Numbers, beyond: Numbers) -> "Interval":
        """Make them of the rows' inputs and the residuals of tests."""
        low, high, level = _bounds(inside)
        if len(beyond):
            far_low, far_high, _ = _bounds(beyond)
        else:
            far_low, far_high = _UNKNOWN * low, _UNKNOWN * high
        return cls(level, low, high, min(low, far_low), max(high, far_high), x.min(axis=0), x.max(axis=0))

    def is_beyond(self, x: Numbers) -> Numbers:
        """Tell of each row whether any input is outside of its range, (N,) booleans."""
        return np.asarray(((x < self.least) | (x > self.most)).any(axis=1))

    def around(self, x: Numbers, seconds: Numbers) -> tuple[Numbers, Numbers]:
        """Give the lower and the upper bounds of predictions."""
        outside = self.is_beyond(x)
        low = np.where(outside, np.exp(self.low_beyond), np.exp(self.low))
        return seconds * low, seconds * np.where(outside, np.exp(self.high_beyond), np.exp(self.high))

    def export(self, graph: Graph, seconds: str) -> tuple[str, str]:
        """Add the bounds to a graph."""
        wrong = graph.add("Or", graph.add("Less", INPUT, self.least), graph.add("Greater", INPUT, self.most))
        outside = graph.add("Greater", graph.sum_of(graph.add("Cast", wrong, to=11), 1), 0.5)
        pairs = ((self.low_beyond, self.low), (self.high_beyond, self.high))
        low, high = (
            graph.add("Mul", seconds, graph.add("Where", outside, float(np.exp(far)), float(np.exp(near))))
            for far, near in pairs
        )
        return low, high


def _bounds(residuals: Numbers) -> tuple[float, float, float]:
    """Give the logs below and above, and the level that so many residuals can bear out; each side may miss as often."""
    count = len(residuals)
    if not count:
        return -float(np.log(2)), float(np.log(2)), 0.0
    level = min(LEVEL, (count - 1) / (count + 1))
    rank = min(count, int(np.ceil((1 + level) / 2 * (count + 1) - 1e-9)))
    ordered = np.sort(residuals)
    return min(0.0, float(ordered[count - rank])), max(0.0, float(ordered[rank - 1])), level
