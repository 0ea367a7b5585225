"""RandomGreedy: points at random, each made better once."""

import heapq

import numpy as np

from functions.placement.heuristics.point import Point
from functions.placement.heuristics.search import Search
from functions.placement.heuristics.survey import Survey

_SHORT_LIST = 3
_NO_WORSE = 0.05


class RandomGreedy(Search):
    """Draws a resource for each layer and a way for each component, then lets each component choose once.

    A component chooses at random among the few ways that count as least beside what the others run. Nodes on are as
    many as the load needs.
    """

    def points(self, iterations: int, *, keep: int) -> list[Point]:
        """Draw so many points, as far as there is time; give the best ones, the best first."""
        kept: list[tuple[float, int, Point]] = []
        for number in range(iterations):
            if number and self.is_over:
                break
            survey = Survey(self.landscape, self._improved(self._drawn()))
            self.note(survey)
            entry = (-self.valued(survey), -number, survey.point)
            heapq.heappush(kept, entry) if len(kept) < keep else heapq.heappushpop(kept, entry)
            if self.is_done:
                break
        return [point for _, _, point in sorted(kept, key=lambda entry: entry[:2], reverse=True)]

    def _drawn(self) -> Point:
        land = self.landscape
        ways = self.random.integers(land.starts[:-1], land.starts[1:])
        layers = range(len(land.places.layers))
        kinds = [self.random.choice(np.flatnonzero(land.layer_of == layer)) for layer in layers]
        return Point.free(ways, np.array(kinds, dtype=np.int64))

    def _improved(self, point: Point) -> Point:
        for component in self.random.permutation(len(self.landscape.names)):
            if self.is_over:
                break
            choice = self.landscape.ways_of(int(component))
            worth = self.worths(Survey(self.landscape, point), choice)
            short = np.argsort(worth, kind="stable")[:_SHORT_LIST]
            within = short[worth[short] < worth[short[0]] + self.weight * _NO_WORSE]
            point = point.with_way(int(component), int(choice[self.random.choice(within)]))
        return point
