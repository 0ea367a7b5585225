"""A schedule under construction: what runs on each node when, and what one more job would cost, exactly.

Jobs are not interrupted here. Whatever else is fixed, the best start of one more job on a node is its submission, the
last that meets its deadline, or one at which it begins or ends together with something that runs there: between these
what it costs is linear in its start.
"""

from bisect import insort
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import inf
from typing import NamedTuple

from functions.scheduling.instance import Instance, Piece, Schedule, ordered


class Option(NamedTuple):
    """A setup in numbers: ``kind`` is the place of its configuration among the instance's, ``room`` its GPUs."""

    kind: int
    gpus: int
    room: int
    seconds: float
    rate: float
    share: float
    setup: int


class Run(NamedTuple):
    """One job on one node, ``job`` and ``option`` by their places."""

    start: float
    end: float
    gpus: int
    kind: int
    job: int
    option: int


class Place(NamedTuple):
    """Where one more job could go, and what the schedule would then cost more."""

    cost: float
    node: int
    option: int
    start: float


@dataclass(frozen=True)
class Work:
    """One job in numbers, its options in order of ``least``, the cost below which each cannot be had."""

    submission: float
    deadline: float
    weight: float
    options: tuple[Option, ...]
    least: tuple[float, ...]


def works(instance: Instance) -> tuple[Work, ...]:
    """Bring the jobs of an instance to numbers, in its order."""
    kinds = {each: place for place, each in enumerate(instance.configurations)}
    made = []
    for job in instance.jobs:
        options = []
        for place, setup in enumerate(job.setups):
            each = setup.configuration
            option = Option(kinds[each], setup.gpus, each.gpus, setup.seconds, each.rate, setup.share, place)
            options.append((setup.share + job.late(job.submission + setup.seconds), option))
        options.sort()
        least, own = tuple(cost for cost, _ in options), tuple(option for _, option in options)
        made.append(Work(job.submission, job.deadline, job.weight, own, least))
    return tuple(made)


class Timeline:
    """What runs where; ``runs[node]`` is in order of the starts and never changed in place."""

    def __init__(self, instance: Instance, known: tuple[Work, ...]) -> None:
        self.instance = instance
        self.works = known
        kinds = {each: place for place, each in enumerate(instance.configurations)}
        self.can_be = [frozenset(kinds[each] for each in node.configurations) for node in instance.nodes]
        self.rates = [each.rate for each in instance.configurations]
        self.runs: list[tuple[Run, ...]] = [()] * len(instance.nodes)
        self.where: dict[int, int] = {}
        groups = {each.configurations: number for number, each in enumerate(reversed(instance.nodes))}
        self.group = [groups[each.configurations] for each in instance.nodes]

    def add(self, job: int, place: Place) -> None:
        """Let a job run at a place that ``best`` gave."""
        option = self.works[job].options[place.option]
        runs = list(self.runs[place.node])
        insort(runs, Run(place.start, place.start + option.seconds, option.gpus, option.kind, job, place.option))
        self.runs[place.node] = tuple(runs)
        self.where[job] = place.node

    def remove(self, jobs: Iterable[int]) -> None:
        """Take jobs out."""
        for job in jobs:
            node = self.where.pop(job)
            self.runs[node] = tuple(run for run in self.runs[node] if run.job != job)

    def cost(self, nodes: Iterable[int] | None = None) -> float:
        """Give what some nodes cost, all by default, with the lateness of the jobs on them."""
        return sum(self._cost(self.runs[node]) for node in (range(len(self.runs)) if nodes is None else nodes))

    def _cost(self, runs: Sequence[Run]) -> float:
        total, until = 0.0, -inf
        for run in runs:
            work = self.works[run.job]
            if run.end > until:
                total += (run.end - max(run.start, until)) * self.rates[run.kind]
                until = run.end
            if run.end > work.deadline:
                total += (run.end - work.deadline) * work.weight
        return total

    def best(
        self,
        job: int,
        *,
        trust: float = 0.0,
        blur: Sequence[float] | None = None,
        among: Sequence[int] | None = None,
    ) -> Place:
        """Give the cheapest place for one more job.

        Args:
            job: Its place.
            trust: How much of the idle GPUs beside it will be paid for by others, from 0 to 1.
            blur: A factor for each option, to look at them in another light.
            among: The nodes to look at, all by default.
        """
        work = self.works[job]
        found = Place(inf, -1, -1, 0.0)
        representatives = self._nodes(work.submission, range(len(self.runs)) if among is None else among)
        for number, option in enumerate(work.options):
            if work.least[number] * (blur[number] if blur else 1.0) >= found.cost:
                if blur:
                    continue
                break
            for node in representatives:
                if option.kind in self.can_be[node]:
                    factor = blur[number] if blur else 1.0
                    seen = self._start(work, option, self.runs[node], trust, found.cost / factor)
                    if seen[0] * factor < found.cost:
                        found = Place(seen[0] * factor, node, number, seen[1])
        return found

    def _nodes(self, moment: float, among: Iterable[int]) -> list[int]:
        # Of nodes of one group on which nothing runs any more, one stands for all.
        seen: set[int] = set()
        chosen = []
        for node in among:
            runs = self.runs[node]
            if runs and max([run.end for run in runs]) > moment:
                chosen.append(node)
            elif self.group[node] not in seen:
                seen.add(self.group[node])
                chosen.append(node)
        return chosen

    def _start(
        self, work: Work, option: Option, runs: Sequence[Run], trust: float, limit: float
    ) -> tuple[float, float]:
        """Give (cost, start) of the best start on one node, (inf, 0) if none costs less than ``limit``."""
        submission, seconds = work.submission, option.seconds
        after = [run for run in runs if run.end > submission]
        starts = [submission, work.deadline - seconds]
        for run in after:
            starts += (run.end, run.start, run.end - seconds, run.start - seconds)
        found, at = inf, 0.0
        for start in sorted({each for each in starts if each >= submission}):
            end = start + seconds
            late = work.weight * (end - work.deadline) if end > work.deadline else 0.0
            if late >= min(limit, found):
                break
            alone = _alone(after, option, start, end)
            if alone < 0:
                continue
            paid = alone * option.rate
            if trust:
                paid = (1 - trust) * paid + trust * min(paid, option.share)
            if paid + late < found:
                found, at = paid + late, start
        return found, at

    def schedule(self) -> Schedule:
        """Give the pieces."""
        pieces = []
        for node, runs in zip(self.instance.nodes, self.runs, strict=True):
            for run in runs:
                job = self.instance.jobs[run.job]
                setup = job.setups[self.works[run.job].options[run.option].setup]
                pieces.append(Piece(run.start, run.end, job.name, node.name, setup))
        return ordered(pieces)


def _alone(runs: Sequence[Run], option: Option, start: float, end: float) -> float:
    """Give the seconds from ``start`` to ``end`` in which nothing else runs; -1 if the job does not fit there."""
    beside = [run for run in runs if run.start < end and run.end > start]
    if not beside:
        return end - start
    used = option.gpus
    alone, until = 0.0, start
    for run in beside:
        if run.kind != option.kind:
            return -1.0
        used += run.gpus
        if run.start > until:
            alone += run.start - until
        until = max(until, run.end)
    if used > option.room and _peak(beside, start) + option.gpus > option.room:
        return -1.0
    return alone + max(0.0, end - until)


def _peak(beside: Sequence[Run], start: float) -> int:
    """Give the most GPUs in use at once; usage only rises where a run starts."""
    return max(
        sum(run.gpus for run in beside if run.start <= moment < run.end)
        for moment in (max(each.start, start) for each in beside)
    )
