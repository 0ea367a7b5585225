"""Rolling horizon: at each submission and each end a policy says anew what runs where, knowing nothing of what comes.

What has been done of a job stays done when it is moved or put aside, as in ANDREAS: trainings keep checkpoints.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import inf
from typing import NamedTuple, Protocol

from functions.scheduling.instance import Configuration, Instance, Job, Piece, Schedule, Setup, ordered

NEAR = 1e-9
"""Share of a job that counts as nothing."""


class Assignment(NamedTuple):
    """Where a job runs now: the place of the node, and the setup."""

    node: int
    setup: Setup


@dataclass(frozen=True)
class Active:
    """A job that is submitted and has not ended; ``left`` is the share of its work still to do."""

    job: Job
    left: float

    def seconds(self, setup: Setup) -> float:
        """What is left to do, with one setup."""
        return self.left * setup.seconds


@dataclass(frozen=True)
class Moment:
    """All that a policy may know."""

    now: float
    instance: Instance
    active: tuple[Active, ...]
    running: Mapping[str, Assignment]


@dataclass
class Decision:
    """What runs from now on, by the jobs' names; ``wake`` is when the policy wants to be asked again at the latest."""

    runs: dict[str, Assignment] = field(default_factory=dict)
    wake: float = inf


class Policy(Protocol):
    """Decides at each moment; a policy that never moves a running job gives schedules without interruptions."""

    def __call__(self, moment: Moment, /) -> Decision:
        """Say what runs now."""


def simulated(instance: Instance, policy: Policy) -> Schedule:
    """Let a policy run all jobs of an instance to their ends.

    Raises:
        RuntimeError: The policy lets nothing run although nothing else will happen.
    """
    coming = sorted(instance.jobs, key=lambda job: job.submission)
    left: dict[str, float] = {}
    known: dict[str, Job] = {}
    running: dict[str, tuple[Assignment, float, float]] = {}
    pieces: list[Piece] = []
    now, place = coming[0].submission if coming else 0.0, 0
    while place < len(coming) or left:
        while place < len(coming) and coming[place].submission <= now:
            known[coming[place].name], left[coming[place].name] = coming[place], 1.0
            place += 1
        decision = policy(_moment(now, instance, known, left, running))
        for name in [each for each, (was, _, _) in running.items() if decision.runs.get(each) != was]:
            _stop(name, now, running, left, pieces, instance)
        for name, to in decision.runs.items():
            if name not in running:
                running[name] = (to, now, now + left[name] * to.setup.seconds)
        nearest = min((end for _, _, end in running.values()), default=inf)
        following = min(nearest, decision.wake, coming[place].submission if place < len(coming) else inf)
        if following == inf:
            raise RuntimeError(f"nothing runs at {now:g}, and {len(left)} jobs wait")
        now = following
        for name in [each for each, (_, _, end) in running.items() if end <= now]:
            _stop(name, now, running, left, pieces, instance)
            del left[name], known[name]
    return ordered(pieces)


def _moment(
    now: float,
    instance: Instance,
    known: Mapping[str, Job],
    left: Mapping[str, float],
    running: Mapping[str, tuple[Assignment, float, float]],
) -> Moment:
    active = []
    for name, share in left.items():
        if name in running:
            assignment, since, _ = running[name]
            share -= (now - since) / assignment.setup.seconds
        active.append(Active(known[name], max(share, NEAR)))
    return Moment(now, instance, tuple(active), {name: each for name, (each, _, _) in running.items()})


def _stop(
    name: str,
    now: float,
    running: dict[str, tuple[Assignment, float, float]],
    left: dict[str, float],
    pieces: list[Piece],
    instance: Instance,
) -> None:
    assignment, since, _ = running.pop(name)
    if now > since:
        pieces.append(Piece(since, now, name, instance.nodes[assignment.node].name, assignment.setup))
        left[name] = max(left[name] - (now - since) / assignment.setup.seconds, NEAR)


class Nodes:
    """The nodes at one moment: what each that is on is, and how many of its GPUs are in use."""

    def __init__(self, instance: Instance) -> None:
        self.instance = instance
        self.on: dict[int, Configuration] = {}
        self.used: dict[int, int] = {}

    def take(self, node: int, setup: Setup) -> Assignment:
        """Use GPUs of a node, and switch it on if it is off."""
        self.on[node] = setup.configuration
        self.used[node] = self.used.get(node, 0) + setup.gpus
        return Assignment(node, setup)

    def free(self, node: int) -> int:
        """GPUs that nobody uses, of a node that is on."""
        return self.on[node].gpus - self.used[node]

    def is_full(self) -> bool:
        """All nodes are on and all their GPUs in use."""
        return len(self.on) == len(self.instance.nodes) and not any(self.free(node) for node in self.on)

    def off(self, configuration: Configuration) -> int | None:
        """Give the first node that is off and can be that."""
        if len(self.on) == len(self.instance.nodes):
            return None
        fitting = (
            place
            for place, node in enumerate(self.instance.nodes)
            if place not in self.on and configuration in node.configurations
        )
        return next(fitting, None)


def preferred(active: Active, now: float) -> list[Setup]:
    """Order setups as GPUScheduler does: those that meet the deadline, the cheapest machine first; then the fastest."""
    meeting, missing = [], []
    for setup in active.job.setups:
        seconds = active.seconds(setup)
        if now + seconds <= active.job.deadline:
            meeting.append((setup.configuration.rate * seconds, setup))
        else:
            missing.append((seconds, setup))
    return [setup for _, setup in (*sorted(meeting), *sorted(missing))]
