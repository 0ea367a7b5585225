"""Small instances in whole seconds, and the cheapest schedule of one found by trying them all."""

import random
from collections.abc import Iterator
from itertools import product

from functions.scheduling.instance import HOUR, Configuration, Instance, Job, Node, Setup

SMALL = Configuration("small", "K80", 1, 1.0 * HOUR)
LARGE = Configuration("large", "K80", 2, 1.75 * HOUR)
"""Money an hour such that a second costs 1 and 1.75."""


def job(
    name: str, *setups: tuple[Configuration, int, float], submission: float = 0, deadline: float = 9, weight: float = 2
) -> Job:
    own = tuple(sorted(Setup(*each) for each in setups))
    return Job(name, submission, deadline, weight, own)


def drawn(seed: int, *, jobs: int = 3, fixed: bool = False) -> Instance:
    """Draw jobs of whole seconds on two nodes; ``fixed``: one small, one large; else each can be both."""
    dice = random.Random(seed)
    every = []
    for place in range(jobs):
        alone = dice.randint(2, 4)
        setups = [(SMALL, 1, alone), (LARGE, 1, alone), (LARGE, 2, dice.randint(1, alone - 1))]
        submission = dice.randint(0, 3)
        deadline = submission + dice.randint(1, 5)
        every.append(
            job(f"j{place}", *setups, submission=submission, deadline=deadline, weight=dice.choice([0.5, 1, 3]))
        )
    offers = ((SMALL,), (LARGE,)) if fixed else ((LARGE, SMALL),) * 2
    return Instance(tuple(every), tuple(Node(f"n{place}", tuple(sorted(offer))) for place, offer in enumerate(offers)))


def cheapest(instance: Instance) -> float:
    """Try every setup, node and whole second for every job: with whole numbers some cheapest schedule has such starts.

    Time is a row of seconds here, each with the configuration and the GPUs in use: nothing is shared with the solvers.
    """
    horizon = int(max(each.submission for each in instance.jobs) + sum(_longest(each) for each in instance.jobs))
    slots: list[list[tuple[Configuration | None, int]]] = [[(None, 0)] * horizon for _ in instance.nodes]
    best = [float("inf")]
    _try(instance, 0, slots, 0.0, best)
    return best[0]


def _longest(one: Job) -> float:
    return max(setup.seconds for setup in one.setups)


def _try(
    instance: Instance,
    place: int,
    slots: list[list[tuple[Configuration | None, int]]],
    cost: float,
    best: list[float],
) -> None:
    if cost >= best[0]:
        return
    if place == len(instance.jobs):
        best[0] = cost
        return
    one = instance.jobs[place]
    for node, setup, start in _ways(instance, one, len(slots[0])):
        row, span = slots[node], range(start, start + int(setup.seconds))
        if all(
            row[t][0] is None
            or (row[t][0] == setup.configuration and row[t][1] + setup.gpus <= setup.configuration.gpus)
            for t in span
        ):
            kept = row[span.start : span.stop]
            added = sum(setup.configuration.rate for each in kept if each[0] is None) + one.late(span.stop)
            row[span.start : span.stop] = [(setup.configuration, each[1] + setup.gpus) for each in kept]
            _try(instance, place + 1, slots, cost + added, best)
            row[span.start : span.stop] = kept


def _ways(instance: Instance, one: Job, horizon: int) -> Iterator[tuple[int, Setup, int]]:
    for (node, offer), setup in product(enumerate(instance.nodes), one.setups):
        if setup.configuration in offer.configurations:
            for start in range(int(one.submission), horizon - int(setup.seconds) + 1):
                yield node, setup, start
