"""A running deployment placed anew, within the 1.5 s that SPACE4AI-R takes, and with a bound on what could be saved.

The search starts from what runs. Devices that are there stay: where a physical layer (an edge layer, unless others are
named) has a resource in use, no other resource of it is considered. Part of the time goes to the quick search, the rest
to the exact solver, whose bound holds whether it finishes or not.
"""

import time
from collections.abc import Collection, Mapping
from dataclasses import replace

from functions.placement.answer import Answer, digest, gap_between
from functions.placement.evaluation import evaluate, with_load
from functions.placement.exact.solving import GAP as PROVEN
from functions.placement.exact.solving import solve
from functions.placement.heuristics.incumbent import incumbent
from functions.placement.system import Component, Placement, System
from functions.redeployment.settling import EQUAL, settled

SECONDS = 1.5
SEARCH = "iterated local search"
_SEARCH = 0.35
"""Share of the time for the quick search."""
_ROUNDS = 40
_MARGIN = 0.1
"""Share of the time that is left for judging and for the solver to notice that its time is up."""


def reoptimise(
    system: System,
    current: Placement,
    *,
    load: float | None = None,
    keep: Collection[str] | None = None,
    least_saving: float = 0.0,
    seconds: float = SECONDS,
    seed: int = 0,
    explain: bool = False,
) -> Answer:
    """Find what to run instead of ``current``.

    Args:
        current: What runs; it may be infeasible, or speak of what the system does not have any more.
        load: Requests a second, if it is another than the system's.
        keep: Layers whose resource in use stays; edge layers unless given.
        least_saving: Share of what is paid now that a change has to save; what breaks rules is changed in any case.
        seconds: Wall time of the whole answer.
        explain: Whether to say, some seconds past that, what to change if there is no placement.

    Returns:
        The answer, with a placement if one was found and a bound in any case. As much of what runs is kept as can
        be without costing more.
    """
    began = time.monotonic()
    if load is not None:
        system = with_load(system, load)
    kept = kept_resources(system, current, keep)
    start = incumbent(restricted(system, kept), seconds=seconds * _SEARCH, seed=seed, start=current, rounds=_ROUNDS)
    left = seconds * (1 - _MARGIN) - (time.monotonic() - began)
    answer = solve(system, seconds=left, start=start or current, keep=kept, seed=seed, explain=explain)
    if start is not None and answer.placement == start:
        answer = replace(answer, method=SEARCH)
    return replace(_stayed(system, current, answer, least_saving), seconds=time.monotonic() - began)


def kept_resources(system: System, current: Placement, keep: Collection[str] | None = None) -> Mapping[str, str]:
    """Give the layers that keep their resource: layer -> resource."""
    used = dict.fromkeys(current.resources.values())
    known = (system.resources[name] for name in used if name in system.resources)
    return {
        each.layer: each.name
        for each in known
        if each.kind != "faas" and (each.kind == "edge" if keep is None else each.layer in keep)
    }


def restricted(system: System, kept: Mapping[str, str]) -> System:
    """Give the system without the candidates that are not kept."""

    def stays(name: str) -> bool:
        return kept.get(system.resources[name].layer, name) == name

    def without(component: Component) -> Component:
        partitions = {
            name: replace(part, candidates={each: how for each, how in part.candidates.items() if stays(each)})
            for name, part in component.partitions.items()
        }
        return replace(component, partitions=partitions)

    return replace(system, components={name: without(each) for name, each in system.components.items()})


def _stayed(system: System, current: Placement, answer: Answer, least_saving: float) -> Answer:
    """Let what runs stay, or as much of it as can at the same cost."""
    if answer.placement is None or answer.cost is None:
        return answer
    judged = evaluate(system, current)
    stays = judged.feasible and judged.cost * (1 - least_saving) <= answer.cost * (1 + EQUAL)
    placement = current if stays else settled(system, current, answer.placement)
    if placement == answer.placement:
        return answer
    judged = evaluate(system, placement)
    method = "what runs already" if stays else f"{answer.method}, with as little changed as costs no more"
    gap = gap_between(judged.cost, answer.bound)
    known = {"placement": digest(placement), "cost": judged.cost, "gap": gap}
    return replace(
        answer,
        placement=placement,
        evaluation=judged,
        cost=judged.cost,
        gap=gap,
        proven=answer.proven and gap <= PROVEN,
        method=method,
        certificate={**answer.certificate, **known, "proven": answer.proven and gap <= PROVEN},
    )
