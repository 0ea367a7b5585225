"""A system at other loads than its own, where learnt models know what more load does."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from math import inf

from functions.optimize.learnt import Learnt
from functions.placement.basis import Basis
from functions.placement.capacity import GREATEST, AtLoad
from functions.placement.evaluation import with_load
from functions.placement.system import Candidate, Component, Measured, Part, Partition, Placement, System
from functions.runtime.errors import Rejected


def at_load(learnt: Learnt | None, placement: Placement | None = None) -> AtLoad:
    """Give what gives a system at another load: of one placement's parts, or of all, as the models predict there."""
    if learnt is None or not learnt.files:
        return with_load
    asked = learnt

    def at(system: System, load: float) -> System:
        changed = with_load(system, load)
        arriving = Basis(changed).part_loads
        components = {
            name: _component(asked, each, arriving, placement.resources if placement else None)
            for name, each in changed.components.items()
        }
        return replace(changed, components=components)

    return at


def measured_up_to(learnt: Learnt | None, system: System, placement: Placement | None = None) -> float:
    """Give the system's load up to which what was asked was measured: of a placement, or of what was measured most.

    It is never less than the system's own, for which the models had to be asked anyhow.
    """
    if learnt is None or not learnt.files or system.load <= 0:
        return GREATEST
    most = inf
    for (component, name), load in Basis(system).part_loads.items():
        candidates = system.components[component].partitions[name].candidates
        if placement is not None:
            chosen = placement.resources.get((component, name), "")
            candidates = {chosen: candidates[chosen]} if chosen in candidates else {}
        known = [learnt.most_load((component, name, each)) for each in candidates]
        if known and load > 0:
            most = min(most, max(known) * system.load / load)
    return min(GREATEST, max(most, system.load))


def _component(
    learnt: Learnt, component: Component, arriving: Mapping[Part, float], placed: Mapping[Part, str] | None
) -> Component:
    return replace(component, partitions=dict(_partitions(learnt, component, arriving, placed)))


def _partitions(
    learnt: Learnt, component: Component, arriving: Mapping[Part, float], placed: Mapping[Part, str] | None
) -> Iterator[tuple[str, Partition]]:
    for name, partition in component.partitions.items():
        part = (component.name, name)
        candidates = dict(partition.candidates)
        for resource in candidates if placed is None else {placed.get(part)} & set(candidates):
            if resource is not None:
                candidates[resource] = _again(learnt, candidates[resource], part, arriving[part])
        yield name, replace(partition, candidates=candidates)


def _again(learnt: Learnt, candidate: Candidate, part: Part, load: float) -> Candidate:
    subject = (*part, candidate.resource)
    if subject not in learnt.files or not isinstance(candidate.behaviour, Measured):
        return candidate
    try:
        seconds = tuple(each.seconds for each in learnt.table(subject, load))
    except ValueError as error:
        said = f"{'.'.join(subject)} {error} at {load:g} requests a second"
        raise Rejected(said, hint="fit the model again, with more measurements") from None
    return replace(candidate, behaviour=replace(candidate.behaviour, seconds=seconds))
