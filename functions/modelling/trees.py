"""Sums of regression trees: extra trees, boosted trees, random forests, one tree; walked level by level, all at once.

scikit-learn compares features as 32-bit floats; so do the arrays here and the graph, so that all three agree.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from functions.modelling.graph import Graph, Numbers

Ensemble = Literal["extra", "boosted", "forest", "tree"]
Places = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Trees:
    """All nodes of all trees in one row each; a leaf leads to itself.

    Attributes:
        roots: (trees,) their first nodes.
        feature, threshold, left, right, value: Of each node, (nodes,).
        depth: Steps after which all walks have come to a leaf.
        base: Added to the sum of the leaves' values.
    """

    roots: Places
    feature: Places
    threshold: Numbers
    left: Places
    right: Places
    value: Numbers
    depth: int
    base: float

    def predict(self, z: Numbers) -> Numbers:
        """Give the targets."""
        single = z.astype(np.float32).astype(np.float64)
        rows = np.arange(len(z))[:, None]
        at = np.broadcast_to(self.roots, (len(z), len(self.roots)))
        for _ in range(self.depth):
            goes_left = single[rows, self.feature[at]] <= self.threshold[at]
            at = np.where(goes_left, self.left[at], self.right[at])
        found: Numbers = self.base + self.value[at].sum(axis=1)
        return found

    def export(self, graph: Graph, z: str) -> str:
        """Add it to a graph."""
        single = graph.add("Cast", graph.add("Cast", z, to=1), to=11)
        # A row's places in the trees: the roots, as often as there are rows.
        zero = graph.add("Cast", graph.add("Mul", graph.columns(z, [0]), 0.0), to=7)
        at = graph.add("Add", zero, self.roots[None])
        for _ in range(self.depth):
            value = graph.add("GatherElements", single, graph.add("Gather", self.feature, at), axis=1)
            goes_left = graph.add("LessOrEqual", value, graph.add("Gather", self.threshold, at))
            at = graph.add("Where", goes_left, graph.add("Gather", self.left, at), graph.add("Gather", self.right, at))
        return graph.add("Add", graph.sum_of(graph.add("Gather", self.value, at), 1), self.base)


def trees(z: Numbers, t: Numbers, kind: Ensemble, *, seed: int = 0, options: Mapping[str, Any] | None = None) -> Trees:
    """Fit trees; ``options`` are scikit-learn's."""
    from sklearn import ensemble, tree

    given = dict(options or {})
    if kind == "boosted":
        defaults = {"n_estimators": 200, "max_depth": 4, "learning_rate": 0.1, "subsample": 0.7}
        boosted = ensemble.GradientBoostingRegressor(**defaults | given, random_state=seed).fit(z, t)
        base = float(np.ravel(boosted.init_.constant_)[0])
        found = [each.tree_ for each in boosted.estimators_.ravel()]
        return _joined(found, scale=float(boosted.learning_rate), base=base)
    if kind == "tree":
        return _joined([tree.DecisionTreeRegressor(**given, random_state=seed).fit(z, t).tree_], scale=1.0, base=0.0)
    made = ensemble.ExtraTreesRegressor if kind == "extra" else ensemble.RandomForestRegressor
    defaults = {"n_estimators": 100, "min_samples_leaf": min(3, max(1, len(z) // 50))}
    forest = made(**defaults | given, random_state=seed).fit(z, t)
    return _joined([each.tree_ for each in forest.estimators_], scale=1 / len(forest.estimators_), base=0.0)


def _joined(found: Iterable[Any], *, scale: float, base: float) -> Trees:
    parts: list[tuple[npt.NDArray[Any], ...]] = []
    roots, count, depth = [], 0, 0
    for tree in found:
        own = np.arange(tree.node_count)
        leaf = tree.children_left < 0
        left = np.where(leaf, own, tree.children_left) + count
        right = np.where(leaf, own, tree.children_right) + count
        value = np.where(leaf, tree.value[:, 0, 0], 0.0) * scale
        parts.append((np.where(leaf, 0, tree.feature), np.where(leaf, 0.0, tree.threshold), left, right, value))
        roots.append(count)
        count += tree.node_count
        depth = max(depth, int(tree.max_depth))
    feature, threshold, left, right, value = (np.concatenate(each) for each in zip(*parts, strict=True))
    places = [np.asarray(each, np.int64) for each in (roots, feature, left, right)]
    return Trees(places[0], places[1], threshold.astype(np.float64), places[2], places[3], value, depth, base)
