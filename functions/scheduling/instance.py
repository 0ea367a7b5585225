"""Training jobs, what they may run on, and the nodes that there are.

The model is that of ANDREAS (arXiv 2105.05080) and of ai-sprint-eu-project/GPUScheduler: a node is a virtual machine or
a server; while anything runs on it, it has one configuration, whose price is paid; a node on which nothing runs is
switched off and costs nothing. Times are seconds from any common moment, prices money an hour, weights money a second.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import cached_property

HOUR = 3600.0


@dataclass(frozen=True, order=True)
class Configuration:
    """What a node can be: a type of virtual machine with GPUs of one type.

    Attributes:
        gpus: How many it has; jobs on it share them out.
        cost: Money an hour, however many of the GPUs are in use.
    """

    vm: str
    gpu: str
    gpus: int
    cost: float

    @property
    def rate(self) -> float:
        """Money a second."""
        return self.cost / HOUR


@dataclass(frozen=True, order=True)
class Setup:
    """One way to run a job: ``gpus`` of a node of that configuration, for ``seconds`` if nothing interrupts it."""

    configuration: Configuration
    gpus: int
    seconds: float

    @property
    def share(self) -> float:
        """What the job costs if others use the rest of the node all the time; it never costs less (money)."""
        return self.configuration.rate * self.seconds * self.gpus / self.configuration.gpus


@dataclass(frozen=True)
class Job:
    """One training.

    Attributes:
        submission: When it becomes known and may start.
        deadline: When it should have ended.
        weight: Money for each second after the deadline.
        about: What else the list of jobs says of it, for people: application, images, epochs, batch size.
    """

    name: str
    submission: float
    deadline: float
    weight: float
    setups: tuple[Setup, ...]
    about: tuple[tuple[str, str], ...] = ()

    def late(self, end: float) -> float:
        """Money for ending at ``end``."""
        return self.weight * max(0.0, end - self.deadline)

    @cached_property
    def fastest(self) -> float:
        """Seconds of its fastest setup."""
        return min(setup.seconds for setup in self.setups)


@dataclass(frozen=True)
class Node:
    """One node; ``configurations`` has what it can be, more than one if it is rented anew whenever it is empty."""

    name: str
    configurations: tuple[Configuration, ...]


@dataclass(frozen=True)
class Instance:
    """All jobs and all nodes; every job has a setup that some node can give."""

    jobs: tuple[Job, ...]
    nodes: tuple[Node, ...]

    @cached_property
    def configurations(self) -> tuple[Configuration, ...]:
        """All that some node can be, each once and in order."""
        return tuple(sorted({each for node in self.nodes for each in node.configurations}))

    @cached_property
    def groups(self) -> tuple[tuple[tuple[Configuration, ...], tuple[int, ...]], ...]:
        """Nodes that can be the same things: (configurations, places in ``nodes``)."""
        found: dict[tuple[Configuration, ...], list[int]] = {}
        for place, node in enumerate(self.nodes):
            found.setdefault(node.configurations, []).append(place)
        return tuple((configurations, tuple(places)) for configurations, places in found.items())

    @cached_property
    def digest(self) -> str:
        """SHA-256 of all that a schedule depends on, in hexadecimal digits."""
        text = json.dumps([[asdict(job) for job in self.jobs], [asdict(node) for node in self.nodes]], sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()


@dataclass(frozen=True, order=True)
class Piece:
    """One job on one node without a break, from ``start`` to ``end``; ``job`` and ``node`` are names."""

    start: float
    end: float
    job: str
    node: str
    setup: Setup


Schedule = tuple[Piece, ...]
"""Pieces in order of their starts."""


def ordered(pieces: Sequence[Piece]) -> Schedule:
    """Put pieces in order, and join those that only a moment of planning has parted."""
    last: dict[str, Piece] = {}
    joined: list[Piece] = []
    for piece in sorted(pieces):
        before = last.get(piece.job)
        if before and (before.node, before.setup, before.end) == (piece.node, piece.setup, piece.start):
            last[piece.job] = Piece(before.start, piece.end, piece.job, piece.node, piece.setup)
        else:
            if before:
                joined.append(before)
            last[piece.job] = piece
    return tuple(sorted([*joined, *last.values()]))
