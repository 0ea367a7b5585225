"""The methods of SPACE4AI-D by their names and parameters, all on the same landscape.

What the original gets wrong (continuum.md 4.3) is not repeated: the genetic algorithm prefers cheaper parents, points
that break rules count as much dearer rather than being taken for feasible, a search ends at its iterations *or* its
time, whichever is first, and no point's state leaks into the next.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from math import inf
from typing import Any

from functions.continuum.optimiser_settings import canonical
from functions.placement.heuristics.annealing import Annealing
from functions.placement.heuristics.genetic import Genetic
from functions.placement.heuristics.incumbent import incumbent
from functions.placement.heuristics.landscape import Landscape
from functions.placement.heuristics.local_search import LocalSearch
from functions.placement.heuristics.parameters import Parameter, Value, checked
from functions.placement.heuristics.point import Point
from functions.placement.heuristics.random_greedy import RandomGreedy
from functions.placement.heuristics.search import Best
from functions.placement.heuristics.tabu import Tabu
from functions.placement.system import Placement, System
from functions.runtime.errors import Rejected
from functions.runtime.settings import nearest

ITERATIONS = 1000
_DRAWN = 20
"""Points that are drawn for each one that a method starts from."""
_SHARE = 1 / 3
"""Of the time, for drawing them."""
_STARTS = Parameter(5, least=1, most=100_000, whole=True)


@dataclass(frozen=True)
class Task:
    """What a method is to do."""

    landscape: Landscape
    seed: int
    iterations: int
    deadline: float
    parameters: Mapping[str, Any]
    start: Point | None = None

    @property
    def target(self) -> float:
        """The cost at which to stop."""
        wanted = (self.parameters.get(name) for name in ("min_score", "min_energy", "min_fitness"))
        return next((float(each) for each in wanted if each is not None), -inf)

    def starts(self, best: Best) -> list[Point]:
        """Draw the points to start from; the one that was given is the first of them."""
        now = time.monotonic()
        drawing = RandomGreedy(
            self.landscape, seed=self.seed, deadline=now + (self.deadline - now) * _SHARE, best=best, target=self.target
        )
        count = int(self.parameters["starting_points"])
        drawn = drawing.points(count * _DRAWN, keep=count)
        return [self.start, *drawn][:count] if self.start is not None else drawn


@dataclass(frozen=True)
class Method:
    """One method: its parameters, and what it does until it is done, noting the best point that it sees."""

    name: str
    parameters: Mapping[str, Parameter]
    search: Callable[[Task, Best], None]


def run(
    system: System,
    method: str,
    *,
    seed: int = 0,
    iterations: int | None = None,
    seconds: float = 60.0,
    parameters: Mapping[str, Value] | None = None,
    start: Placement | None = None,
) -> Placement | None:
    """Look for a placement by one of ``METHODS``, by any spelling of its name.

    Args:
        iterations: Draws, steps, or generations; 1,000 unless given.
        seconds: Wall time; equal seeds give equal placements as long as the iterations end first.
        start: A placement to start from.

    Returns:
        The cheapest feasible placement that was seen; None if none was.

    Raises:
        Rejected: There is no such method or parameter, or a parameter is what it cannot be.
    """
    name = str(canonical(method))
    if name not in METHODS:
        raise Rejected(
            f"there is no method {method[:60]!r}{nearest(method, METHODS)}", hint=f"there are {', '.join(METHODS)}"
        )
    known = METHODS[name]
    values: dict[str, Any] = checked(name, known.parameters, parameters or {})
    deadline = time.monotonic() + seconds
    if name == "BinarySearch":
        return _greatest(system, seed=seed, deadline=deadline, start=start, **values)
    landscape = Landscape(system, start=start, deadline=deadline)
    if landscape.is_barren:
        return landscape.kept(start)
    best = Best()
    point = None if start is None else landscape.point(start)
    steps = ITERATIONS if iterations is None else iterations
    known.search(Task(landscape, seed, steps, deadline, values, point), best)
    return None if best.point is None else landscape.placement(best.point, best.nodes)


def _greatest(
    system: System, *, seed: int, deadline: float, start: Placement | None, upper_bound: float | None, epsilon: float
) -> Placement | None:
    """Give the placement that bears the greatest load that one was found for, halving the range of loads."""
    upper = max(system.load * 2 if upper_bound is None else upper_bound, system.load)
    best, low, high, load = None, 0.0, upper, system.load
    while time.monotonic() < deadline and high - low > epsilon:
        found = incumbent(
            replace(system, load=load),
            seconds=max(deadline - time.monotonic(), 0),
            seed=seed,
            start=best or start,
            rounds=_DRAWN,
        )
        if found is None:
            high = load
        else:
            best, low = found, load
        if high <= system.load:
            break
        load = (low + high) / 2
    return best


def _drawn(task: Task, best: Best) -> None:
    search = RandomGreedy(task.landscape, seed=task.seed, deadline=task.deadline, best=best, target=task.target)
    search.points(task.iterations, keep=1)


def _descended(task: Task, best: Best) -> None:
    starts = task.starts(best)
    search = LocalSearch(task.landscape, seed=task.seed, deadline=task.deadline, best=best, target=task.target)
    search.run(starts, task.iterations)


def _walked(task: Task, best: Best) -> None:
    starts = task.starts(best)
    search = Tabu(task.landscape, seed=task.seed, deadline=task.deadline, best=best, target=task.target)
    search.run(starts, task.iterations, tabu_size=int(task.parameters["tabu_size"]))


def _cooled(task: Task, best: Best) -> None:
    starts, given = task.starts(best), task.parameters
    search = Annealing(task.landscape, seed=task.seed, deadline=task.deadline, best=best, target=task.target)
    named = {name: given[name] for name in ("temperature", "schedule_constant", "schedule")}
    search.run(starts, task.iterations, **named)


def _evolved(task: Task, best: Best) -> None:
    starts, given = task.starts(best), task.parameters
    search = Genetic(task.landscape, seed=task.seed, deadline=task.deadline, best=best, target=task.target)
    named = {name: given[name] for name in ("crossover_rate", "mutation_rate")}
    search.evolve(starts, task.iterations, **named)


METHODS: Mapping[str, Method] = {
    method.name: method
    for method in (
        Method("RandomGreedy", {}, _drawn),
        Method("LocalSearch", {"starting_points": _STARTS, "min_score": Parameter(None)}, _descended),
        Method(
            "TabuSearch",
            {
                "starting_points": _STARTS,
                "tabu_size": Parameter(8, least=1, most=1_000_000, whole=True),
                "min_score": Parameter(None),
            },
            _walked,
        ),
        Method(
            "SimulatedAnnealing",
            {
                "starting_points": _STARTS,
                "temperature": Parameter(5.0),
                "schedule_constant": Parameter(0.99, most=1),
                "schedule": Parameter("exponential", words=("exponential", "linear")),
                "min_energy": Parameter(None),
            },
            _cooled,
        ),
        Method(
            "GeneticAlgorithm",
            {
                "starting_points": replace(_STARTS, default=10),
                "crossover_rate": Parameter(0.5, most=1),
                "mutation_rate": Parameter(0.7, most=1),
                "min_fitness": Parameter(None),
            },
            _evolved,
        ),
        Method(
            "BinarySearch", {"upper_bound": Parameter(None), "epsilon": Parameter(1e-2, least=1e-9)}, lambda *_: None
        ),
    )
}
