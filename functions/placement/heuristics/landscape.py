"""A system as the search sees it: the ways of its components with their figures, its limits, and what joins what."""

import time
from dataclasses import replace
from itertools import groupby

import numpy as np

from functions.placement.evaluation import Evaluator
from functions.placement.heuristics.figures import Figures, Indices, Reckoner, joined
from functions.placement.heuristics.network import Limit, Network
from functions.placement.heuristics.point import Point
from functions.placement.heuristics.ways import Numbers, Places, Way, ways
from functions.placement.system import Component, Placement, System


class Landscape:
    """One system, and the ways of its components: K in all, numbered through.

    Attributes:
        names: Components.
        choices: The ways of each component; ``is_barren`` says that one has none, or that time was up before it had.
        starts: (C + 1,) number of the first way of each component.
        owner: (K,) component of each way.
        of: Figures of all ways.
        resources: The edge and cloud resources; ``layer_of``: (R,) the number of each one's layer.
        price, most, room: (R,) money of a node over the system's hours, nodes there are, MB of each.
        limits, seconds: What may take only so long; (Q,) how long.
        within: (C, Q) 1 where a component is under a limit.
        longest: Most nodes for which times are measured.
    """

    of: Figures
    network: Network

    def __init__(self, system: System, *, start: Placement | None = None, deadline: float = np.inf) -> None:
        self.system = system
        self.evaluator = Evaluator(system)
        self.places = Places(system)
        self.names = tuple(system.components)
        reckoner = Reckoner(self.evaluator, self.places)
        self.resources, self.layer_of, self.longest = reckoner.resources, reckoner.layer_of, reckoner.longest
        self.price = np.array([each.cost * system.hours for each in self.resources])
        self.most = np.array([each.nodes for each in self.resources], dtype=float)
        self.room = np.array([each.memory for each in self.resources], dtype=float)
        self.limits = _limits(system)
        self.seconds = np.array([limit.seconds for limit in self.limits])
        self.within: Numbers = np.zeros((len(self.names), len(self.limits)))
        for index, limit in enumerate(self.limits):
            self.within[list(limit.components), index] = 1
        self.choices = [
            ways(component, self.places, self.evaluator, start=start) if time.monotonic() < deadline else []
            for component in system.components.values()
        ]
        self.starts: Indices = np.cumsum([0, *(len(each) for each in self.choices)])
        self.owner: Indices = np.repeat(np.arange(len(self.names)), [len(each) for each in self.choices])
        self.is_barren = not all(self.choices)
        if not self.is_barren:
            self.of = joined(
                [
                    block
                    for component, choices in zip(system.components.values(), self.choices, strict=True)
                    for block in _figures(component, choices, reckoner)
                ]
            )
            self.network = Network(system, self.places, self.choices, self.limits, (self.of.first, self.of.last))
            self.is_crowded = bool(self.longest) or bool((self._most_memory() > self.room).any())

    def way(self, number: int) -> Way:
        """Give a way by its number."""
        owner = int(self.owner[number])
        return self.choices[owner][number - int(self.starts[owner])]

    def ways_of(self, component: int) -> Indices:
        """Give the numbers of a component's ways."""
        return np.arange(self.starts[component], self.starts[component + 1])

    def placement(self, point: Point, nodes: Numbers) -> Placement:
        """Give the placement of a point, with so many nodes on in each layer: (L,)."""
        deployments, resources, used = {}, {}, set()
        for name, number in zip(self.names, point.ways, strict=True):
            way = self.way(int(number))
            deployments[name] = way.deployment
            chain = self.system.components[name].deployments[way.deployment]
            for partition, place in zip(chain, way.places, strict=True):
                resources[name, partition] = self._resource(point, place)
                used.add(place)
        layers = range(len(self.places.layers))
        return Placement(
            deployments, resources, {self._resource(point, at): int(nodes[at]) for at in layers if at in used}
        )

    def point(self, placement: Placement) -> Point | None:
        """Give the point of a placement, unless it runs parts in ways that are none of this landscape's."""
        kinds, floors = self.cheapest_kinds(), np.zeros(len(self.places.layers))
        for index, resource in enumerate(self.resources):
            if resource.name in placement.nodes:
                kinds[self.layer_of[index]] = index
                floors[self.layer_of[index]] = placement.nodes[resource.name]
        numbers = [self._number(index, placement) for index in range(len(self.names))]
        if None in numbers:
            return None
        return replace(Point.free(np.array(numbers, dtype=np.int64), kinds), floors=floors)

    def kept(self, start: Placement | None) -> Placement | None:
        """Give a placement back if it is feasible: the answer where there is nothing, or no time, to search."""
        return start if start is not None and self.evaluator.evaluate(start).feasible else None

    def cheapest_kinds(self) -> Indices:
        """Give the resource of each layer whose node costs least: (L,)."""
        layers = range(len(self.places.layers))
        return np.array(
            [min(np.flatnonzero(self.layer_of == at), key=lambda each: self.price[each]) for at in layers],
            dtype=np.int64,
        )

    def _number(self, component: int, placement: Placement) -> int | None:
        name = self.names[component]
        deployment = placement.deployments.get(name, "")
        chain = self.system.components[name].deployments.get(deployment, ())
        resources = [placement.resources.get((name, part), "") for part in chain]
        if not all(each in self.system.resources for each in resources):
            return None
        way = Way(deployment, tuple(self.places.of(each) for each in resources))
        known = self.choices[component]
        return int(self.starts[component]) + known.index(way) if way in known else None

    def _resource(self, point: Point, place: int) -> str:
        layers = len(self.places.layers)
        return self.resources[point.kinds[place]].name if place < layers else self.places.functions[place - layers]

    def _most_memory(self) -> Numbers:
        """Give the MB that would be needed of each resource if every component took as much there as it can: (R,)."""
        most: Numbers = np.maximum.reduceat(self.of.memory, self.starts[:-1], axis=0).sum(axis=0)
        return most


def _figures(component: Component, choices: list[Way], reckoner: Reckoner) -> list[Figures]:
    """Give the figures of a component's ways, deployment by deployment."""
    blocks = groupby(choices, key=lambda way: way.deployment)
    return [reckoner.figures(component, list(block)) for _, block in blocks]


def _limits(system: System) -> tuple[Limit, ...]:
    """Give what may take so long: single components, then paths."""
    number = {name: index for index, name in enumerate(system.components)}
    single = (Limit((number[name],), seconds) for name, seconds in system.local.items())
    paths = (Limit(tuple(number[each] for each in path.components), path.limit) for path in system.paths)
    return tuple(each for each in (*single, *paths) if np.isfinite(each.seconds))
