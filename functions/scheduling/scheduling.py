"""The entry: schedule an instance with one method or the best, check what comes out, and say how good it must be."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from time import monotonic

from functions.runtime.errors import Rejected
from functions.runtime.settings import nearest
from functions.scheduling import bounds, exact
from functions.scheduling.answer import PROVEN, ScheduleAnswer
from functions.scheduling.baselines import ORDERS, FirstPrinciple
from functions.scheduling.checking import Verdict, check
from functions.scheduling.greedy import Greedy
from functions.scheduling.instance import Instance, Schedule
from functions.scheduling.search import improved, inserted, resumed
from functions.scheduling.simulation import simulated

RANDOM_PLANS = 100
"""Randomised plans a moment, GPUScheduler's ``n_random_iter``."""
STARTS = 4
"""Searches of instances of few jobs, and randomised runs, each with a seed of its own."""
FEW = 40
"""Jobs."""
APART = 1009
"""Between the seeds of those."""
EFFORT = 1_200_000
"""Jobs times iterations of the search, for large instances."""
LIMITS = (300, 4000)
"""Iterations at least and at most."""


@dataclass(frozen=True)
class _Found:
    schedule: Schedule
    method: str
    interruptions: bool = False
    stopped: str = "iterations"
    bound: float = 0.0


@dataclass(frozen=True)
class _Task:
    instance: Instance
    begun: float
    seconds: float
    seed: int

    def until(self, share: float) -> float:
        return self.begun + share * self.seconds

    @cached_property
    def baselines(self) -> dict[str, _Found]:
        return {name: _Found(simulated(self.instance, FirstPrinciple(key)), name) for name, key in ORDERS.items()}

    def cost(self, found: _Found) -> float:
        return check(self.instance, found.schedule, interruptions=found.interruptions).cost


def schedule(
    instance: Instance, *, seconds: float, method: str = "best", seed: int = 0, interruptions: bool = False
) -> ScheduleAnswer:
    """Schedule all jobs.

    Args:
        instance: Jobs and nodes.
        seconds: Wall time, about; methods that draw end earlier on their own, so that equal seeds give equal answers.
        method: A key of ``METHODS``.
        seed: Of all that is drawn.
        interruptions: For ``best``: whether trainings may be interrupted and moved.

    Raises:
        Rejected: There is no such method.
    """
    if method not in METHODS:
        raise Rejected(f"there is no method {method!r}{nearest(method, METHODS)}", hint=f"one of {', '.join(METHODS)}")
    task = _Task(instance, monotonic(), seconds, seed)
    found = _with_interruptions(task) if method == "best" and interruptions else METHODS[method](task)
    verdict = _checked(instance, found)
    return ScheduleAnswer(
        instance,
        found.schedule,
        verdict,
        max(found.bound, _bound(task, found, verdict.cost)),
        found.method,
        found.interruptions,
        found.stopped,
        monotonic() - task.begun,
        seed,
        {name: _checked(instance, other) for name, other in task.baselines.items()},
    )


def _checked(instance: Instance, found: _Found) -> Verdict:
    verdict = check(instance, found.schedule, interruptions=found.interruptions)
    if not verdict.is_possible:
        raise RuntimeError(f"{found.method} gave an impossible schedule: {verdict.faults[0]}")
    return verdict


def _bound(task: _Task, found: _Found, cost: float) -> float:
    if found.interruptions:
        return bounds.interrupted(task.instance).cost
    if found.bound:
        return found.bound
    return bounds.priced(task.instance, found.schedule, cost=cost, until=task.until(1.0)).cost


def _greedy(task: _Task) -> _Found:
    return _Found(simulated(task.instance, Greedy()), "Greedy", interruptions=True)


def _random(task: _Task, start: int = 0, share: float = 1.0) -> _Found:
    until = task.until(share)
    policy = Greedy(RANDOM_PLANS, seed=task.seed + APART * start, until=until)
    schedule = simulated(task.instance, policy)
    stopped = "seconds" if monotonic() > until else "iterations"
    return _Found(schedule, "RandomGreedy", interruptions=True, stopped=stopped)


def _inserted(task: _Task) -> _Found:
    return _Found(inserted(task.instance).schedule(), "insertion")


def _searched(task: _Task, share: float = 0.7) -> _Found:
    """Search around the best simple schedule, of small instances around the others too."""
    count = len(task.instance.jobs)
    simple = sorted([_inserted(task), *task.baselines.values()], key=task.cost)
    starts = STARTS if count <= FEW else 1
    iterations = max(LIMITS[0], min(LIMITS[1], EFFORT // max(1, count))) // (starts if count <= exact.LARGEST else 1)
    best, least, stopped = simple[0], task.cost(simple[0]), "iterations"
    goal = bounds.alone(task.instance).cost
    for start in range(starts):
        begin = resumed(task.instance, simple[start % len(simple)].schedule)
        until, seed = task.until(share * (start + 1) / starts), task.seed + APART * start
        timeline, late = improved(begin, iterations=iterations, until=until, seed=seed, goal=goal)
        stopped = "seconds" if late else stopped
        if timeline.cost() < least:
            best, least = _Found(timeline.schedule(), "search"), timeline.cost()
    return _Found(best.schedule, "search", stopped=stopped)


def _without_interruptions(task: _Task) -> _Found:
    small = len(task.instance.jobs) <= exact.LARGEST
    return _exact(task) if small else _searched(task, 0.6)


def _exact(task: _Task) -> _Found:
    if len(task.instance.jobs) > exact.MOST:
        raise Rejected(
            f"the method exact takes at most {exact.MOST} jobs, not {len(task.instance.jobs)}",
            hint="best gives a schedule with a certified gap",
        )
    best = _searched(task, 0.3)
    bound = bounds.priced(task.instance, best.schedule, cost=task.cost(best), until=task.until(0.5))
    left = max(0.1, task.until(1.0) - monotonic())
    proof = exact.proven(task.instance, best.schedule, bound=bound, seconds=left, seed=task.seed)
    is_done = proof.bound >= proof.cost * (1 - PROVEN)
    return _Found(proof.schedule, "exact", stopped="proof" if is_done else "seconds", bound=proof.bound)


def _with_interruptions(task: _Task) -> _Found:
    candidates = [_searched(task, 0.3), _greedy(task)]
    for start in range(STARTS):
        share = 0.3 + 0.6 * (start + 1) / STARTS
        if monotonic() < task.until(share):
            candidates += [_random(task, start, share)]
    best = min(candidates, key=task.cost)
    late = any(each.stopped == "seconds" for each in candidates) or len(candidates) < 2 + STARTS
    return _Found(best.schedule, best.method, interruptions=True, stopped="seconds" if late else "iterations")


METHODS: dict[str, Callable[[_Task], _Found]] = {
    "best": _without_interruptions,
    "exact": _exact,
    "search": _searched,
    "insertion": _inserted,
    "Greedy": _greedy,
    "RandomGreedy": _random,
    "FIFO": lambda task: task.baselines["FIFO"],
    "EDF": lambda task: task.baselines["EDF"],
    "Priority": lambda task: task.baselines["Priority"],
}
"""By name; the last five are GPUScheduler's and know nothing of submissions to come, the others know all of them."""
