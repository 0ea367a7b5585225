"""Why there is no placement: the same programme with every limit elastic, which breaks as few as possible."""

import time
from dataclasses import replace

from functions.placement.answer import Relaxation
from functions.placement.evaluation import evaluate
from functions.placement.exact import network
from functions.placement.exact.figures import Figures
from functions.placement.exact.formulation import Count, Formulation
from functions.placement.exact.leeway import AMOUNT, Leeway
from functions.placement.exact.programme import Programme
from functions.placement.exact.refinement import Refinement
from functions.placement.system import Placement
from functions.placement.verdict import Evaluation

UNJOINED = "no network domain joins the layers where components that follow one another can run"
NOT_TOLD = "no placement keeps every limit; which to change was not looked for to the end"


def explain(figures: Figures, *, seconds: float, seed: int) -> Relaxation:
    """Find the fewest changes that make a placement possible, and among those the smallest.

    Args:
        figures: Of a system that has no placement.
        seconds: Of wall clock.
        seed: Of HiGHS.

    Returns:
        What to change; a placement with no changes if there is one after all.
    """
    deadline = time.monotonic() + seconds
    formulation = Formulation.of(figures, Leeway(Programme(), gives=True), ())
    if reason := _without_place(formulation):
        return Relaxation(reason, proven=True)
    network.exclude_unjoined(formulation)
    refinement = Refinement(formulation)
    best: tuple[Placement, Evaluation] | None = None
    while (left := deadline - time.monotonic()) > 0:
        outcome = formulation.programme.solve_surely(seconds=left, gap=AMOUNT * AMOUNT, seed=seed)
        if outcome.infeasible:
            return Relaxation(UNJOINED, proven=True)
        if not outcome.solutions:
            break
        placement = _with_what_is_there(formulation, formulation.placement(outcome.solutions[0]))
        verdict = evaluate(figures.system, placement)
        if best is None or len(verdict.violations) <= len(best[1].violations):
            best = placement, verdict
        if not refinement.learn(placement, verdict.violations, exclude=False):
            return _relaxation(placement, verdict, proven=outcome.optimal and not _is_rough(formulation, placement))
    return _relaxation(*best, proven=False) if best else Relaxation(NOT_TOLD)


def _with_what_is_there(formulation: Formulation, placement: Placement) -> Placement:
    """Switch on as many nodes as serve and are there: where every limit is elastic they cost nothing."""
    resources = formulation.figures.system.resources
    nodes = {
        name: max(count, min(_count(formulation, name, count).serving, resources[name].nodes))
        for name, count in placement.nodes.items()
    }
    return replace(placement, nodes=nodes)


def _is_rough(formulation: Formulation, placement: Placement) -> bool:
    """Tell whether more nodes than those that are paid for have to serve somewhere, or fewer changes may do."""
    resources = formulation.figures.system.resources
    return any(
        count > resources[name].nodes and _count(formulation, name, count).serving > count
        for name, count in placement.nodes.items()
    )


def _count(formulation: Formulation, name: str, nodes: int) -> Count:
    return max((each for each in formulation.nodes[name] if each.nodes <= nodes), key=lambda each: each.nodes)


def _relaxation(placement: Placement, verdict: Evaluation, *, proven: bool) -> Relaxation:
    changes = "; ".join(map(str, verdict.violations))
    return Relaxation(
        f"no placement keeps every limit; nearest is one where {changes}", verdict.violations, placement, proven
    )


def _without_place(formulation: Formulation) -> str:
    """Name a component none of whose deployments has a place for every partition."""
    usable = formulation.bounds.usable
    for component in formulation.figures.system.components.values():
        lacking = [
            next((name for name in chain if not usable[component.name, name]), None)
            for chain in component.deployments.values()
        ]
        if all(lacking):
            where = f"partition {lacking[0]} fits on no resource that it may use"
            return f"component {component.name} can run nowhere: {where}"
    return ""
