"""Is a schedule possible, and what does it cost? Told by going through time; no solver's code is used here."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from functions.scheduling.instance import HOUR, Instance, Job, Node, Piece

SLACK = 1e-6
"""Seconds by which rounding may be off, for each day that a schedule goes on."""
DONE = 1e-9
"""Share of a job by which rounding may be off."""


@dataclass(frozen=True)
class Ending:
    """How one job fares: when it first starts and last ends, and how many seconds after its deadline."""

    job: str
    start: float
    end: float
    tardiness: float
    tardiness_cost: float


@dataclass(frozen=True)
class Verdict:
    """What a schedule costs (money), and why it is impossible, if it is: one sentence each."""

    node_cost: float
    tardiness_cost: float
    endings: tuple[Ending, ...]
    faults: tuple[str, ...]

    @property
    def cost(self) -> float:
        """Money for the nodes and for being late."""
        return self.node_cost + self.tardiness_cost

    @property
    def is_possible(self) -> bool:
        """Nothing is wrong."""
        return not self.faults


def check(instance: Instance, schedule: Sequence[Piece], *, interruptions: bool = False) -> Verdict:
    """Go through a schedule and find all that is wrong with it.

    Args:
        instance: What it is a schedule of.
        schedule: Pieces in any order.
        interruptions: Whether a job may have more than one piece, each adding its share of the work.
    """
    faults: list[str] = []
    jobs = {job.name: job for job in instance.jobs}
    nodes = {node.name: node for node in instance.nodes}
    known = []
    for piece in schedule:
        if piece.job in jobs and piece.node in nodes and piece.end > piece.start:
            known.append(piece)
        else:
            faults.append(f"{piece.job} on {piece.node} from {piece.start:g} to {piece.end:g} is not of this instance")
    slack = SLACK * max(1.0, max((each.end for each in known), default=0.0) / (24 * HOUR))
    endings = []
    for name, job in jobs.items():
        own = sorted((each for each in known if each.job == name), key=lambda each: each.start)
        faults.extend(_faults_of_job(job, own, slack, interruptions=interruptions))
        if own:
            endings.append(_ending(job, own))
    paid = 0.0
    for name, node in nodes.items():
        cost, wrong = _node(node, [each for each in known if each.node == name], slack)
        paid += cost
        faults.extend(wrong)
    return Verdict(paid, sum(each.tardiness_cost for each in endings), tuple(endings), tuple(faults))


def _ending(job: Job, own: Sequence[Piece]) -> Ending:
    end = max(each.end for each in own)
    tardiness = end - job.deadline if end > job.deadline else 0.0
    return Ending(job.name, own[0].start, end, tardiness, tardiness * job.weight)


def _faults_of_job(job: Job, own: Sequence[Piece], slack: float, *, interruptions: bool) -> Iterator[str]:
    if not own:
        yield f"{job.name} never runs"
        return
    if len(own) > 1 and not interruptions:
        yield f"{job.name} is interrupted"
    if own[0].start < job.submission - slack:
        yield f"{job.name} starts at {own[0].start:g}, before it is submitted at {job.submission:g}"
    yield from (f"{job.name} is in two places at {b.start:g}" for a, b in pairwise(own) if b.start < a.end - slack)
    yield from (f"{job.name} has no such setup as {each.setup}" for each in own if each.setup not in job.setups)
    done = sum((each.end - each.start) / each.setup.seconds for each in own)
    if abs(done - 1) > DONE + len(own) * slack / job.fastest:
        yield f"{job.name} is done {done:.9f} times"


def _node(node: Node, pieces: Sequence[Piece], slack: float) -> tuple[float, list[str]]:
    """Give what one node costs, and what is wrong on it."""
    faults = [
        f"{node.name} cannot be {each.setup.configuration}"
        for each in pieces
        if each.setup.configuration not in node.configurations
    ]
    moments = sorted({moment for each in pieces for moment in (each.start, each.end)})
    paid = 0.0
    for begin, end in pairwise(moments):
        here = [each for each in pieces if each.start <= begin and each.end >= end]
        if not here:
            continue
        hours = (end - begin) / HOUR
        paid += hours * max(each.setup.configuration.cost for each in here)
        if end - begin <= slack:
            continue
        if len({each.setup.configuration for each in here}) > 1:
            faults.append(f"{node.name} has two configurations at {begin:g}")
        used, gpus = sum(each.setup.gpus for each in here), min(each.setup.configuration.gpus for each in here)
        if used > gpus:
            faults.append(f"{node.name} gives {used} of its {gpus} GPUs at {begin:g}")
    return paid, faults
