"""The ways to run one component: a deployment, and for each of its partitions a place.

A place is an edge or cloud layer, on whichever of its resources is chosen there (at most one may be), or one FaaS
configuration. So a way stays one when a layer's resource changes, and a component's whole neighbourhood is a short
list. Ways that go back from the cloud to the edge, or between places that no network joins, are left out.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import count, islice, pairwise
from math import prod

import numpy as np
import numpy.typing as npt

from functions.placement.evaluation import Evaluator
from functions.placement.system import Candidate, ColdStarts, Component, Measured, Part, Placement, Queue, System

MOST_WAYS = 2000
"""Of all components; beyond their shares, those that change place most often are left out."""
_LEAST_WAYS = 60
"""The share of one component at least: with fewer, optima are missed; with more, large systems are searched slowly."""

Numbers = npt.NDArray[np.float64]


class Places:
    """The edge and cloud layers, then the FaaS configurations, of a system, by number.

    Attributes:
        layers: Names of the edge and cloud layers.
        functions: Names of the FaaS configurations.
        on_edge: Place -> whether it is on the edge.
    """

    def __init__(self, system: System) -> None:
        nodes = [each for each in system.resources.values() if each.kind != "faas"]
        self.system = system
        self.layers = tuple(dict.fromkeys(each.layer for each in nodes))
        self.functions = tuple(each.name for each in system.resources.values() if each.kind == "faas")
        edge = {each.layer for each in nodes if each.kind == "edge"}
        self.on_edge = np.array([layer in edge for layer in self.layers] + [False] * len(self.functions), dtype=bool)
        self._layers = {name: number for number, name in enumerate(self.layers)}
        self._functions = {name: number for number, name in enumerate(self.functions, len(self.layers))}
        self._delays: dict[float, Numbers] = {}

    def __len__(self) -> int:
        return len(self.on_edge)

    def of(self, resource: str) -> int:
        """Give the place of a resource."""
        if resource in self._functions:
            return self._functions[resource]
        return self._layers[self.system.resources[resource].layer]

    def delays(self, kilobytes: float) -> Numbers:
        """Give the seconds from each place to each, ``inf`` where no network joins them: (places, places)."""
        if kilobytes not in self._delays:
            layers = (*self.layers, *(self.system.resources[name].layer for name in self.functions))
            seconds = np.full((len(self), len(self)), np.inf)
            for domain in self.system.domains:
                has = np.array([layer in domain.layers for layer in layers], dtype=bool)
                through = domain.access_delay + 8 * kilobytes / domain.bandwidth
                seconds[np.ix_(has, has)] = np.minimum(seconds[np.ix_(has, has)], through)
            np.fill_diagonal(seconds, 0.0)
            self._delays[kilobytes] = seconds
        return self._delays[kilobytes]


@dataclass(frozen=True)
class Way:
    """One way: the deployment's name and each of its partitions' place."""

    deployment: str
    places: tuple[int, ...]


def ways(component: Component, places: Places, evaluator: Evaluator, *, start: Placement | None = None) -> list[Way]:
    """List the ways to run a component, deployment by deployment, and the one of ``start`` among them if it is one."""
    found: list[Way] = []
    given = _way_of(component, places, start)
    share = max(MOST_WAYS // len(places.system.components), _LEAST_WAYS)
    most = share // len(component.deployments) + 1
    for name, chain in component.deployments.items():
        choices = _choices([(component.name, part) for part in chain], places, evaluator, most=most)
        sizes = [component.partitions[one].sizes.get(other, 0.0) for one, other in pairwise(chain)]
        joined = [np.isfinite(places.delays(size)) for size in sizes]
        found += [Way(name, each) for each in islice(_chains(choices, joined, places), most)]
        if given is not None and given.deployment == name and given not in found:
            found.append(given)
    return found


def _choices(parts: Sequence[Part], places: Places, evaluator: Evaluator, *, most: int) -> list[list[int]]:
    """List the places of partitions: their layers, and as many functions, at least two, as leave few enough ways."""
    layers = [_layers(part, places, evaluator) for part in parts]
    functions = [_functions(part, places, evaluator) for part in parts]
    for most_functions in (len(places), 6, 4, 3):
        choices = [[*some, *more[:most_functions]] for some, more in zip(layers, functions, strict=True)]
        if prod(map(len, choices)) <= most:
            return choices
    return [[*some, *more[:2]] for some, more in zip(layers, functions, strict=True)]


def _layers(part: Part, places: Places, evaluator: Evaluator) -> list[int]:
    resources = evaluator.system.resources
    fits = (resources[each.resource] for each in _fitting(part, evaluator))
    return list(dict.fromkeys(places.of(each.name) for each in fits if each.kind != "faas"))


def _functions(part: Part, places: Places, evaluator: Evaluator) -> list[int]:
    """List the FaaS configurations of a partition: the cheapest, the quickest, what is between, the rest."""
    found = sorted(
        (function_cost(part, each, evaluator), function_seconds(part, each, evaluator), places.of(each.resource))
        for each in _fitting(part, evaluator)
        if evaluator.system.resources[each.resource].kind == "faas"
    )
    worth: list[int] = []
    quickest = np.inf
    for _, seconds, place in found:
        if seconds < quickest:
            worth.append(place)
            quickest = seconds
    return list(dict.fromkeys([*worth[:1], *worth[-1:], *worth, *(place for _, _, place in found)]))


def _fitting(part: Part, evaluator: Evaluator) -> Iterator[Candidate]:
    for each in evaluator.system.components[part[0]].partitions[part[1]].candidates.values():
        if each.memory <= evaluator.system.resources[each.resource].memory:
            yield each


def function_cost(part: Part, candidate: Candidate, evaluator: Evaluator) -> float:
    """Give the money over the system's hours that a partition costs on a FaaS configuration."""
    system = evaluator.system
    behaviour = candidate.behaviour
    if isinstance(behaviour, ColdStarts):
        busy = behaviour.warm
    else:
        busy = behaviour.demand if isinstance(behaviour, Queue) else behaviour.occupancy
    return system.resources[candidate.resource].cost * busy * evaluator.loads[part[0]] * system.hours


def function_seconds(part: Part, candidate: Candidate, evaluator: Evaluator) -> float:
    """Give the seconds of one request of a partition on a FaaS configuration."""
    behaviour = candidate.behaviour
    if isinstance(behaviour, ColdStarts):
        return evaluator.function_times[part, candidate.resource]
    return behaviour.seconds[0] if isinstance(behaviour, Measured) else behaviour.demand


def _chains(
    choices: Sequence[Sequence[int]], joined: Sequence[npt.NDArray[np.bool_]], places: Places
) -> Iterator[tuple[int, ...]]:
    """Give the chains of places that a request can go through, those with the fewest changes of place first."""

    def extend(chain: tuple[int, ...], changes: int) -> Iterator[tuple[int, ...]]:
        if len(chain) == len(choices):
            if changes == 0:
                yield chain
            return
        for place in choices[len(chain)]:
            moved = bool(chain) and place != chain[-1]
            if moved and (
                changes == 0
                or (places.on_edge[place] and not places.on_edge[chain[-1]])
                or not joined[len(chain) - 1][chain[-1], place]
            ):
                continue
            yield from extend((*chain, place), changes - moved)

    for changes in islice(count(), len(choices)):
        yield from extend((), changes)


def _way_of(component: Component, places: Places, placement: Placement | None) -> Way | None:
    """Give the way that a placement runs a component, unless the system does not know it."""
    if placement is None:
        return None
    chain = component.deployments.get(placement.deployments.get(component.name, ""), ())
    resources = [placement.resources.get((component.name, part)) for part in chain]
    known = all(
        resource in component.partitions[part].candidates for part, resource in zip(chain, resources, strict=True)
    )
    if not chain or not known:
        return None
    return Way(placement.deployments[component.name], tuple(places.of(str(each)) for each in resources))
