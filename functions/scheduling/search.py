"""Insertion and local search over whole schedules without interruptions, all submissions known (numbers by seed).

Large neighbourhood search as of Pisinger and Ropke (Computers & OR 34, 2007): some jobs that have to do with one
another are taken out and put back in another order; worse schedules are accepted while it is warm.
"""

import random
from collections.abc import Callable, Sequence
from heapq import nsmallest
from math import exp
from time import monotonic

from functions.scheduling.instance import Instance, Schedule
from functions.scheduling.timeline import Place, Run, Timeline, Work, works

LARGEST = 8
"""Jobs that are taken out at once."""
EMPTYING = 0.3
"""How often all that runs on two nodes is taken out."""
NODES = 12
"""Nodes besides theirs on which jobs may be put back."""
WARMTH = 0.02
"""At first, a schedule that is worse by this share of a job's mean cost is accepted with probability 1/e."""


def inserted(instance: Instance) -> Timeline:
    """Put the jobs in by submission, the more pressing first, each at its cheapest place on the nodes idle soonest."""
    known = works(instance)
    timeline = Timeline(instance, known)

    def order(job: int) -> tuple[float, float, int]:
        return known[job].submission, known[job].deadline, job

    idle_from = [0.0] * len(instance.nodes)
    for job in sorted(range(len(known)), key=order):
        soonest = nsmallest(2 * NODES, range(len(idle_from)), key=lambda node: (idle_from[node], node))
        place = timeline.best(job, among=soonest)
        if place.node < 0:
            place = timeline.best(job)
        timeline.add(job, place)
        idle_from[place.node] = max(run.end for run in timeline.runs[place.node])
    return timeline


def resumed(instance: Instance, schedule: Schedule) -> Timeline:
    """Take a schedule without interruptions as it is."""
    timeline = Timeline(instance, works(instance))
    jobs = {job.name: place for place, job in enumerate(instance.jobs)}
    nodes = {node.name: place for place, node in enumerate(instance.nodes)}
    for piece in schedule:
        job = jobs[piece.job]
        setup = instance.jobs[job].setups.index(piece.setup)
        option = next(k for k, each in enumerate(timeline.works[job].options) if each.setup == setup)
        timeline.add(job, Place(0.0, nodes[piece.node], option, piece.start))
    return timeline


def improved(
    timeline: Timeline, *, iterations: int, until: float, seed: int, goal: float = 0.0
) -> tuple[Timeline, bool]:
    """Search around a schedule.

    Args:
        timeline: Where to start; it is changed.
        iterations: How often jobs are taken out and put back.
        until: ``time.monotonic()`` at which to stop whatever the iterations.
        seed: Of all that is drawn.
        goal: A cost that cannot be beaten: the search ends there.

    Returns:
        The best schedule seen, and whether the clock has ended the search.
    """
    dice = random.Random(seed)  # noqa: S311 - drawn, not secret
    cost = least = timeline.cost()
    kept = (list(timeline.runs), dict(timeline.where))
    warmth = WARMTH * cost / max(1, len(timeline.works))
    for turn in range(iterations):
        if turn % 16 == 0 and (monotonic() > until or least <= goal * (1 + 1e-9)):
            break
        runs, where = list(timeline.runs), dict(timeline.where)
        _rebuild(timeline, dice)
        touched = [node for node, own in enumerate(timeline.runs) if own is not runs[node]]
        change = timeline.cost(touched)
        timeline.runs, runs = runs, timeline.runs
        change -= timeline.cost(touched)
        heat = warmth * (1 - turn / iterations)
        if change < 0 or (heat > 0 and dice.random() < exp(-change / heat)):
            timeline.runs = runs
            cost += change
            if cost < least - 1e-9 * abs(least):
                least, kept = cost, (list(timeline.runs), dict(timeline.where))
        else:
            timeline.where = where
    timeline.runs, timeline.where = kept
    return timeline, monotonic() > until


def _rebuild(timeline: Timeline, dice: random.Random) -> None:
    taken = _related(timeline, dice)
    among = _nodes(timeline, taken, dice)
    timeline.remove(taken)
    dice.choice(_ORDERS)(taken, timeline.works, dice)
    trust = dice.choice((0.0, 0.0, 0.5, 0.9))
    for job in taken:
        count = len(timeline.works[job].options)
        blur = [dice.uniform(0.8, 1.25) for _ in range(count)] if dice.random() < 0.3 else None
        timeline.add(job, timeline.best(job, trust=trust, blur=blur, among=among))


def _nodes(timeline: Timeline, taken: Sequence[int], dice: random.Random) -> list[int]:
    """Choose where to put jobs back: where they were, and some others; of many nodes not all are looked at."""
    every = range(len(timeline.runs))
    if len(every) <= NODES:
        return list(every)
    return sorted({timeline.where[job] for job in taken} | set(dice.sample(every, NODES)))


def _related(timeline: Timeline, dice: random.Random) -> list[int]:
    """Choose jobs: one that costs more than it must or any, and others that run about then."""
    every = [run for runs in timeline.runs for run in runs]
    few = [dice.choice(every) for _ in range(3)]
    first = max(few, key=lambda run: _excess(timeline.works, run)) if dice.random() < 0.6 else few[0]
    node = timeline.where[first.job]
    if dice.random() < EMPTYING:
        return _on_nodes(timeline, first, dice)
    span = first.end - first.start

    def distance(run: Run) -> float:
        gap = max(0.0, run.start - first.end, first.start - run.end)
        return gap + abs(run.start - first.start) * 0.25 + (0.0 if timeline.where[run.job] == node else 0.5 * span)

    count = dice.randint(1, min(LARGEST, len(every)))
    near = sorted((run for run in every if run.job != first.job), key=distance)[: 2 * count]
    return [first.job, *(run.job for run in dice.sample(near, min(count - 1, len(near))))]


def _on_nodes(timeline: Timeline, first: Run, dice: random.Random) -> list[int]:
    """Choose what runs on the first job's node and on one other about then."""
    nodes = {timeline.where[first.job], dice.randrange(len(timeline.runs))}
    runs = [run for node in sorted(nodes) for run in timeline.runs[node]]
    runs.sort(key=lambda run: abs(run.start - first.start))
    return [run.job for run in runs[: LARGEST + 2]]


def _excess(known: Sequence[Work], run: Run) -> float:
    work = known[run.job]
    late = work.weight * max(0.0, run.end - work.deadline)
    return late + work.options[run.option].share - work.least[0]


def _at_random(taken: list[int], _known: Sequence[Work], dice: random.Random) -> None:
    dice.shuffle(taken)


def _by_pressure(taken: list[int], known: Sequence[Work], _dice: random.Random) -> None:
    taken.sort(key=lambda job: (known[job].deadline - known[job].submission, job))


def _by_weight(taken: list[int], known: Sequence[Work], _dice: random.Random) -> None:
    taken.sort(key=lambda job: (-known[job].weight, job))


def _by_submission(taken: list[int], known: Sequence[Work], _dice: random.Random) -> None:
    taken.sort(key=lambda job: (known[job].submission, job))


_Order = Callable[[list[int], Sequence[Work], random.Random], None]
_ORDERS: tuple[_Order, ...] = (_at_random, _by_pressure, _by_weight, _by_submission)
