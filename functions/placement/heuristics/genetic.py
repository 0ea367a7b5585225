"""GeneticAlgorithm: points crossed and changed at random; the better half of each generation stays."""

from collections.abc import Sequence

import numpy as np

from functions.placement.heuristics.annealing import Annealing
from functions.placement.heuristics.point import Point
from functions.placement.heuristics.survey import Survey

_SMALLEST = 4
_TOURNAMENT = 2


class Genetic(Annealing):
    """A generation is as large as the points it starts from are many, at least four."""

    def evolve(self, starts: Sequence[Point], iterations: int, *, crossover_rate: float, mutation_rate: float) -> None:
        """Let so many generations follow one another."""
        points = list(starts)
        while len(points) < _SMALLEST:
            points.append(self.neighbour(points[-1]))
        ranked = self._ranked(points)
        for _ in range(iterations):
            if self.is_over or self.is_done:
                break
            children = [self._child(ranked, crossover_rate, mutation_rate) for _ in points]
            ranked = self._ranked([*(point for _, point in ranked), *children])[: len(points)]

    def _ranked(self, points: Sequence[Point]) -> list[tuple[float, Point]]:
        """Judge points; the best come first, equal ones once."""
        different = {(point.ways.tobytes(), point.kinds.tobytes()): point for point in points}
        judged = []
        for point in different.values():
            survey = Survey(self.landscape, point)
            self.note(survey)
            judged.append((self.valued(survey), point))
        return sorted(judged, key=lambda entry: entry[0])

    def _child(self, ranked: Sequence[tuple[float, Point]], crossover_rate: float, mutation_rate: float) -> Point:
        child = self._parent(ranked)
        if self.random.random() < crossover_rate:
            child = self._crossed(child, self._parent(ranked))
        return self.neighbour(child) if self.random.random() < mutation_rate else child

    def _parent(self, ranked: Sequence[tuple[float, Point]]) -> Point:
        """Give the better of two: the ranks are in order, so the smaller one is."""
        return ranked[int(self.random.integers(len(ranked), size=_TOURNAMENT).min())][1]

    def _crossed(self, one: Point, other: Point) -> Point:
        """Take the first components of one and the rest of the other, and each layer's resource of either."""
        cut = int(self.random.integers(len(one.ways) + 1))
        ways = np.concatenate([one.ways[:cut], other.ways[cut:]])
        kinds = np.where(self.random.random(len(one.kinds)) < 1 / 2, one.kinds, other.kinds)
        return Point.free(ways, kinds)
