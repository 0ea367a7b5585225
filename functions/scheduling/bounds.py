"""What no schedule can cost less than.

Without interruptions: a job pays at least its share of a node, ``gpus / all of them``, and the shares in use never
exceed the number of nodes. That limit is priced (Lagrangian relaxation): each group of nodes has a price a second for
each part of the time, every job then takes its cheapest setup and start on its own, and what the nodes could earn is
taken off. Any prices give a bound; good ones are found by subgradients (Held, Wolfe and Crowder, Math. Programming 6,
1974).

With interruptions: a job may change setups, so its cost is on the lower convex hull of (seconds, share) of its setups.
"""

from dataclasses import dataclass
from itertools import pairwise
from math import inf
from time import monotonic

import numpy as np
from numpy.typing import NDArray

from functions.scheduling.instance import Instance, Job, Schedule

Array = NDArray[np.float64]

PARTS = 60
"""Parts of the time that have a price each, at most."""
ENTRIES = 1_500_000
"""Entries of the largest array; of large instances there are fewer parts for it."""
SAFE = 1e-9
"""Share that is taken off each bound for rounding."""


@dataclass(frozen=True)
class Bound:
    """A cost that cannot be beaten, and what each job costs at least in it at the prices found (money)."""

    cost: float
    jobs: tuple[float, ...]


def alone(instance: Instance) -> Bound:
    """Bound each job on its own, without interruptions: the sum of the cheapest setups."""
    jobs = tuple(
        min(setup.share + job.late(job.submission + setup.seconds) for setup in job.setups) for job in instance.jobs
    )
    return Bound(sum(jobs) * (1 - SAFE), jobs)


def interrupted(instance: Instance) -> Bound:
    """Bound each job on its own where it may be interrupted and change its setup."""
    jobs = tuple(_mixed(job) for job in instance.jobs)
    return Bound(sum(jobs) * (1 - SAFE), jobs)


def _mixed(job: Job) -> float:
    points = sorted((setup.seconds, setup.share) for setup in job.setups)
    room = job.deadline - job.submission
    least = min(share + job.late(job.submission + seconds) for seconds, share in points)
    for fast, dear in points:
        for slow, cheap in points:
            if fast <= room < slow and cheap < dear:  # exactly at the deadline, part of it with each of two setups
                least = min(least, dear + (cheap - dear) * (room - fast) / (slow - fast))
    return least


def priced(instance: Instance, schedule: Schedule, *, cost: float, iterations: int = 120, until: float = inf) -> Bound:
    """Bound schedules without interruptions by prices of the nodes' time.

    Args:
        instance: What is to be scheduled.
        schedule: A good schedule; it only says where time is to be parted.
        cost: What it costs, towards which the prices are raised.
        iterations: Steps of the subgradient method.
        until: ``time.monotonic()`` at which to stop.
    """
    best = alone(instance)
    if not instance.jobs:
        return best
    relaxed = _Relaxation(instance, schedule)
    prices, pace, stale = np.zeros((len(instance.groups), len(relaxed.lengths))), 1.0, 0
    for _ in range(iterations):
        if monotonic() > until or best.cost >= cost * (1 - 1e-7):
            break
        costs, excess = relaxed.solved(prices)
        value = float(costs.sum() - (prices * relaxed.capacity).sum())
        if value > best.cost:
            best, stale = Bound(value * (1 - SAFE), tuple(costs.tolist())), 0
        else:
            stale += 1
            if stale >= 5:
                pace, stale = pace / 2, 0
        steepness = float((excess * excess / relaxed.lengths).sum())
        if steepness <= 0:
            break
        prices = np.maximum(0.0, prices + pace * (cost - value) / steepness * excess / relaxed.lengths)
    return best


class _Relaxation:
    """All jobs with all their setups on all groups, as rows of arrays."""

    def __init__(self, instance: Instance, schedule: Schedule) -> None:
        rows = [
            (place, setup.seconds, setup.share, setup.gpus / setup.configuration.gpus, number)
            for place, job in enumerate(instance.jobs)
            for setup in job.setups
            for number, (configurations, _) in enumerate(instance.groups)
            if setup.configuration in configurations
        ]
        owner = np.array([row[0] for row in rows])
        self.seconds, self.share, self.part = (np.array([row[k] for row in rows]) for k in (1, 2, 3))
        self.group = np.array([row[4] for row in rows])
        self.first = np.flatnonzero(np.r_[True, owner[1:] != owner[:-1]])
        self.submission = np.array([job.submission for job in instance.jobs])[owner]
        self.deadline = np.array([job.deadline for job in instance.jobs])[owner]
        self.weight = np.array([job.weight for job in instance.jobs])[owner]
        parts = max(4, min(PARTS, ENTRIES // (2 * len(rows))))
        self.edges = _edges(instance, schedule, parts)
        self.lengths = np.diff(self.edges)
        nodes = np.array([float(len(places)) for _, places in instance.groups])
        self.capacity = nodes[:, None] * self.lengths[None, :]
        self.starts = self._candidates()
        self.ends = self.starts + self.seconds[:, None]
        late = self.weight[:, None] * np.maximum(0.0, self.ends - self.deadline[:, None])
        self.fixed = self.share[:, None] + late

    def _candidates(self) -> Array:
        # The cost of a start is linear between these, and grows after the last: the least is at one of them.
        edges = np.broadcast_to(self.edges, (len(self.seconds), len(self.edges)))
        meeting = (self.deadline - self.seconds)[:, None]
        every = np.concatenate([self.submission[:, None], meeting, edges, edges - self.seconds[:, None]], axis=1)
        starts: Array = np.maximum(every, self.submission[:, None])
        return starts

    def solved(self, prices: Array) -> tuple[Array, Array]:
        """Give what each job costs at these prices, (jobs,), and use minus capacity in seconds, (groups, parts)."""
        paid = np.empty_like(self.fixed)
        for number, price in enumerate(prices):
            total = np.r_[0.0, np.cumsum(price * self.lengths)]
            own = self.group == number
            spent = np.interp(self.ends[own], self.edges, total) - np.interp(self.starts[own], self.edges, total)
            paid[own] = self.part[own, None] * spent
        paid += self.fixed
        at = paid.argmin(axis=1)
        least = paid[np.arange(len(at)), at]
        costs = np.minimum.reduceat(least, self.first)
        excess = -self.capacity
        bounds = np.r_[self.first, len(least)]
        chosen = np.array([a + int(least[a:b].argmin()) for a, b in pairwise(bounds)])
        start, end = self.starts[chosen, at[chosen]], self.ends[chosen, at[chosen]]
        overlap = np.minimum(end[:, None], self.edges[None, 1:]) - np.maximum(start[:, None], self.edges[None, :-1])
        np.add.at(excess, self.group[chosen], self.part[chosen, None] * np.maximum(0.0, overlap))
        return costs, excess


def _edges(instance: Instance, schedule: Schedule, parts: int) -> Array:
    submissions = {job.submission for job in instance.jobs}
    moments = sorted(submissions | {moment for piece in schedule for moment in (piece.start, piece.end)})
    if len(moments) > parts + 1:
        moments = [moments[round(k * (len(moments) - 1) / parts)] for k in range(parts + 1)]
    return np.array(moments) if len(moments) > 1 else np.array([moments[0], moments[0] + 1.0])
