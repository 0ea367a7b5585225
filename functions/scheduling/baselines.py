"""First in first out, earliest deadline first, and the weightiest first: what people do without a planner.

As in ANDREAS's comparison a job has a node of its own and keeps it to the end.
"""

from collections.abc import Callable
from dataclasses import dataclass

from functions.scheduling.simulation import Active, Assignment, Decision, Moment, Nodes, preferred

Key = Callable[[Active], tuple[float, str]]


@dataclass(frozen=True)
class FirstPrinciple:
    """Takes waiting jobs in one order, and gives each its preferred setup of those that can be had now."""

    key: Key

    def __call__(self, moment: Moment) -> Decision:
        """Let what runs run on, and start what can be started."""
        nodes = Nodes(moment.instance)
        runs = dict(moment.running)
        for assignment in runs.values():
            nodes.take(*assignment)
        for active in sorted((each for each in moment.active if each.job.name not in runs), key=self.key):
            place = _place(active, moment.now, nodes)
            if place:
                runs[active.job.name] = place
            elif len(nodes.on) == len(moment.instance.nodes):
                break
        return Decision(runs)


def _place(active: Active, now: float, nodes: Nodes) -> Assignment | None:
    for setup in preferred(active, now):
        empty = nodes.off(setup.configuration)
        if empty is not None:
            return nodes.take(empty, setup)
    return None


FIFO: Key = lambda each: (each.job.submission, each.job.name)  # noqa: E731
EDF: Key = lambda each: (each.job.deadline, each.job.name)  # noqa: E731
PRIORITY: Key = lambda each: (-each.job.weight, each.job.name)  # noqa: E731
ORDERS: dict[str, Key] = {"FIFO": FIFO, "EDF": EDF, "Priority": PRIORITY}
