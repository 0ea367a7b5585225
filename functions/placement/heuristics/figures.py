"""What each way to run a component takes: of nodes, memory, money and time, as arrays over all ways."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from functions.placement.evaluation import Evaluator
from functions.placement.heuristics.ways import Numbers, Places, Way, function_cost, function_seconds
from functions.placement.system import Component, Measured, Part, Queue, Resource

Indices = npt.NDArray[np.int64]
NEVER = 1e4
"""Nodes that a partition keeps busy where it cannot run: more than there are, and sums with it keep their precision."""


@dataclass(frozen=True)
class Figures:
    """Of K ways on R edge and cloud resources in L layers; what is said of a resource holds if its layer has it.

    Attributes:
        first, last: (K,) place of the first and the last partition.
        busy: (K, R) nodes kept busy.
        slow: (K, R) seconds in queues with nothing beside them.
        memory: (K, R) MB.
        measured: (K, R, N) seconds on 1 to N nodes, as models predict; N is 0 if none does.
        lonely: (K, R) partitions that may share with no other.
        parts: (K, L) partitions.
        money: (K,) of FaaS, over the system's hours.
        fixed: (K,) seconds on FaaS and in networks within the component.
    """

    first: Indices
    last: Indices
    busy: Numbers
    slow: Numbers
    memory: Numbers
    measured: Numbers
    lonely: Numbers
    parts: Numbers
    money: Numbers
    fixed: Numbers


def joined(blocks: Sequence[Figures]) -> Figures:
    """Put the figures of several lists of ways one after the other."""
    return Figures(*(np.concatenate([getattr(block, each.name) for block in blocks]) for each in fields(Figures)))


class Reckoner:
    """Works out the figures of ways of one system.

    Attributes:
        resources: The edge and cloud resources.
        layer_of: (R,) number of each one's layer.
    """

    def __init__(self, evaluator: Evaluator, places: Places) -> None:
        self.evaluator = evaluator
        self.places = places
        self.resources: tuple[Resource, ...] = tuple(
            each for each in evaluator.system.resources.values() if each.kind != "faas"
        )
        self.layer_of = np.array([places.layers.index(each.layer) for each in self.resources], dtype=np.int64)
        behaviours = (
            candidate.behaviour
            for component in evaluator.system.components.values()
            for partition in component.partitions.values()
            for candidate in partition.candidates.values()
        )
        self.longest = max((len(each.seconds) for each in behaviours if isinstance(each, Measured)), default=0)

    def figures(self, component: Component, chosen: Sequence[Way]) -> Figures:
        """Give the figures of ways that have one deployment."""
        chain = component.deployments[chosen[0].deployment]
        places = np.array([way.places for way in chosen], dtype=np.int64)
        rows = [self._part(component, name) for name in chain]
        on = places[:, :, None] == self.layer_of[None, None, :]
        busy, slow, memory, lonely = (
            np.where(on, np.array([row[kind] for row in rows])[None], 0.0).sum(axis=1) for kind in range(4)
        )
        measured = np.where(on[..., None], np.array([row[4] for row in rows])[None], 0.0).sum(axis=1)
        money, fixed = self._functions(component, chain, places)
        return Figures(
            first=places[:, 0],
            last=places[:, -1],
            busy=busy,
            slow=slow,
            memory=memory,
            measured=measured,
            lonely=lonely,
            parts=(places[:, :, None] == np.arange(len(self.places.layers))).sum(axis=1).astype(float),
            money=money,
            fixed=fixed + self._networks(component, chain, places),
        )

    def _part(self, component: Component, name: str) -> tuple[Numbers, Numbers, Numbers, Numbers, Numbers]:
        """Give busy, slow, memory and lonely (R,) and measured (R, N) of a partition on each resource."""
        count = len(self.resources)
        busy, slow, memory, lonely = np.full(count, NEVER), np.zeros(count), np.zeros(count), np.zeros(count)
        measured = np.zeros((count, self.longest))
        part: Part = (component.name, name)
        load, reach = self.evaluator.part_loads[part], self.evaluator.reach[part]
        for index, resource in enumerate(self.resources):
            candidate = component.partitions[name].candidates.get(resource.name)
            if candidate is None or candidate.memory > resource.memory:
                continue
            memory[index] = candidate.memory
            if isinstance(candidate.behaviour, Queue):
                busy[index] = load * candidate.behaviour.demand
                slow[index] = reach * candidate.behaviour.demand
            elif isinstance(candidate.behaviour, Measured):
                busy[index] = load * candidate.behaviour.occupancy
                lonely[index] = 1
                seconds = candidate.behaviour.seconds
                measured[index] = reach * np.array((*seconds, *[seconds[-1]] * (self.longest - len(seconds))))
        return busy, slow, memory, lonely, measured

    def _functions(
        self, component: Component, chain: Sequence[str], places: npt.NDArray[np.int64]
    ) -> tuple[Numbers, Numbers]:
        """Give the money and the seconds (K,) that the partitions on FaaS take."""
        money = np.zeros((len(chain), len(self.places)))
        seconds = np.zeros_like(money)
        for index, name in enumerate(chain):
            part = (component.name, name)
            reach = self.evaluator.reach[part]
            for candidate in component.partitions[name].candidates.values():
                if self.evaluator.system.resources[candidate.resource].kind == "faas":
                    place = self.places.of(candidate.resource)
                    money[index, place] = function_cost(part, candidate, self.evaluator)
                    seconds[index, place] = reach * function_seconds(part, candidate, self.evaluator)
        row = np.arange(len(chain))
        return money[row, places].sum(axis=1), seconds[row, places].sum(axis=1)

    def _networks(self, component: Component, chain: Sequence[str], places: Indices) -> Numbers:
        """Give the seconds (K,) that requests take between the partitions."""
        seconds = np.zeros(len(places))
        for index, (one, other) in enumerate(pairwise(chain)):
            size = component.partitions[one].sizes.get(other, 0.0)
            between = self.places.delays(size)[places[:, index], places[:, index + 1]]
            seconds += self.evaluator.reach[component.name, other] * between
        return seconds
