"""A point of the search, and what is said of points."""

from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from functions.placement.heuristics.figures import Indices
from functions.placement.heuristics.ways import Numbers

ROUNDING = 1e-9
"""Share of a limit by which rounding may exceed it."""
Number = TypeVar("Number", np.int64, np.float64)


@dataclass(frozen=True)
class Point:
    """One way per component, one resource per layer, and the fewest and the most nodes on.

    Between these, as many nodes are on as the load needs. C components, L edge and cloud layers.

    Attributes:
        ways: (C,) number of each component's way.
        kinds: (L,) number of each layer's resource.
        floors: (L,) nodes that are on whether needed or not.
        ceilings: (L,) the most nodes, if that is fewer than there are.
    """

    ways: Indices
    kinds: Indices
    floors: Numbers
    ceilings: Numbers

    def with_way(self, component: int, way: int) -> "Point":
        """Give the point at which one component runs another way."""
        return replace(self, ways=_put(self.ways, component, way))

    def with_kind(self, layer: int, kind: int) -> "Point":
        """Give the point at which one layer has another resource."""
        return replace(self, kinds=_put(self.kinds, layer, kind))

    def with_floor(self, layer: int, nodes: float) -> "Point":
        """Give the point at which one layer keeps so many nodes on."""
        return replace(self, floors=_put(self.floors, layer, nodes))

    def with_ceiling(self, layer: int, nodes: float) -> "Point":
        """Give the point at which one layer has at most so many nodes on."""
        return replace(self, ceilings=_put(self.ceilings, layer, nodes))

    def freed(self) -> "Point":
        """Give the point at which as many nodes are on as the load needs."""
        return Point.free(self.ways, self.kinds)

    @classmethod
    def free(cls, ways: Indices, kinds: Indices) -> "Point":
        """Give the point of ways and resources at which as many nodes are on as the load needs."""
        return cls(ways, kinds, np.zeros(len(kinds)), np.full(len(kinds), np.inf))


def _put(array: npt.NDArray[Number], index: int, value: float) -> npt.NDArray[Number]:
    changed = array.copy()
    changed[index] = value
    return changed


@dataclass(frozen=True)
class Verdicts:
    """What is said of M points.

    Attributes:
        cost: (M,) money over the system's hours.
        excess: (M,) by what shares of their limits rules are broken, in all.
        nodes: (M, L) on.
        busy: (M,) money of the nodes' time that is in use.
    """

    cost: Numbers
    excess: Numbers
    nodes: Numbers
    busy: Numbers

    @property
    def feasible(self) -> npt.NDArray[np.bool_]:
        """Which break no rule: (M,)."""
        return self.excess <= ROUNDING
