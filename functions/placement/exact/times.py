"""Response times: the rows that hold one limit on a component or a path of components.

Of a queue, a request takes demand x slowdown (``queues``). Of a layer at most one resource is used, so that one row
serves all of them; ``most`` is what the slowdown can be at most:

    T[p] >= sum over the resources r of a layer of
            demand[p, r] (slowdown[r] - most (sum of nodes[r, k] - option[p, r]))

``Bounds`` gives how long a partition may take at most, so how idle it has to be where it runs:

    sum over the resources r of a layer of
    idle[r] - least (sum of nodes[r, k] - option[p, r]) - bound[p, r] option[p, r] >= 0
"""

from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise

from functions.placement.exact import network
from functions.placement.exact.figures import Option
from functions.placement.exact.formulation import Formulation
from functions.placement.exact.limits import Limit
from functions.placement.exact.queues import Queues
from functions.placement.system import Component, Measured, Part, Placement, Queue

Sum = dict[int, float]
"""Column -> coefficient."""


@dataclass
class ResponseTimes:
    """The rows of those limits that were added to a formulation.

    Attributes:
        parts: Partition -> column of the seconds of a request on edge or cloud, 0 where it is not in use.
    """

    formulation: Formulation
    added: set[Limit] = field(default_factory=set)
    parts: dict[Part, int] = field(default_factory=dict)
    components: dict[str, Sum] = field(default_factory=dict)
    hops: dict[tuple[str, str], int] = field(default_factory=dict)

    @cached_property
    def queues(self) -> Queues:
        """The columns of resources."""
        return Queues(self.formulation)

    def add(self, limit: Limit) -> None:
        """Hold a limit from now on."""
        self.added.add(limit)
        seconds: Sum = {}
        for name in limit.components:
            _add(seconds, self._component(self.formulation.figures.system.components[name]))
        for here, there in pairwise(limit.components):
            if (here, there) not in self.hops:
                hop = network.between(self.formulation, here, there)
                self.hops[here, there] = network.delay_column(self.formulation, *hop)
            _add(seconds, {self.hops[here, there]: 1.0})
        programme = self.formulation.programme
        most = sum(each * programme.upper[column] for column, each in seconds.items())
        programme.row({**seconds, **self.formulation.leeway.seconds(limit.seconds, most)}, high=limit.seconds)

    def tighten(self, limit: Limit, placement: Placement) -> bool:
        """Add the tangents where a placement stands; tell whether any was missing."""
        places = [place for part, place in placement.resources.items() if part[0] in limit.components]
        queues = [each for each in dict.fromkeys(places) if each in self.queues.of]
        added = [self.queues.touch(each, 1 - self._utilisation(placement, each)) for each in queues]
        return any(added)

    def _utilisation(self, placement: Placement, resource: str) -> float:
        here = self.formulation.figures.by_resource[resource]
        busy = sum(each.occupied for each in here if placement.resources.get(each.part) == resource)
        return busy / placement.nodes[resource]

    def _component(self, component: Component) -> Sum:
        """Give the seconds of a component as a sum of columns."""
        if component.name in self.components:
            return self.components[component.name]
        seconds = self.components[component.name] = {}
        for chain in component.deployments.values():
            for name in chain:
                self._add_part(seconds, (component.name, name))
            for sent, after in network.inside(self.formulation, component.name, chain):
                if reach := self.formulation.figures.reach[after]:
                    _add(seconds, {network.delay_column(self.formulation, [sent], [after]): reach})
        return seconds

    def _add_part(self, seconds: Sum, part: Part) -> None:
        reach = self.formulation.figures.reach[part]
        if not reach:
            return
        options = self.formulation.bounds.usable[part]
        for option in options:
            if not _varies(option):
                _add(seconds, {self.formulation.options[option.key]: reach * self._constant(option)})
        varying = [each for each in options if _varies(each)]
        if varying and part not in self.parts:
            self._time(part, varying)
        if varying:
            _add(seconds, {self.parts[part]: reach})

    def _constant(self, option: Option) -> float:
        """Give the seconds of a request that does not depend on what else is there."""
        if isinstance(option.behaviour, Queue):
            return option.behaviour.demand
        if isinstance(option.behaviour, Measured):
            return option.behaviour.seconds[0]
        return self.formulation.figures.function_seconds[option.key]

    def _time(self, part: Part, options: list[Option]) -> None:
        """Add the column of a partition's seconds on edge or cloud."""
        bounds, programme = self.formulation.bounds, self.formulation.programme
        column = self.parts[part] = programme.column(
            upper=min(max(map(bounds.most, options)), bounds.longest[part]), integer=False
        )
        least = {self.formulation.options[each.key]: -self.formulation.bounds.least(each) for each in options}
        self.formulation.programme.row({column: 1.0, **least}, low=0.0)
        for layer in dict.fromkeys(each.resource.layer for each in options):
            here = [each for each in options if each.resource.layer == layer]
            if measured := [(each, each.behaviour) for each in here if isinstance(each.behaviour, Measured)]:
                self._measured(part, measured)
            queues = [(each, each.behaviour.demand) for each in here if isinstance(each.behaviour, Queue)]
            if queues:
                self._queued(part, queues)

    def _queued(self, part: Part, options: list[tuple[Option, float]]) -> None:
        """Bound a partition's seconds in a layer, and the utilisation of where it runs there."""
        scale = max(demand for _, demand in options)
        seconds: Sum = {self.parts[part]: 1 / scale}
        room: Sum = {}
        for option, demand in options:
            chosen, queue = self.formulation.options[option.key], self.queues.queue(option.resource.name)
            idle = 1 - self.formulation.bounds.utilisation(option)
            level = self.queues.level(idle)
            factor = demand / scale / self.queues.idle(level)
            most = factor * self.queues.most(level)
            seconds |= {self.queues.slowdown(option.resource.name, level): -factor, chosen: -most}
            seconds |= dict.fromkeys(queue.nodes, most)
            room |= {queue.idle: 1.0, chosen: self.queues.least - idle} | dict.fromkeys(queue.nodes, -self.queues.least)
        self.formulation.programme.row(seconds, low=0.0)
        self.formulation.programme.row(room, low=0.0)

    def _measured(self, part: Part, options: list[tuple[Option, Measured]]) -> None:
        """Bound a partition's seconds by those measured on that resource of a layer and number of nodes in use."""
        terms: Sum = {self.parts[part]: 1.0}
        for option, measured in options:
            seconds = {
                column: _seconds(measured, count.serving)
                for count, column in self.formulation.nodes[option.resource.name].items()
            }
            most = max(seconds.values())
            terms |= {column: most - each for column, each in seconds.items()}
            terms[self.formulation.options[option.key]] = -most
        self.formulation.programme.row(terms, low=0.0)


def _varies(option: Option) -> bool:
    """Tell whether a request's time depends on what else is there, or on how many nodes."""
    return option.on_nodes and isinstance(option.behaviour, Queue | Measured)


def _seconds(measured: Measured, nodes: int) -> float:
    return measured.seconds[min(nodes, len(measured.seconds)) - 1]


def _add(total: Sum, terms: Sum) -> None:
    for column, coefficient in terms.items():
        total[column] = total.get(column, 0.0) + coefficient
