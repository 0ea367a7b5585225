"""The linear part of the placement problem: who runs where, on how many nodes, at what cost.

Response times are left out; ``times`` adds them for the limits that would be broken. What is left is small and its
linear relaxation tight (on the published systems within 0.5 to 20 % of the optimum, closed by HiGHS' cuts at once),
because all that hangs on a resource hangs on one choice a layer: ``nodes[r, k]``, which resource in which number.

    minimise    sum of costs of nodes[r, k] and of options on FaaS
    one deployment a component; each of its partitions on one resource; at most one nodes[r, k] a layer;
    for each place in a component's chains, sum of option[p, r] over the deployments <= sum of nodes[r, k];
    sum of occupied[p, r] option[p, r] <= utilisation limit x sum of k nodes[r, k];
    memory of a node; nobody goes back to the edge; a network between neighbours.
"""

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise

from functions.placement.exact.bounds import Bounds
from functions.placement.exact.figures import Figures, Option
from functions.placement.exact.leeway import Leeway
from functions.placement.exact.limits import Limit
from functions.placement.exact.programme import Programme, Values
from functions.placement.system import Component, Measured, Part, Placement, Resource

IDLE = 0.02
"""Utilisation at which a resource's nodes that run all they can are as good as idle; see ``Count``."""
FINE, ROUGH = 400, 0.02
"""Counts are listed one by one up to the first, then in steps of the second, as a share of the count."""
SHARE = 1e-9
"""Rounding of an occupied share."""


@dataclass(frozen=True)
class Count:
    """A number of nodes to choose.

    Attributes:
        nodes: That are paid.
        serving: That serve: as many as before the next choice, so that nothing is left out and a resource of a million
            nodes has a short list. The last is paid as where the resource would be idle, and serves as all that there
            are would.
    """

    nodes: int
    serving: int


@dataclass
class Formulation:
    """Columns and rows of one system.

    Attributes:
        deployments: (component, deployment) -> column.
        options: (component, partition, resource) -> column.
        nodes: (resource, count) -> column.
    """

    figures: Figures
    programme: Programme
    leeway: Leeway
    limits: tuple[Limit, ...]
    finer: float = 1.0
    deployments: dict[tuple[str, str], int] = field(default_factory=dict)
    options: dict[tuple[str, str, str], int] = field(default_factory=dict)
    nodes: dict[str, dict[Count, int]] = field(default_factory=dict)

    @cached_property
    def bounds(self) -> Bounds:
        """What follows from the limits and the nodes that there are."""
        serving = {name: max(each.serving for each in counts) for name, counts in self.nodes.items()}
        return Bounds(self.figures, self.limits, serving, memory=not self.leeway.gives)

    @classmethod
    def of(cls, figures: Figures, leeway: Leeway, limits: Iterable[Limit], *, finer: float = 1.0) -> "Formulation":
        """Write the whole linear part down.

        Args:
            figures: Of the system.
            leeway: What may be relaxed, and the programme to write to.
            limits: That bound what can be used at all.
            finer: By how much the lists of counts of nodes are longer than is mostly enough.
        """
        whole = cls(figures, leeway.programme, leeway, tuple(limits), finer)
        whole.add_nodes()
        for component in figures.system.components.values():
            whole.add_component(component)
        for name in whole.nodes:
            whole.add_capacity(figures.system.resources[name])
        for component in figures.system.components.values():
            whole.add_order(component)
        return whole

    def add_nodes(self) -> None:
        """One column for each resource and number of nodes; at most one of a layer."""
        layers: dict[str, list[str]] = {}
        for name in self.figures.by_resource:
            resource = self.figures.system.resources[name]
            self.nodes[name] = {
                each: self.programme.column(self._cost(resource, each)) for each in self._counts(resource)
            }
            layers.setdefault(resource.layer, []).append(name)
        for names in layers.values():
            columns = {column: 1.0 for name in names for column in self.nodes[name].values()}
            leeway = self.leeway.layer(len(names))
            self.programme.row({**columns, **leeway}, high=1.0)
            for name in names if leeway else ():
                self.programme.row(dict.fromkeys(self.nodes[name].values(), 1.0), high=1.0)

    def add_component(self, component: Component) -> None:
        """One deployment, each of its partitions in one place, and only where nodes are."""
        chosen = {}
        for name, partitions in component.deployments.items():
            column = self.deployments[component.name, name] = self.programme.column()
            chosen[column] = 1.0
            for partition in partitions:
                places = dict.fromkeys(self._add_options((component.name, partition)), 1.0)
                self.programme.row({**places, column: -1.0}, low=0.0, high=0.0)
        self.programme.row(chosen, low=1.0, high=1.0)
        for alternatives in _places(component):
            self._only_where_nodes_are([(component.name, each) for each in alternatives])

    def add_capacity(self, resource: Resource) -> None:
        """What runs on a resource fits into its nodes' time and memory; what was measured alone runs alone."""
        here = [each for each in self.figures.by_resource[resource.name] if each.key in self.options]
        time = {self.options[each.key]: each.occupied for each in here}
        limit = self.figures.system.utilisation_limit
        for count, column in self.nodes[resource.name].items():
            time[column] = -count.serving * limit
        self.programme.row(time, high=0.0)
        memory = {self.options[each.key]: each.memory for each in here}
        if (most := sum(memory.values())) > resource.memory:
            self.programme.row({**memory, **self.leeway.memory(resource, most)}, high=resource.memory)
        alone = {self.options[each.key]: 1.0 for each in here if isinstance(each.behaviour, Measured)}
        others = [self.options[each.key] for each in here if not isinstance(each.behaviour, Measured)]
        for other in others if alone else ():
            self.programme.row({**alone, other: 1.0}, high=1.0)
        if len(alone) > 1:
            self.programme.row(alone, high=1.0)

    def add_order(self, component: Component) -> None:
        """Nothing that follows the cloud or FaaS is on the edge."""
        for chain in component.deployments.values():
            for before, after in pairwise(chain):
                self._not_back([(component.name, before)], [(component.name, after)])
        last = [(component.name, chain[-1]) for chain in component.deployments.values()]
        for name in component.next:
            following = self.figures.system.components[name]
            self._not_back(last, [(name, chain[0]) for chain in following.deployments.values()])

    def placement(self, values: Values) -> Placement:
        """Read a placement off a solution."""
        resources = {
            (component, partition): resource
            for (component, partition, resource), column in self.options.items()
            if values[column] > 0.5
        }
        used = set(resources.values())
        return Placement(
            deployments={
                component: name for (component, name), column in self.deployments.items() if values[column] > 0.5
            },
            resources=resources,
            nodes={
                name: count.nodes
                for name, counts in self.nodes.items()
                for count, column in counts.items()
                if values[column] > 0.5 and name in used
            },
        )

    def start(self, placement: Placement) -> dict[int, float] | None:
        """Give the values of the columns for a placement; None if a column of it is missing."""
        chosen: list[int | None] = [self.deployments.get(each) for each in placement.deployments.items()]
        chosen += [self.options.get((*part, resource)) for part, resource in placement.resources.items()]
        chosen += [self.count_column(name, number) for name, number in placement.nodes.items()]
        columns = [each for each in chosen if each is not None]
        if len(columns) < len(chosen):
            return None
        integers = (*self.deployments.values(), *self.options.values())
        values = dict.fromkeys(integers, 0.0) | {
            each: 0.0 for counts in self.nodes.values() for each in counts.values()
        }
        return values | dict.fromkeys(columns, 1.0)

    def count_column(self, resource: str, nodes: int) -> int | None:
        """Give the column of a resource's number of nodes."""
        return next((column for each, column in self.nodes.get(resource, {}).items() if each.nodes == nodes), None)

    def _counts(self, resource: Resource) -> Iterator[Count]:
        busy = self.figures.most(resource.name)
        there = resource.nodes + self.leeway.more_nodes(resource, busy)
        last = max(math.ceil(min(busy / IDLE * self.finer, there)), 1)
        number = 1
        while number < last:
            step = int(number * ROUGH / self.finer) if number > FINE else 1
            following = min(number + max(step, 1), last)
            yield Count(number, following - 1)
            number = following
        yield Count(last, there)

    def _cost(self, resource: Resource, count: Count) -> float:
        return self.leeway.cost(resource, count.nodes, resource.cost * count.nodes * self.figures.system.hours)

    def _add_options(self, part: Part) -> list[int]:
        for option in self.bounds.usable[part]:
            self.options[option.key] = self.programme.column(self.leeway.price(option))
        return [self.options[each.key] for each in self.bounds.usable[part]]

    def _only_where_nodes_are(self, parts: list[Part]) -> None:
        """At most one of ``parts`` is used: they are in different deployments."""
        there: dict[str, list[Option]] = {}
        for option in (each for part in parts for each in self.bounds.usable[part] if each.on_nodes):
            there.setdefault(option.resource.name, []).append(option)
        for name, options in there.items():
            self._need(options, dict.fromkeys(self.nodes[name].values(), -1.0))
            for option in options:
                most = self.bounds.utilisation(option) + SHARE
                enough = {
                    column: -1.0
                    for count, column in self.nodes[name].items()
                    if option.occupied <= count.serving * most
                }
                if len(enough) < len(self.nodes[name]):
                    self._need([option], enough)

    def _need(self, options: Iterable[Option], enough: dict[int, float]) -> None:
        self.programme.row({**enough, **{self.options[each.key]: 1.0 for each in options}}, high=0.0)

    def _not_back(self, before: list[Part], after: list[Part]) -> None:
        edge = {self.options[each.key]: -1.0 for part in before for each in self.bounds.usable[part] if _is_edge(each)}
        later = {self.options[each.key]: 1.0 for part in after for each in self.bounds.usable[part] if _is_edge(each)}
        if later:
            self.programme.row({**edge, **later, **self.leeway.order()}, high=0.0)


def _is_edge(option: Option) -> bool:
    return option.resource.kind == "edge"


def _places(component: Component) -> list[tuple[str, ...]]:
    """Give sets of partitions of which at most one is in use: the first of each deployment, the second, and so on."""
    chains = list(component.deployments.values())
    places = (
        tuple(dict.fromkeys(chain[min(place, len(chain) - 1)] for chain in chains))
        for place in range(max(map(len, chains)))
    )
    return list(dict.fromkeys(places))
