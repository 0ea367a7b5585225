"""Gaussian processes with Matern's kernel, of several starts: one start is often stuck where noise explains everything.

The kernel is ``v (1 + r√5 + 5r²/3) exp(-r√5)``, ``r`` the distance of two rows with a length for each feature, and
noise (C. Rasmussen and C. Williams, "Gaussian Processes for Machine Learning", 2006, equation 4.17).
"""

import warnings
from dataclasses import dataclass

import numpy as np

from functions.modelling.graph import Graph, Numbers
from functions.modelling.regressors import Scaling

STARTS = 6
MOST_ROWS = 600
TUNED_ON = 200
"""Rows that the kernel's parameters are found on: each step costs their third power."""
_ROOT = 5**0.5


@dataclass(frozen=True)
class Process:
    """A fitted process: its mean at new rows.

    Attributes:
        rows: (M, terms) scaled features that it was fitted to, divided by the lengths.
        pull: (M,) weight of each of them, the kernel's variance among them.
        middle, spread: Of the targets.
    """

    scaling: Scaling
    lengths: Numbers
    rows: Numbers
    pull: Numbers
    middle: float
    spread: float

    def predict(self, z: Numbers) -> Numbers:
        """Give the targets."""
        found = np.empty(len(z))
        for start in range(0, len(z), 256):
            scaled = self.scaling(z[start : start + 256]) / self.lengths
            distance = np.sqrt(((scaled[:, None, :] - self.rows[None]) ** 2).sum(axis=2)) * _ROOT
            found[start : start + 256] = ((1 + distance + distance**2 / 3) * np.exp(-distance)) @ self.pull
        return self.middle + self.spread * found

    def export(self, graph: Graph, z: str) -> str:
        """Add it to a graph."""
        scaled = graph.add("Div", self.scaling.export(graph, z), self.lengths)
        lone = graph.add("Unsqueeze", scaled, np.array([1], np.int64))
        difference = graph.add("Sub", lone, self.rows[None])
        squares = graph.sum_of(graph.add("Mul", difference, difference), 2)
        distance = graph.add("Mul", graph.add("Sqrt", squares), _ROOT)
        third = graph.add("Div", graph.add("Mul", distance, distance), 3.0)
        polynomial = graph.add("Add", graph.add("Add", distance, 1.0), third)
        kernel = graph.add("Mul", polynomial, graph.add("Exp", graph.add("Neg", distance)))
        found = graph.flat(graph.add("MatMul", kernel, self.pull[:, None]))
        return graph.add("Add", graph.add("Mul", found, self.spread), self.middle)


def process(z: Numbers, t: Numbers, *, starts: int = STARTS, tuned_on: int = TUNED_ON) -> Process:
    """Fit a process; of all starts the one of the greatest marginal likelihood counts."""
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.gaussian_process import GaussianProcessRegressor
    from sklearn.gaussian_process.kernels import ConstantKernel, Matern, WhiteKernel

    scaling, middle, spread = Scaling.of(z), float(t.mean()), float(t.std()) or 1.0
    rows, targets = scaling(z), (t - middle) / spread
    chosen = np.random.default_rng(0).permutation(len(z))[:tuned_on]
    best = None
    for start in range(starts):
        random = np.random.default_rng(start)
        lengths = np.exp(random.normal(1, 1, z.shape[1]))
        kernel = ConstantKernel(10.0, (1e-3, 1e5)) * Matern(lengths, (1e-2, 1e4), nu=2.5)
        kernel += WhiteKernel(10.0 ** -int(random.integers(2, 9)), (1e-12, 1.0))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            fitted = GaussianProcessRegressor(kernel, alpha=1e-12).fit(rows[chosen], targets[chosen])
        if best is None or fitted.log_marginal_likelihood_value_ > best.log_marginal_likelihood_value_:
            best = fitted
    assert best is not None
    if len(z) > tuned_on:
        best = GaussianProcessRegressor(best.kernel_, alpha=1e-12, optimizer=None).fit(rows, targets)
    matern = best.kernel_.k1
    lengths = np.broadcast_to(np.asarray(matern.k2.length_scale, np.float64), z.shape[1]).copy()
    pull = np.asarray(best.alpha_, np.float64).ravel() * float(matern.k1.constant_value)
    return Process(scaling, lengths, np.asarray(best.X_train_) / lengths, pull, middle, spread)
