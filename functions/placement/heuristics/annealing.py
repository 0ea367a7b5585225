"""SimulatedAnnealing: random steps, worse ones the less likely the colder it is."""

from collections.abc import Sequence
from math import exp

import numpy as np

from functions.placement.heuristics.point import Point
from functions.placement.heuristics.search import Search
from functions.placement.heuristics.survey import Survey

_COLD = 1e-6
_RESOURCE = 0.15


class Annealing(Search):
    """S. Kirkpatrick et al., "Optimization by Simulated Annealing", Science 220 (1983); temperatures are money."""

    def run(
        self, starts: Sequence[Point], iterations: int, *, temperature: float, schedule_constant: float, schedule: str
    ) -> None:
        """Cool down from each point, in its share of the iterations."""
        for point in starts:
            self._cool(point, -(-iterations // max(len(starts), 1)), temperature, schedule_constant, schedule)

    def _cool(self, point: Point, steps: int, warmth: float, constant: float, schedule: str) -> None:
        survey = Survey(self.landscape, point)
        for _ in range(steps):
            if warmth < _COLD or self.is_over or self.is_done:
                break
            step = Survey(self.landscape, self.neighbour(survey.point))
            self.note(step)
            worse = self.valued(step) - self.valued(survey)
            if worse <= 0 or self.random.random() < exp(-worse / warmth):
                survey = step
            warmth = warmth * constant if schedule == "exponential" else warmth - constant

    def neighbour(self, point: Point) -> Point:
        """Give a point one random step away: mostly another way of a component, sometimes another resource."""
        land = self.landscape
        if len(land.resources) and self.random.random() < _RESOURCE:
            kind = int(self.random.integers(len(land.resources)))
            return point.with_kind(int(land.layer_of[kind]), kind)
        component = int(self.random.integers(len(land.names)))
        return point.with_way(component, int(self.random.choice(np.asarray(land.ways_of(component)))))
