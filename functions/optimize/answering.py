"""Answering a problem: the placement, what it bears, the front around it, and the degraded deployments."""

from collections.abc import Callable

from functions.optimize.learnt import Learnt
from functions.optimize.loads import at_load, measured_up_to
from functions.optimize.methods import answer_of
from functions.optimize.outcome import Degradation, Outcome
from functions.optimize.problem import Degraded, Problem
from functions.optimize.request import Request
from functions.placement.answer import Answer
from functions.placement.capacity import GREATEST, of_placement, of_system
from functions.placement.exact import solve
from functions.placement.front import Point, front
from functions.placement.system import Placement, System

Progress = Callable[[str], None]
_CALLS = 12
"""Of the solver, to find the most that a system bears."""
_FRONT = 1 / 3
"""Of the time for one answer, for all points of the front together."""
_FEWER = 5
"""How often a load that is not borne is quartered to find one that is."""


def answered(
    problem: Problem,
    request: Request,
    *,
    seconds: float,
    points: int = 0,
    start: Placement | None = None,
    progress: Progress = lambda _: None,
) -> Outcome:
    """Answer a problem.

    Args:
        seconds: Of looking for each answer.
        points: Of the front; 0 for none.
        progress: Is told what comes next.
    """
    progress("looking for the cheapest placement")
    answer = answer_of(problem.system, request, seconds=seconds, start=start)
    degraded = {}
    for name, each in problem.degraded.items():
        progress(f"placing {name}")
        degraded[name] = _placed(each, request, seconds, problem.learnt)
    found: tuple[Point, ...] = ()
    if points and answer.placement is not None:
        progress("cost against response time")
        found = front(problem.system, points=points, seconds=seconds * _FRONT, seed=request.seed)
    return Outcome(problem, request, answer, borne(problem.system, answer, problem.learnt), found, degraded)


def borne(system: System, answer: Answer, learnt: Learnt | None = None) -> float | None:
    """Give the most requests a second that an answer's placement bears; None where nothing limits them.

    With learnt models it is not looked for beyond what was measured.
    """
    placement = answer.placement
    if placement is None:
        return None
    upper = measured_up_to(learnt, system, placement)
    most = of_placement(system, placement, upper=upper, at=at_load(learnt, placement))
    return None if most >= GREATEST else most


def _placed(each: Degraded, request: Request, seconds: float, learnt: Learnt | None) -> Degradation:
    """Place a degraded deployment, and find the most that any placement of it bears."""
    share, at = seconds / _CALLS, at_load(learnt)
    looked = measured_up_to(learnt, each.system)

    def found(system: System) -> Answer:
        return solve(system, seconds=share, seed=request.seed)

    most = of_system(each.system, found, upper=looked, calls=_CALLS, at=at)
    load = each.system.load
    for _ in range(_FEWER):
        if most.load:
            break
        load /= 4  # it bears nothing like what is asked for
        most = of_system(at(each.system, load), found, upper=each.system.load, calls=_CALLS, at=at)
    return Degradation(each.system, each.metric, answer_of(each.system, request, seconds=seconds), most, looked)
