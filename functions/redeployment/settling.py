"""Of placements that cost the same, one that changes less of what runs."""

from collections.abc import Iterator

from functions.placement.evaluation import Evaluator
from functions.placement.system import Placement, System

EQUAL = 1e-9
"""Share of a cost by which two may differ and count as the same."""


def settled(system: System, current: Placement, placement: Placement) -> Placement:
    """Let each component run as it does now, one after the other, where that breaks no rule and costs no more.

    Args:
        placement: One that is feasible.
    """
    evaluator = Evaluator(system)
    most = evaluator.evaluate(placement).cost * (1 + EQUAL)
    changed = True
    while changed:
        changed = False
        for nearer in _nearer(system, current, placement):
            verdict = evaluator.evaluate(nearer)
            if verdict.feasible and verdict.cost <= most:
                placement, changed = nearer, True
                break
    return placement


def _nearer(system: System, current: Placement, placement: Placement) -> Iterator[Placement]:
    """Give the placements in which one more component runs as it does now."""
    for name, component in system.components.items():
        deployment = current.deployments.get(name, "")
        parts = [(name, partition) for partition in component.deployments.get(deployment, ())]
        now = {part: current.resources[part] for part in parts if part in current.resources}
        resources = {part: each for part, each in placement.resources.items() if part[0] != name} | now
        if now and resources != placement.resources:
            used = {*resources.values()}
            nodes = {each: count for each, count in placement.nodes.items() if each in used}
            yield Placement({**placement.deployments, name: deployment}, resources, nodes)
