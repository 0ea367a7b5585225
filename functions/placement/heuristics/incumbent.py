"""A good feasible placement, soon: iterated local search over layers' resources and components' ways.

What keeps a descent from the optimum is that nodes come whole: it takes several components' moves to fill, or to empty,
a node. So each round changes a layer as a whole (another resource and so many nodes of it for nothing, or none at all),
lets the components settle around it, takes back what nothing needs, and keeps the result if it is hardly dearer.
"""

import time

import numpy as np

from functions.placement.heuristics.landscape import Landscape
from functions.placement.heuristics.point import ROUNDING, Point
from functions.placement.heuristics.search import Search
from functions.placement.heuristics.survey import Survey
from functions.placement.system import Placement, System

_RETURN = 25
_LEEWAY = 0.01
_SHARES = (0.25, 0.5, 0.15, 0.1)
_STEPS = 60
_TENURE = 8
_ONE_LESS = 0.7
_WIDENED = 0.4


def incumbent(
    system: System, *, seconds: float = 2.0, seed: int = 0, start: Placement | None = None, rounds: int | None = None
) -> Placement | None:
    """Search for a cheap feasible placement.

    Args:
        seconds: Wall time; with ``rounds`` given, equal seeds give equal placements if it suffices for the rounds.
        start: A placement to start from, feasible or not.
        rounds: Of changing a layer; as many as there is time for unless given.

    Returns:
        The cheapest feasible placement that was seen; None if none was.
    """
    deadline = time.monotonic() + seconds
    landscape = Landscape(system, start=start, deadline=deadline)
    if landscape.is_barren:
        return landscape.kept(start)
    return Iterated(landscape, seed=seed, deadline=deadline).run(start, rounds)


class Iterated(Search):
    """Iterated local search."""

    def run(self, start: Placement | None, rounds: int | None) -> Placement | None:
        """Search until the rounds or the time are over."""
        given = None if start is None else self.landscape.point(start)
        current = self.descend(given or self.first())
        current = self.descend(current.freed())
        value, done = self.value(current), 0
        while not self.is_over and (rounds is None or done < rounds):
            done += 1
            found = self.descend(self._shaken(current))
            if np.isfinite(found.ceilings).any() and not Survey(self.landscape, found).here.feasible[0]:
                found = self.walk(found, steps=_STEPS, tenure=_TENURE)
            found = self.descend(found.freed())
            reached = self.value(found)
            if reached <= value + _LEEWAY * abs(value):
                current, value = found, reached
            if done % _RETURN == 0 and self.best.point is not None:
                current = self.best.point
                value = self.value(current)
        return self.answer()

    def _shaken(self, point: Point) -> Point:
        chosen = self.random.choice(len(_SHARES), p=_SHARES)
        if not len(self.landscape.resources):
            return self._kicked(point)
        if not self.landscape.of.parts[point.ways].any():
            return self._opened(self._kicked(point) if chosen % 2 else point)
        return (self._opened, self._narrowed, self._closed, self._kicked)[chosen](point)

    def _opened(self, point: Point) -> Point:
        """Give one layer any resource, and nodes of it that are on already."""
        kind = int(self.random.integers(len(self.landscape.resources)))
        layer = int(self.landscape.layer_of[kind])
        nodes = self.random.integers(1, int(self.landscape.most[kind]) + 1)
        return point.with_kind(layer, kind).with_floor(layer, float(nodes))

    def _narrowed(self, point: Point) -> Point:
        """Give one layer in use, the likelier the dearer, fewer nodes than it needs; sometimes another has more."""
        nodes = Survey(self.landscape, point).here.nodes[0]
        price = self.landscape.price[point.kinds] * (nodes > 0) + ROUNDING
        layer = int(self.random.choice(len(price), p=price / price.sum()))
        ceiling = max(0.0, nodes[layer] - (1 if self.random.random() < _ONE_LESS else 2))
        if self.random.random() < _WIDENED:
            point = self._opened(point)
        return point.with_floor(layer, 0).with_ceiling(layer, ceiling)

    def _closed(self, point: Point) -> Point:
        """Move everything off one layer that can run elsewhere, one component after the other."""
        parts = self.landscape.of.parts
        layer = int(self.random.choice(np.flatnonzero(parts[point.ways].sum(axis=0))))
        for component in self.random.permutation(np.flatnonzero(parts[point.ways, layer])):
            if self.is_over:
                break
            choice = self.landscape.ways_of(int(component))
            elsewhere = choice[parts[choice, layer] == 0]
            if len(elsewhere):
                worth = self.worths(Survey(self.landscape, point), elsewhere)
                point = point.with_way(int(component), int(elsewhere[worth.argmin()]))
        return point

    def _kicked(self, point: Point) -> Point:
        """Let a few components run in any way, and a layer have any resource."""
        if len(self.landscape.resources):
            kind = int(self.random.integers(len(self.landscape.resources)))
            point = point.with_kind(int(self.landscape.layer_of[kind]), kind)
        count = int(self.random.integers(1, 4))
        for component in self.random.integers(len(self.landscape.names), size=count):
            span = self.landscape.starts[component : component + 2]
            point = point.with_way(int(component), int(self.random.integers(*span)))
        return point
