"""The exact formulation: schedules without interruptions as a mixed-integer linear programme in continuous time.

Jobs share a node in *sessions*: from the start of its first job, its leader, to the end of its last a session keeps one
configuration and is paid for. A session needs one node of a group that can be that, and at no start of a session may
more of them be open in a group than it has nodes, so that nodes are given out at the end, and no two solutions differ
only in the nodes' names. Times are hours here. Known costs make it tight: no job can end later than what is left of the
best known cost, less what all others cost at least, buys.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import permutations
from math import inf

from functions.scheduling.bounds import Bound
from functions.scheduling.instance import HOUR, Instance, Job, Setup
from functions.scheduling.programme import Programme, Terms

LOOSE = 1e-6
"""Share by which windows are left wider than the best known cost asks."""


@dataclass(frozen=True)
class Window:
    """When a job may run (hours after the first submission), and with which of its setups (their places)."""

    begin: float
    last_start: float
    end: float
    setups: tuple[int, ...]


def windows(instance: Instance, bound: Bound, cost: float) -> tuple[Window, ...]:
    """Give what each job may do in a schedule that costs ``cost`` at most."""
    begin = min(job.submission for job in instance.jobs)
    latest = max(job.submission for job in instance.jobs) + sum(
        max(setup.seconds for setup in job.setups) for job in instance.jobs
    )
    found = []
    for job, own in zip(instance.jobs, bound.jobs, strict=True):
        budget = (cost - (bound.cost - own)) * (1 + LOOSE)
        setups = tuple(k for k, setup in enumerate(job.setups) if _least(job, setup) <= budget)
        spare = budget - min(job.setups[k].share for k in setups)
        end = min(latest, job.deadline + spare / job.weight) if job.weight else latest
        end = max(end, job.submission + job.fastest)
        fastest = min(job.setups[k].seconds for k in setups)
        found.append(
            Window((job.submission - begin) / HOUR, (end - fastest - begin) / HOUR, (end - begin) / HOUR, setups)
        )
    return tuple(found)


def _least(job: Job, setup: Setup) -> float:
    return setup.share + job.late(job.submission + setup.seconds)


@dataclass
class Formulation:
    """The programme, and the numbers of its variables.

    Attributes:
        joins: (job, leader, setup) -> whether the job runs in the leader's session with that setup.
        starts: When each job starts, hours after ``origin``.
        ends: When each leader's session ends.
        before: (a, b) -> whether a does not start after b; only for a < b, the other is one minus it.
        over: (a, b) -> whether a has ended when b starts.
        closed: (k, l) -> whether k's session has ended when l's starts.
        group: (leader, group) -> whether the session is on a node of the group.
    """

    instance: Instance
    windows: Sequence[Window]
    bound: float
    programme: Programme = field(default_factory=Programme)
    joins: dict[tuple[int, int, int], int] = field(default_factory=dict)
    starts: list[int] = field(default_factory=list)
    ends: list[int] = field(default_factory=list)
    before: dict[tuple[int, int], int] = field(default_factory=dict)
    over: dict[tuple[int, int], int] = field(default_factory=dict)
    closed: dict[tuple[int, int], int] = field(default_factory=dict)
    group: dict[tuple[int, int], int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.count = len(self.instance.jobs)
        self.last = max(window.end for window in self.windows)
        self._variables()
        for job in range(self.count):
            self._job(job)
        for a, b in permutations(range(self.count), 2):
            self._pair(a, b)
        for a, b, c in permutations(range(self.count), 3):
            self._line(a, b, c)
        for leader in range(self.count):
            self._session(leader)
            self._room(leader)
        self._nodes()
        everything = [(k, cost) for k, cost in enumerate(self.programme.costs) if cost]
        self.programme.at_least(everything, self.bound)

    def _variables(self) -> None:
        add = self.programme
        for window in self.windows:
            self.starts.append(add.variable(window.begin, window.last_start))
            self.ends.append(add.variable(window.begin, self.last))
        for job, window in enumerate(self.windows):
            for leader, other in enumerate(self.windows):
                if other.begin <= window.last_start:
                    for setup in window.setups:
                        self.joins[job, leader, setup] = add.binary()
        self.late = [add.variable(0, inf, cost=job.weight * HOUR) for job in self.instance.jobs]
        self.paid = [add.variable(0, inf, cost=1.0) for _ in self.instance.jobs]
        for a, b in permutations(range(self.count), 2):
            one, other = self.windows[a], self.windows[b]
            if a < b:
                first = 1 if one.last_start <= other.begin else 0 if other.last_start < one.begin else None
                self.before[a, b] = add.binary(at=first)
            self.over[a, b] = add.binary(
                at=1 if one.end <= other.begin else 0 if other.last_start < one.begin else None
            )

    def seconds(self, job: int, setup: int) -> float:
        """Hours of a setup."""
        return self.instance.jobs[job].setups[setup].seconds / HOUR

    def member(self, job: int, leader: int) -> Terms:
        """Say whether the job is in the leader's session, as a sum."""
        return [(self.joins[job, leader, k], 1.0) for k in self.windows[job].setups if (job, leader, k) in self.joins]

    def length(self, job: int, factor: float = 1.0) -> Terms:
        """Give the hours of a job, as a sum."""
        return [(x, factor * self.seconds(j, k)) for (j, _, k), x in self.joins.items() if j == job]

    def earlier(self, a: int, b: int, factor: float = 1.0) -> tuple[Terms, float]:
        """Say whether a does not start after b, as a sum and a constant."""
        return ([(self.before[a, b], factor)], 0.0) if a < b else ([(self.before[b, a], -factor)], factor)

    def _job(self, job: int) -> None:
        """One setup in one session; lateness; members are as their leader is and start after it."""
        rows, own, window = self.programme, self.instance.jobs[job], self.windows[job]
        rows.equal([(x, 1.0) for (j, _, _), x in self.joins.items() if j == job], 1)
        origin = min(each.submission for each in self.instance.jobs)
        due = (own.deadline - origin) / HOUR
        rows.at_least([(self.late[job], 1.0), (self.starts[job], -1.0), *self.length(job, -1.0)], -due)
        soonest = [
            (x, -max(0.0, window.begin + self.seconds(job, k) - due)) for (j, _, k), x in self.joins.items() if j == job
        ]
        rows.at_least([(self.late[job], 1.0), *soonest], 0)
        rows.at_most([(self.starts[job], 1.0), *self.length(job)], window.end)

    def _pair(self, a: int, b: int) -> None:
        """Order of two jobs in time, and what it means for being over."""
        rows, one, other = self.programme, self.windows[a], self.windows[b]
        # b starts at or after a's start if a is before b, and at or after a's end if a is over.
        earlier, constant = self.earlier(a, b, -(one.last_start - other.begin))
        wide = one.last_start - other.begin
        if wide > 0:
            rows.at_least([(self.starts[b], 1.0), (self.starts[a], -1.0), *earlier], -wide - constant)
        wide = one.end - other.begin
        if wide > 0:
            ended = [(self.starts[b], 1.0), (self.starts[a], -1.0), *self.length(a, -1.0), (self.over[a, b], -wide)]
            rows.at_least(ended, -wide)
        earlier, constant = self.earlier(a, b)
        rows.at_least([*earlier, (self.over[a, b], -1.0)], -constant)

    def _line(self, a: int, b: int, c: int) -> None:
        """Jobs that start together are in one order too: without it three could each be before the next."""
        if a != min(a, b, c):
            return  # the same circle, begun elsewhere
        circle, constants = zip(*(self.earlier(*each) for each in ((a, b), (b, c), (c, a))), strict=True)
        self.programme.at_most([term for terms in circle for term in terms], 2 - sum(constants))

    def _session(self, leader: int) -> None:
        """What a session costs, and who is in it."""
        rows, paid = self.programme, self.paid[leader]
        own = self.instance.jobs[leader]
        shares: list[tuple[int, float]] = []
        for job in range(self.count):
            joined = self.member(job, leader)
            if not joined:
                continue
            setups = self.instance.jobs[job].setups
            terms = [(k, self.joins[job, leader, k]) for k in self.windows[job].setups]
            shares += [(x, -setups[k].share) for k, x in terms]
            rows.at_least([(paid, 1.0), *((x, -setups[k].configuration.rate * setups[k].seconds) for k, x in terms)], 0)
            wide = self.windows[job].end - self.windows[leader].begin
            ended = [(self.ends[leader], 1.0), (self.starts[job], -1.0), *self.length(job, -1.0)]
            rows.at_least([*ended, *((x, -wide) for x, _ in joined)], -wide)
            if job != leader:
                self._follows(job, leader)
        rows.at_least([(paid, 1.0), *shares], 0)
        for configuration in sorted({own.setups[k].configuration for k in self.windows[leader].setups}):
            wide = configuration.cost * (self.last - self.windows[leader].begin)
            cost = [(paid, 1.0), (self.ends[leader], -configuration.cost), (self.starts[leader], configuration.cost)]
            chosen = self._is(leader, leader, configuration)
            rows.at_least([*cost, *((x, -wide) for x, _ in chosen)], -wide)

    def _follows(self, job: int, leader: int) -> None:
        rows, joined = self.programme, self.member(job, leader)
        wide = self.windows[leader].last_start - self.windows[job].begin
        if wide > 0:
            rows.at_least(
                [(self.starts[job], 1.0), (self.starts[leader], -1.0), *((x, -wide) for x, _ in joined)], -wide
            )
        earlier, constant = self.earlier(leader, job)
        rows.at_least([*earlier, *((x, -1.0) for x, _ in joined)], -constant)
        for configuration in sorted({each.configuration for each in self.instance.jobs[job].setups}):
            followers = self._is(job, leader, configuration)
            rows.at_most([*followers, *((x, -1.0) for x, _ in self._is(leader, leader, configuration))], 0)

    def _is(self, job: int, leader: int, configuration: object) -> Terms:
        setups = self.instance.jobs[job].setups
        return [
            (self.joins[job, leader, k], 1.0)
            for k in self.windows[job].setups
            if (job, leader, k) in self.joins and setups[k].configuration == configuration
        ]

    def _gpus(self, job: int, leader: int) -> Terms:
        setups = self.instance.jobs[job].setups
        return [(self.joins[job, leader, k], float(setups[k].gpus)) for k in self.windows[job].setups]

    def _room(self, leader: int) -> None:
        """No more GPUs in a session than its node has, at the start of each of its jobs."""
        rows, setups = self.programme, self.instance.jobs[leader].setups
        has = [
            (self.joins[leader, leader, k], -float(setups[k].configuration.gpus)) for k in self.windows[leader].setups
        ]
        members = [job for job in range(self.count) if self.member(job, leader)]
        for job in members:
            taken: list[tuple[int, float]] = []
            for other in members:
                begun = self.windows[other].begin <= self.windows[job].last_start
                if other == job or not begun or self.windows[other].end <= self.windows[job].begin:
                    continue
                most = max(self.instance.jobs[other].setups[k].gpus for k in self.windows[other].setups)
                beside = rows.variable(0, most)
                taken.append((beside, 1.0))
                earlier, constant = self.earlier(other, job, -most)
                here = [(x, -float(most)) for x, _ in self.member(job, leader)]
                used = [(x, -gpus) for x, gpus in self._gpus(other, leader)]
                active = [*earlier, (self.over[other, job], float(most))]
                rows.at_least([(beside, 1.0), *used, *active, *here], -2.0 * most - constant)
            rows.at_most([*taken, *self._gpus(job, leader), *has], 0)

    def _nodes(self) -> None:
        """No more sessions at once than there are nodes."""
        rows = self.programme
        for leader in range(self.count):
            led = self.member(leader, leader)
            for number in range(len(self.instance.groups)):
                self.group[leader, number] = rows.binary()
            rows.equal([*((self.group[leader, h], 1.0) for h in range(len(self.instance.groups))), *_minus(led)], 0)
            for configuration in self.instance.configurations:
                fitting = [h for h, (can_be, _) in enumerate(self.instance.groups) if configuration in can_be]
                chosen = self._is(leader, leader, configuration)
                rows.at_most([*chosen, *((self.group[leader, h], -1.0) for h in fitting)], 0)
        for a, b in permutations(range(self.count), 2):
            self.closed[a, b] = rows.binary()
            earlier, constant = self.earlier(a, b)
            rows.at_least([*earlier, (self.closed[a, b], -1.0)], -constant)
            wide = self.last - self.windows[b].begin
            rows.at_least([(self.starts[b], 1.0), (self.ends[a], -1.0), (self.closed[a, b], -wide)], -wide)
        for h, (_, places) in enumerate(self.instance.groups):
            for b in range(self.count):
                self._open(h, b, len(places))

    def _open(self, h: int, b: int, nodes: int) -> None:
        if self.count <= nodes:
            return
        rows = self.programme
        opened = []
        for a in range(self.count):
            if a != b:
                both = rows.variable(0, 1)
                opened.append((both, 1.0))
                earlier, constant = self.earlier(a, b, -1.0)
                led = [(self.group[a, h], -1.0), (self.group[b, h], -1.0)]
                rows.at_least([(both, 1.0), *led, *earlier, (self.closed[a, b], 1.0)], -2.0 - constant)
        rows.at_most(opened, nodes - 1)


def _minus(terms: Terms) -> Terms:
    return [(variable, -value) for variable, value in terms]
