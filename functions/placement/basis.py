"""What holds of a system whatever is placed where: loads, shares of requests, times of functions, networks."""

from collections.abc import Iterator
from functools import cached_property
from math import inf

from functions.placement.faas import response_time
from functions.placement.system import ColdStarts, Component, Domain, Part, System


class Basis:
    """One system, with what the evaluator needs of it worked out once.

    Attributes:
        loads: Component -> requests a second.
        part_loads: Partition of any deployment -> requests a second if that deployment is chosen.
        reach: The same -> share of the component's requests that come to it.
    """

    def __init__(self, system: System) -> None:
        self.system = system
        self.loads = _component_loads(system)
        self.reach = {
            (component.name, name): share
            for component in system.components.values()
            for chain in component.deployments.values()
            for name, share in zip(chain, _shares(component, chain), strict=True)
        }
        self._joining: dict[frozenset[str], list[Domain]] = {}
        self.part_loads = {part: share * self.loads[part[0]] for part, share in self.reach.items()}

    @cached_property
    def function_times(self) -> dict[tuple[Part, str], float]:
        """Seconds of one request, for each partition and FaaS configuration with cold starts that it may run on."""
        asked = [
            (part, candidate.resource, candidate.behaviour)
            for part in self.system.parts()
            for candidate in self.system.components[part[0]].partitions[part[1]].candidates.values()
            if isinstance(candidate.behaviour, ColdStarts)
        ]
        seconds = response_time(
            [self.loads[part[0]] for part, _, _ in asked],
            warm=[behaviour.warm for _, _, behaviour in asked],
            cold=[behaviour.cold for _, _, behaviour in asked],
            idle=[self.system.resources[resource].idle_time for _, resource, _ in asked],
        )
        return {(part, name): float(each) for (part, name, _), each in zip(asked, seconds, strict=True)}

    def delay(self, here: str, there: str, kilobytes: float) -> float:
        """Give the seconds from one resource to another, ``inf`` where no domain has both layers."""
        if here == there:
            return 0.0
        layers = frozenset({self.system.resources[here].layer, self.system.resources[there].layer})
        if layers not in self._joining:
            self._joining[layers] = [domain for domain in self.system.domains if layers <= domain.layers]
        return min(
            (domain.access_delay + 8 * kilobytes / domain.bandwidth for domain in self._joining[layers]), default=inf
        )


def _component_loads(system: System) -> dict[str, float]:
    """Follow the requests through the graph; ``system.components`` has each after all that lead to it."""
    entered = {after for component in system.components.values() for after in component.next}
    loads = {name: 0.0 if name in entered else system.load for name in system.components}
    for component in system.components.values():
        for after, share in component.next.items():
            loads[after] += share * loads[component.name]
    return loads


def _shares(component: Component, chain: tuple[str, ...]) -> Iterator[float]:
    share = 1.0
    for name in chain:
        yield share
        share *= 1 - component.partitions[name].early_exit
