"""Support vector regression, kept as its vectors and weights."""

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from functions.modelling.graph import Graph, Numbers
from functions.modelling.regressors import Scaling

Kernel = Literal["rbf", "linear", "poly", "sigmoid"]
MOST_ROWS = 3000


@dataclass(frozen=True)
class Vectors:
    """A fitted regression: (M, terms) scaled ``vectors``, each with its weight in ``pull``.

    Attributes:
        kernel: rbf is exp(-gamma d²), poly (gamma x·v)^degree, sigmoid tanh(gamma x·v), linear x·v.
    """

    scaling: Scaling
    kernel: Kernel
    gamma: float
    degree: int
    vectors: Numbers
    pull: Numbers
    middle: float

    def predict(self, z: Numbers) -> Numbers:
        """Give the targets."""
        scaled = self.scaling(z)
        found = np.empty(len(z))
        for start in range(0, len(z), 256):
            found[start : start + 256] = self._kernel(scaled[start : start + 256]) @ self.pull
        return self.middle + found

    def _kernel(self, scaled: Numbers) -> Numbers:
        if self.kernel == "rbf":
            squares = ((scaled[:, None, :] - self.vectors[None]) ** 2).sum(axis=2)
            return np.asarray(np.exp(-self.gamma * squares))
        product: Numbers = scaled @ self.vectors.T
        if self.kernel == "poly":
            return np.asarray((self.gamma * product) ** self.degree)
        return np.tanh(self.gamma * product) if self.kernel == "sigmoid" else product

    def export(self, graph: Graph, z: str) -> str:
        """Add it to a graph."""
        scaled = self.scaling.export(graph, z)
        if self.kernel == "rbf":
            lone = graph.add("Unsqueeze", scaled, np.array([1], np.int64))
            difference = graph.add("Sub", lone, self.vectors[None])
            squares = graph.sum_of(graph.add("Mul", difference, difference), 2)
            kernel = graph.add("Exp", graph.add("Mul", squares, -self.gamma))
        else:
            kernel = graph.add("MatMul", scaled, self.vectors.T)
        if self.kernel == "poly":
            kernel = graph.add("Pow", graph.add("Mul", kernel, self.gamma), float(self.degree))
        if self.kernel == "sigmoid":
            kernel = graph.add("Tanh", graph.add("Mul", kernel, self.gamma))
        found = graph.flat(graph.add("MatMul", kernel, self.pull[:, None]))
        return graph.add("Add", found, self.middle)


def vectors(
    z: Numbers,
    t: Numbers,
    *,
    c: float = 1.0,
    epsilon: float = 0.02,
    gamma: float = 0.1,
    kernel: Kernel = "rbf",
    degree: int = 3,
    scaling: Scaling | None = None,
) -> Vectors:
    """Fit a regression on scaled features; ``epsilon`` is in the targets' unit."""
    from sklearn.svm import SVR

    scaling = scaling or Scaling.of(z)
    fitted: Any = SVR(C=c, epsilon=epsilon, gamma=gamma, kernel=kernel, degree=degree, max_iter=200_000)
    fitted = fitted.fit(scaling(z), t)
    found, pull = np.asarray(fitted.support_vectors_), np.asarray(fitted.dual_coef_).ravel()
    if not len(pull):  # all targets are within epsilon of one number
        found, pull = np.zeros((1, z.shape[1])), np.zeros(1)
    return Vectors(scaling, kernel, gamma, degree, found, pull, float(np.ravel(fitted.intercept_)[0]))
