"""Steepest descent over the steps of a point, and what a point is worth.

A step changes one component's way (so a partition migrates, or the deployment changes), one layer's resource, or how
many nodes a layer keeps on.
"""

import time
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from functions.placement.heuristics.figures import Indices
from functions.placement.heuristics.landscape import Landscape
from functions.placement.heuristics.point import Point, Verdicts
from functions.placement.heuristics.survey import Mask, Survey
from functions.placement.heuristics.ways import Numbers
from functions.placement.system import Placement

_SLOPE = 0.03
"""Weight of the nodes' time in use: of two points that cost the same, the emptier one is nearer to saving a node."""
_ANY = 0.1
"""What a broken rule counts as, however little it is broken by: nothing that is saved makes up for it."""
_FOREMOST = 100
_LEAST = 1e-9
"""Share of what a point counts as by which another has to be better."""


@dataclass
class Best:
    """The cheapest feasible point that was seen.

    Attributes:
        nodes: Its nodes by layer.
    """

    cost: float = np.inf
    point: Point | None = None
    nodes: Numbers = field(default_factory=lambda: np.zeros(0))

    def see(self, cost: float, point: Point, nodes: Numbers) -> bool:
        """Take note of a feasible point; say whether it is cheaper than all before."""
        if cost >= self.cost - 1e-12 * abs(cost):
            return False
        self.cost, self.point, self.nodes = cost, point, nodes.copy()
        return True


class Search:
    """Moves over one landscape, and remembers the best it saw.

    Attributes:
        weight: Money that breaking a rule by its whole limit counts as.
        deadline: ``time.monotonic`` after which descents end where they are.
        target: A cost that is cheap enough.
        best: The cheapest feasible point so far; searches one after the other may share it.
    """

    def __init__(
        self,
        landscape: Landscape,
        *,
        seed: int,
        deadline: float = np.inf,
        best: Best | None = None,
        target: float = -np.inf,
    ) -> None:
        self.landscape = landscape
        self.random = np.random.default_rng(seed)
        self.deadline, self.target = deadline, target
        self.best = Best() if best is None else best
        self._all = np.arange(len(landscape.owner))
        dearest = (landscape.price * landscape.most).max(initial=0) + landscape.of.money.max(initial=0)
        self.weight = 10 * float(dearest) or 1.0

    @property
    def is_done(self) -> bool:
        """Whether a point was seen that is as cheap as is wanted."""
        return self.best.cost <= self.target

    @property
    def is_over(self) -> bool:
        """Whether its time is up."""
        return time.monotonic() >= self.deadline

    def worth(self, verdicts: Verdicts) -> Numbers:
        """Give what points count as, the less the better: (M,)."""
        broken = verdicts.excess + _ANY * ~verdicts.feasible
        return verdicts.cost + _SLOPE * verdicts.busy + self.weight * broken

    def worths(self, survey: Survey, choice: Indices, *, below: float = np.inf) -> Numbers:
        """Give what each of these ways counts as, exactly if that is below a value: (M,)."""
        return self.worth(survey.ways(choice, promising=lambda known: self.worth(known) < below))

    def valued(self, survey: Survey) -> float:
        """Give what a point that is looked at counts as."""
        return float(self.worth(survey.here)[0])

    def value(self, point: Point) -> float:
        """Give what a point counts as."""
        return self.valued(Survey(self.landscape, point))

    def answer(self) -> Placement | None:
        """Give the best placement that was seen."""
        return None if self.best.point is None else self.landscape.placement(self.best.point, self.best.nodes)

    def first(self) -> Point:
        """Give a point to begin with: each component in turn, while there is time, runs the way that suits best."""
        landscape = self.landscape
        point = Point.free(landscape.starts[:-1].copy(), landscape.cheapest_kinds())
        for component in range(len(landscape.names)):
            if self.is_over:
                break
            choice = landscape.ways_of(component)
            worth = self.worths(Survey(landscape, point), choice)
            point = point.with_way(component, int(choice[worth.argmin()]))
        return point

    def descend(self, point: Point, *, steps: float = np.inf) -> Point:
        """Step to better neighbours until there is none, or the steps are over."""
        survey = Survey(self.landscape, point)
        while steps > 0 and not self.is_over:
            steps -= 1
            found = self._better_ways(survey) or self._better_layer(survey)
            if found is None:
                break
            survey = found
        self.note(survey)
        return survey.point

    def walk(self, point: Point, *, steps: int, tenure: int) -> Point:
        """Step to the best neighbour even if it is worse, never changing a component again within ``tenure`` steps.

        Returns:
            The point that counts as least of those on the way.
        """
        survey = Survey(self.landscape, point)
        least, found = self.valued(survey), point
        tenure = min(tenure, len(self.landscape.names) // 2)
        since = np.full(len(self.landscape.names), -tenure)
        for step in range(steps):
            if self.is_over:
                break
            worth = self.worth(survey.ways(self._all, promising=self._foremost))
            stays = (step - since < tenure)[self.landscape.owner]
            stays[survey.point.ways] = True
            worth[stays & (worth >= least)] = np.inf
            way = int(worth.argmin())
            component = int(self.landscape.owner[way])
            since[component] = step
            survey = Survey(self.landscape, survey.point.with_way(component, way))
            self.note(survey)
            if self.valued(survey) < least:
                least, found = self.valued(survey), survey.point
        return found

    def _foremost(self, known: Verdicts) -> Mask:
        worth = self.worth(known)
        mask: Mask = worth <= np.partition(worth, min(_FOREMOST, len(worth) - 1))[min(_FOREMOST, len(worth) - 1)]
        return mask

    def note(self, survey: Survey) -> None:
        """Remember a point if it is the best so far."""
        here = survey.here
        if here.feasible[0]:
            self.best.see(float(here.cost[0]), survey.point, here.nodes[0])

    def _better_ways(self, survey: Survey) -> Survey | None:
        """Change components' ways: the change that pays most, and what others of the best still pay beside it."""
        value = self.valued(survey)
        least = _LEAST * abs(value)
        worth = self.worths(survey, self._all, below=value - least)
        gains = value - np.minimum.reduceat(worth, self.landscape.starts[:-1])
        better: Survey | None = None
        for component in np.argsort(-gains, kind="stable"):
            if gains[component] <= least or self.is_over:
                break
            span = slice(*self.landscape.starts[component : component + 2])
            way = int(span.start + worth[span].argmin())
            step = Survey(self.landscape, (better or survey).point.with_way(int(component), way))
            if better is None or self.valued(step) < self.valued(better) - least:
                better = step
        return better

    def _better_layer(self, survey: Survey) -> Survey | None:
        """Change a layer's resource, or the nodes that it keeps on."""
        points = list(self.layer_steps(survey))
        if not points:
            return None
        value = self.valued(survey)
        below = value - _LEAST * abs(value)
        kinds, floors = np.array([each.kinds for each in points]), np.array([each.floors for each in points])
        worth = self.worth(survey.layers(kinds, floors, promising=lambda known: self.worth(known) < below))
        chosen = int(worth.argmin())
        return Survey(self.landscape, points[chosen]) if worth[chosen] < below else None

    def layer_steps(self, survey: Survey) -> Iterator[Point]:
        """Give the points at which one layer in use has another resource, or one node more or fewer on."""
        point, nodes = survey.point, survey.here.nodes[0]
        for kind, layer in enumerate(self.landscape.layer_of):
            if nodes[layer] and kind != point.kinds[layer]:
                yield point.with_kind(int(layer), kind)
        for layer, count in enumerate(nodes):
            if count and count < self.landscape.most[point.kinds[layer]]:
                yield point.with_floor(layer, count + 1)
            if point.floors[layer]:
                yield point.with_floor(layer, max(count - 1, 0))
