"""What scheduling gives: a schedule, its cost, and how much cheaper another could be at most."""

from dataclasses import dataclass, field

from functions.scheduling.checking import Verdict
from functions.scheduling.instance import Instance, Schedule
from functions.scheduling.results import document

PROVEN = 1e-6
"""Relative gap at which a schedule counts as the cheapest."""
ROUNDING = 2e-9
"""Relative gap that the bounds leave for rounding."""


@dataclass(frozen=True)
class ScheduleAnswer:
    """A schedule that the checker has found possible, and its certificate.

    Attributes:
        bound: No schedule costs less: none without interruptions, or none at all if ``interruptions``.
        interruptions: Whether jobs may be interrupted, moved and given other setups, keeping what is done of them.
        proven: The gap is nothing but rounding.
        stopped: What ended the work: proof, iterations or seconds; only after the last does the machine's speed matter.
        baselines: What first in first out, earliest deadline first and priority would have cost.
    """

    instance: Instance
    schedule: Schedule
    verdict: Verdict
    bound: float
    method: str
    interruptions: bool
    stopped: str
    seconds: float
    seed: int
    baselines: dict[str, Verdict] = field(default_factory=dict)

    @property
    def cost(self) -> float:
        """Money for the nodes and for being late."""
        return self.verdict.cost

    @property
    def gap(self) -> float:
        """Share of the cost that a better schedule could save at most."""
        share = 1 - self.bound / self.cost if self.cost > 0 else 0.0
        return share if share > ROUNDING else 0.0

    @property
    def proven(self) -> bool:
        """No schedule of this class is cheaper."""
        return self.gap <= PROVEN

    def document(self) -> dict[str, object]:
        """Give the result as JSON takes it."""
        return document(self)
