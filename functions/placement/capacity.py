"""The greatest load that a placement, or any placement of a system, can bear.

SPACE4AI-D halves the range from the current load to ``upperBoundLambda`` and so takes it that more load is never
easier. With functions that need not be so: more load keeps more instances warm. The search for a placement therefore
looks at loads from the greatest on.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from math import inf
from typing import TypeAlias

from functions.placement.answer import Answer
from functions.placement.evaluation import TOLERANCE, Evaluator, with_load
from functions.placement.system import ColdStarts, Placement, System
from functions.placement.verdict import Evaluation, Violation

AtLoad: TypeAlias = Callable[[System, float], System]
GREATEST = 1e6
"""Requests a second beyond which nobody looks."""
EPSILON = 1e-6
"""Share of the load by which an answer may be too low."""
_LOOKS = 48
_NEGLIGIBLE = 1e-12
_WARMER = 4
"""Loads, each ten times the one before, that are looked at where functions are too cold at the first."""


@dataclass(frozen=True)
class Capacity:
    """What a placement can bear.

    Attributes:
        load: Requests a second; 0 where it is feasible at no load.
        limited_by: The rules that are broken a little above it, or at any load; none where ``upper`` is borne.
        evaluation: The verdict at that load.
    """

    load: float
    limited_by: tuple[Violation, ...]
    evaluation: Evaluation


@dataclass(frozen=True)
class SystemCapacity:
    """What a system can bear with the placement that bears most.

    Attributes:
        load: The greatest load for which a placement was found; 0 for none.
        bound: There is none for a greater load than this, as far as ``proven``.
        answer: The solver's at the load for which it was asked last with success.
        proven: The solver proved that there is none above ``bound``; else it only found none. Where functions that
            start cold are under a limit nothing is: a load that is not borne says nothing of greater ones.
        calls: How often the solver was asked.
    """

    load: float
    bound: float
    answer: Answer | None
    proven: bool
    calls: int


def of(
    system: System,
    placement: Placement,
    *,
    upper: float = GREATEST,
    epsilon: float = EPSILON,
    at: AtLoad = with_load,
) -> Capacity:
    """Give the greatest load, up to ``upper``, at which a placement keeps all rules.

    Args:
        epsilon: Share of the load by which the answer may be too low.
        at: Gives the system at another load.
    """

    def verdict(load: float) -> Evaluation:
        return Evaluator(at(system, load)).evaluate(placement)

    top = min(upper, _queues_bear(system, placement))
    # From the greatest on, closer together near the top, where queues give way.
    looks = [top * (1 - (look / _LOOKS) ** 2) for look in range(_LOOKS + 1)]
    low, high = 0.0, top * (1 + 2 * epsilon)
    for low in sorted({*looks, min(system.load, top)}, reverse=True):
        if (best := verdict(low)).feasible:
            break
        high = low
    else:
        return Capacity(0.0, best.violations, best)
    above = verdict(high)
    while high - low > max(epsilon * low, _NEGLIGIBLE * top):
        middle = (low + high) / 2
        if (tried := verdict(middle)).feasible:
            low, best = middle, tried
        else:
            high, above = middle, tried
    return Capacity(min(low, upper), () if low >= upper else above.violations, best)


def of_placement(
    system: System,
    placement: Placement,
    *,
    upper: float = GREATEST,
    epsilon: float = EPSILON,
    at: AtLoad = with_load,
) -> float:
    """Give only the load of ``of``."""
    return of(system, placement, upper=upper, epsilon=epsilon, at=at).load


def of_system(
    system: System,
    solve: Callable[[System], Answer],
    *,
    upper: float = GREATEST,
    epsilon: float = 1e-3,
    calls: int = 40,
    at: AtLoad = with_load,
) -> SystemCapacity:
    """Give the greatest load for which a solver finds a placement, starting at the system's own.

    Each placement that is found is first taken as far as it goes, so that the solver is asked a few times only. Where
    nothing bears the first load and functions would be warmer at more, some greater ones are looked at.

    Args:
        solve: Looks for a placement of a system; any that is feasible will do.
        epsilon: Share of the load by which ``load`` and ``bound`` may differ.
        calls: How often the solver is asked at most.
        at: Gives the system at another load.
    """
    low, high, answer, proven = 0.0, inf, None, False
    load = min(system.load, upper)
    warmer = [load * 10**power for power in range(1, 1 + _WARMER)] if _may_warm(system) else []
    warmer = [each for each in warmer if each <= upper]
    asked = 0
    while asked < calls:
        asked += 1
        found = solve(at(system, load))
        if found.feasible and found.placement is not None:
            # The first load that is borne: what was not before it was less.
            high = inf if answer is None else high
            answer, low = found, max(load, of_placement(system, found.placement, upper=upper, at=at))
        else:
            high, proven = load, found.feasible is False and found.proven and not _may_warm(system)
        if low >= upper or high - low <= epsilon * low or (answer is None and not warmer):
            break
        if answer is None:
            load = warmer.pop(0)
            continue
        # Twice as much until it is too much; then the middle.
        load = min(upper, low * 2 if high == inf else (low + high) / 2)
    return SystemCapacity(low, min(high, upper), answer, proven or low >= upper, asked)


def _may_warm(system: System) -> bool:
    """Tell whether a component that may only take so long can run as a function, whose instances more load warms."""
    limited = {*system.local, *(name for path in system.paths if path.limit < inf for name in path.components)}
    return any(
        isinstance(candidate.behaviour, ColdStarts)
        for name in limited
        for partition in system.components[name].partitions.values()
        for candidate in partition.candidates.values()
    )


def _queues_bear(system: System, placement: Placement) -> float:
    """Give the load at which the first queue is as full as it may be: utilisations are in proportion to the load."""
    utilisation = Evaluator(replace(system, load=1.0)).evaluate(placement).utilisation
    fullest = max(utilisation.values(), default=0.0)
    return system.utilisation_limit * (1 + TOLERANCE / 2) / fullest if 0 < fullest < inf else inf
