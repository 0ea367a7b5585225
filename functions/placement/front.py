"""What quicker answers cost: the Pareto front of cost against response time, by limits of which each is solved exactly.

The response time of a placement is that of its slowest path: of the paths that the system limits or, where it limits
none, of the chains that most requests take from each start. For each of several limits the solver finds the cheapest
placement whose paths keep it (Y. Haimes et al., "On a bicriterion formulation...", IEEE Trans. SMC 1971: the
epsilon-constraint method), from the loosest to the tightest that the quick search can keep.
"""

import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise
from math import inf, log, sqrt

from functions.placement.answer import Answer
from functions.placement.evaluation import Evaluator
from functions.placement.exact.solving import solve
from functions.placement.heuristics.incumbent import incumbent
from functions.placement.system import Path, Placement, System

_NEAR = 1.02
"""How many times the tightest limit that was kept the next tighter one is, that could not be."""
_ROUNDS = 12
_SHARE = 0.25
"""Of the time, for the tightest limit."""
_FASTEST = 1e-3
"""Share of the cheapest placement's response time below which nobody looks."""


@dataclass(frozen=True)
class Point:
    """One placement that is cheapest for its response time.

    Attributes:
        cost: Over the system's hours.
        response_time: Seconds of the slowest path.
        limit: Seconds that were allowed; the answer's bound holds for all placements that keep them.
    """

    cost: float
    response_time: float
    limit: float
    answer: Answer


def front(system: System, *, points: int = 12, seconds: float = 60.0, seed: int = 0) -> tuple[Point, ...]:
    """Give at most so many points, the quickest first; none if there is no feasible placement.

    Args:
        seconds: Wall time in all.
    """
    return tuple(_Front(system, points=points, seconds=seconds, seed=seed).run())


def with_paths(system: System) -> System:
    """Give the system with the paths whose response times count, without limits where it has none."""
    if system.paths:
        return system
    led_to = {name for component in system.components.values() for name in component.next}
    starts = [name for name in system.components if name not in led_to]
    chains = [tuple(_chain(system, name)) for name in starts]
    return replace(system, paths=tuple(Path(f"from {chain[0]}", chain, inf) for chain in chains))


def limited(system: System, seconds: float) -> System:
    """Give the system with no path allowed to take longer."""
    return replace(system, paths=tuple(replace(path, limit=min(path.limit, seconds)) for path in system.paths))


def _chain(system: System, name: str) -> Iterator[str]:
    """Give the components that most requests pass one after the other, from one on."""
    yield name
    while following := system.components[name].next:
        name = max(following, key=following.__getitem__)
        yield name


class _Front:
    """The search for one system's front."""

    def __init__(self, system: System, *, points: int, seconds: float, seed: int) -> None:
        self.system = with_paths(system)
        self.evaluator = Evaluator(self.system)
        self.points, self.seed = points, seed
        self.began, self.deadline = time.monotonic(), time.monotonic() + seconds

    def run(self) -> list[Point]:
        """Find the ends of the front, then points where it is widest open."""
        found = [self._point(inf, self._left / max(self.points, 1))]
        if found[0] is None:
            return []
        if self.points > 1 and found[0].response_time > 0:
            found.insert(0, self._point(self._tightest(found[0]), self._left / (self.points - 1)))
        kept = [each for each in found if each]
        for _ in range(self.points - len(kept)):
            limit = _widest(kept)
            point = self._point(limit, self._left / (self.points - len(kept))) if limit and self._left > 0 else None
            if point is None:
                break
            kept = sorted([*kept, point], key=lambda each: each.limit)
        return _undominated(kept)

    @property
    def _left(self) -> float:
        return self.deadline - time.monotonic()

    def _tightest(self, first: Point) -> float:
        """Halve the range of limits, as their logarithms go, until hardly anything tighter can be kept."""
        end = time.monotonic() + self._left * _SHARE
        start, high = first.answer.placement, first.response_time
        low = high * _FASTEST
        while high > low * _NEAR and time.monotonic() < end:
            middle = (low * high) ** 0.5
            found = self._quick(middle, start, end - time.monotonic())
            if found is None:
                low = middle
            else:
                start, high = found, min(middle, self._seconds(found))
        return high

    def _quick(self, limit: float, start: Placement | None, seconds: float) -> Placement | None:
        system = limited(self.system, limit)
        return incumbent(system, seconds=seconds, seed=self.seed, start=start, rounds=_ROUNDS)

    def _point(self, limit: float, seconds: float) -> Point | None:
        """Find the cheapest placement that keeps a limit."""
        system = limited(self.system, limit)
        began = time.monotonic()
        quick = incumbent(system, seconds=seconds / 3, seed=self.seed, rounds=_ROUNDS)
        answer = solve(system, seconds=seconds - (time.monotonic() - began), start=quick, seed=self.seed)
        if answer.placement is None or answer.cost is None:
            return None
        return Point(answer.cost, self._seconds(answer.placement), limit, answer)

    def _seconds(self, placement: Placement) -> float:
        return max(self.evaluator.evaluate(placement).path_times.values(), default=0.0)


def _widest(points: list[Point]) -> float | None:
    """Give a limit in the middle of the widest gap between points in the order of their limits; None if there is none.

    A gap reaches from one point's limit to the next one's time: all limits from that time on have the same answer.
    """
    gaps = [
        ((one.cost - other.cost) * log(other.response_time / one.limit), one, other)
        for one, other in pairwise(points)
        if one.cost > other.cost and 0 < one.limit * _NEAR < other.response_time
    ]
    if not gaps:
        return None
    _, one, other = max(gaps, key=lambda gap: gap[0])
    return sqrt(one.limit * other.response_time)


def _undominated(points: list[Point]) -> list[Point]:
    """Leave out points that others are as cheap and as quick as, and sort the rest by time."""
    kept: list[Point] = []
    for point in sorted(points, key=lambda each: (each.response_time, each.cost)):
        if not kept or point.cost < kept[-1].cost:
            kept.append(point)
    return kept
