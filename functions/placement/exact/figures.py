"""What the programme has to know of a system: loads, what a partition takes of a node there, delays between places.

Worked out here a second time on purpose: the evaluator that checks the answers shares no code with the formulation.
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from functions.placement.faas import response_time
from functions.placement.system import Behaviour, ColdStarts, Measured, Part, Queue, Resource, System

KBIT = 8.0
"""kbit in a KB."""


@dataclass(frozen=True)
class Option:
    """One partition on one resource.

    Attributes:
        occupied: Nodes that its requests keep busy; 0 for FaaS.
        cost: Money over the system's hours, of FaaS only: other resources cost by the node.
    """

    part: Part
    resource: Resource
    memory: float
    behaviour: Behaviour
    occupied: float = 0.0
    cost: float = 0.0

    @property
    def key(self) -> tuple[str, str, str]:
        """Component, partition, resource."""
        return (*self.part, self.resource.name)

    @property
    def on_nodes(self) -> bool:
        """Whether the resource is paid by the node and shared."""
        return self.resource.kind != "faas"

    @property
    def place(self) -> str:
        """Where in the network: an edge or cloud layer, of which one resource is used, or one FaaS configuration."""
        return f"layer {self.resource.layer}" if self.on_nodes else f"function {self.resource.name}"


@dataclass(frozen=True)
class Figures:
    """A system's loads and options.

    Attributes:
        kept: Layer -> the only one of its resources that may be used.
    """

    system: System
    kept: Mapping[str, str]

    @cached_property
    def component_loads(self) -> dict[str, float]:
        """Component -> requests a second."""
        loads = dict.fromkeys(self.system.components, 0.0)
        led_to = {following for component in self.system.components.values() for following in component.next}
        for component in self.system.components.values():
            if component.name not in led_to:
                loads[component.name] = self.system.load
            for following, probability in component.next.items():
                loads[following] += loads[component.name] * probability
        return loads

    @cached_property
    def reach(self) -> dict[Part, float]:
        """Partition -> probability that a request of its component comes to it, if its deployment is chosen."""
        reached: dict[Part, float] = {}
        for component in self.system.components.values():
            for partitions in component.deployments.values():
                probability = 1.0
                for name in partitions:
                    reached[component.name, name] = probability
                    probability *= 1 - component.partitions[name].early_exit
        return reached

    @cached_property
    def options(self) -> dict[Part, tuple[Option, ...]]:
        """Partition of a deployment -> the resources that it may run on."""
        return {part: tuple(self._options_of(part)) for part in self.reach}

    @cached_property
    def by_resource(self) -> dict[str, list[Option]]:
        """Resource that is paid by the node -> what may run on it."""
        found: dict[str, list[Option]] = {}
        for option in (each for options in self.options.values() for each in options if each.on_nodes):
            found.setdefault(option.resource.name, []).append(option)
        return found

    def most(self, resource: str) -> float:
        """Give the nodes that all which can be on a resource together would keep busy."""
        of_deployment: dict[tuple[str, str], float] = {}
        deployment = {
            (component.name, name): chosen
            for component in self.system.components.values()
            for chosen, names in component.deployments.items()
            for name in names
        }
        for option in self.by_resource.get(resource, ()):
            key = option.part[0], deployment[option.part]
            of_deployment[key] = of_deployment.get(key, 0.0) + option.occupied
        of_component: dict[str, float] = {}
        for (component, _), occupied in of_deployment.items():
            of_component[component] = max(of_component.get(component, 0.0), occupied)
        return sum(of_component.values())

    @cached_property
    def function_seconds(self) -> dict[tuple[str, str, str], float]:
        """Option with cold starts -> seconds of one request."""
        asked = [
            (option, option.behaviour)
            for options in self.options.values()
            for option in options
            if isinstance(option.behaviour, ColdStarts)
        ]
        seconds = response_time(
            [self.component_loads[option.part[0]] for option, _ in asked],
            warm=[behaviour.warm for _, behaviour in asked],
            cold=[behaviour.cold for _, behaviour in asked],
            idle=[option.resource.idle_time for option, _ in asked],
        )
        return {option.key: float(each) for (option, _), each in zip(asked, seconds, strict=True)}

    def delay(self, size: float, one: Option, other: Option) -> float:
        """Give the seconds that ``size`` KB take from one option to another; infinite if no network joins them."""
        if one.place == other.place:
            return 0.0
        layers = {one.resource.layer, other.resource.layer}
        common = (each for each in self.system.domains if layers <= each.layers)
        return min((each.access_delay + KBIT * size / each.bandwidth for each in common), default=math.inf)

    def _options_of(self, part: Part) -> Iterator[Option]:
        load = self.component_loads[part[0]]
        for candidate in self.system.components[part[0]].partitions[part[1]].candidates.values():
            resource, behaviour = self.system.resources[candidate.resource], candidate.behaviour
            if self.kept.get(resource.layer, resource.name) != resource.name:
                continue
            busy = load * _demand(behaviour)
            if resource.kind == "faas":
                cost = resource.cost * busy * self.system.hours
                yield Option(part, resource, candidate.memory, behaviour, cost=cost)
            else:
                yield Option(part, resource, candidate.memory, behaviour, occupied=busy * self.reach[part])


def _demand(behaviour: Behaviour) -> float:
    if isinstance(behaviour, Measured):
        return behaviour.occupancy
    return behaviour.demand if isinstance(behaviour, Queue) else behaviour.warm
