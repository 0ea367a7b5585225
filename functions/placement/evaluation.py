"""The exact evaluator: cost, response times and broken rules of a placement. It judges what the solvers say.

The model is SPACE4AI-D's (H. Sedghani et al., IEEE TSC 2024; classes/Solution.py, Constraints.py and
PerformanceEvaluators.py of ai-sprint-eu-project/space4ai-d @8c2ceb3). It gives the cost and the times of all 80
solutions published with SPACE4AI-R. Where the two programs differ, or both err:

- a component's load is the sum of its predecessors' loads times the transition probabilities, and the system's load
  where none leads to it; early exits do not lessen what goes on to the next component;
- a partition's load is that of its component times the shares that did not leave at earlier partitions;
- between parts on different resources lies AccessDelay + 8 * KB / (kbit/s), the least over the domains that have both
  layers, nothing between parts on the same resource (SPACE4AI-R has no 8: ``dialects.sizes``);
- a path's time is that of its components and the networks between the last partition of each and the first of the
  next, early exits not looked at (SPACE4AI-R weighs the networks by them);
- a function is charged, and its steady state told, by the load of its component (SPACE4AI-R: of the partition);
- memory counts a node, not all nodes of a resource together (SPACE4AI-R: together);
- nothing follows the cloud on the edge; both programs' checks miss cases of that.

No code is shared with the solvers' formulations.
"""

from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from math import inf, isinf

from functions.placement.basis import Basis
from functions.placement.system import (
    Candidate,
    ColdStarts,
    Component,
    Measured,
    Part,
    Placement,
    Queue,
    System,
)
from functions.placement.verdict import Evaluation, Rule, Violation

TOLERANCE = 1e-9
"""Share of a limit by which rounding may exceed it."""


def evaluate(system: System, placement: Placement) -> Evaluation:
    """Judge one placement; ``Evaluator`` is faster for many of one system."""
    return Evaluator(system).evaluate(placement)


def with_load(system: System, load: float) -> System:
    """Give the same system at another load; times that were measured stay what they are."""
    return replace(system, load=load)


class Evaluator(Basis):
    """Judges placements of one system."""

    def evaluate(self, placement: Placement) -> Evaluation:
        """Judge one placement, whatever is in it."""
        return _Judgement(self, placement).verdict()


class _Judgement:
    """One placement, looked at rule by rule."""

    def __init__(self, basis: Basis, placement: Placement) -> None:
        self.basis = basis
        self.system = basis.system
        self.placement = placement
        self.violations: list[Violation] = []
        self.placed: dict[Part, Candidate] = {}
        self.chains: dict[str, tuple[Part, ...]] = {}
        self._place()
        self._refuse_strangers()
        self.nodes = {name: self._nodes(name) for name in self._in_use()}
        self._refuse_idle_nodes()

    def verdict(self) -> Evaluation:
        """Look at everything that is left, and sum up."""
        self._memory()
        self._layers()
        self._alone()
        utilisation = self._utilisation()
        part_times = {part: self._seconds(part, utilisation) for part in self.placed}
        network = self._network()
        component_times = {name: self._component_time(name, part_times, network) for name in self.system.components}
        path_times = {
            path.name: self._path_time(path.components, component_times, network) for path in self.system.paths
        }
        self._limits(component_times, path_times)
        return Evaluation(
            cost=self._cost(),
            feasible=not self.violations,
            violations=tuple(self.violations),
            utilisation=utilisation,
            loads={part: self.basis.part_loads[part] for part in self.placed},
            part_times=part_times,
            component_times=component_times,
            path_times=path_times,
            network=network,
        )

    def _broken(self, rule: Rule, subject: str, value: float = 1.0, limit: float = 0.0) -> None:
        self.violations.append(Violation(rule, subject, value, limit))

    def _place(self) -> None:
        """Take the partitions that have a place where they may run; ``chains`` has the components that are whole."""
        for component in self.system.components.values():
            deployment = self.placement.deployments.get(component.name)
            if deployment is None:
                self._broken("incomplete", component.name)
                continue
            if deployment not in component.deployments:
                self._broken("unknown", f"deployment {deployment} of {component.name}")
                continue
            chain = tuple((component.name, name) for name in component.deployments[deployment])
            for part in chain:
                self._place_part(component, part)
            if all(part in self.placed for part in chain):
                self.chains[component.name] = chain

    def _place_part(self, component: Component, part: Part) -> None:
        resource = self.placement.resources.get(part)
        candidate = component.partitions[part[1]].candidates.get(resource or "")
        if resource is None:
            self._broken("incomplete", _name(part))
        elif candidate is None:
            known = resource in self.system.resources
            self._broken("unknown", f"{_name(part)} on {resource}" if known else f"resource {resource}")
        else:
            self.placed[part] = candidate

    def _refuse_strangers(self) -> None:
        for name in self.placement.deployments:
            if name not in self.system.components:
                self._broken("unknown", f"component {name}")
        expected = {
            (component.name, name)
            for component in self.system.components.values()
            for name in component.deployments.get(self.placement.deployments.get(component.name, ""), ())
        }
        for part in self.placement.resources:
            if part not in expected:
                self._broken("unknown", f"{_name(part)} in the deployments that are chosen")

    def _in_use(self) -> dict[str, list[Part]]:
        found: dict[str, list[Part]] = {}
        for part, candidate in self.placed.items():
            if self.system.resources[candidate.resource].kind != "faas":
                found.setdefault(candidate.resource, []).append(part)
        return found

    def _nodes(self, name: str) -> float:
        """Give the nodes of a resource in use; 0 where there is no whole number of them."""
        most = self.system.resources[name].nodes
        nodes = self.placement.nodes.get(name)
        if nodes is None:
            self._broken("incomplete", f"number of nodes of {name}")
            return 0
        whole = float(nodes).is_integer() and nodes >= 1
        if not whole or nodes > most:
            self._broken("nodes", name, nodes, most)
        return nodes if whole else 0

    def _refuse_idle_nodes(self) -> None:
        for name, nodes in self.placement.nodes.items():
            if name not in self.system.resources:
                self._broken("unknown", f"resource {name}")
            elif name not in self.nodes and nodes:
                self._broken("nodes", name, nodes)

    def _memory(self) -> None:
        needed = dict.fromkeys(self.nodes, 0.0)
        for part, candidate in self.placed.items():
            resource = self.system.resources[candidate.resource]
            if resource.kind != "faas":
                needed[resource.name] += candidate.memory
            elif _exceeds(candidate.memory, resource.memory):
                self._broken("memory", f"{_name(part)} on {resource.name}", candidate.memory, resource.memory)
        for name, memory in needed.items():
            if _exceeds(memory, self.system.resources[name].memory):
                self._broken("memory", name, memory, self.system.resources[name].memory)

    def _layers(self) -> None:
        types: dict[str, int] = {}
        for name in self.nodes:
            layer = self.system.resources[name].layer
            types[layer] = types.get(layer, 0) + 1
        for layer, count in types.items():
            if count > 1:
                self._broken("layer", layer, count, 1)

    def _alone(self) -> None:
        for name, parts in self._in_use().items():
            if len(parts) > 1 and any(isinstance(self.placed[part].behaviour, Measured) for part in parts):
                self._broken("alone", name, len(parts), 1)

    def _utilisation(self) -> dict[str, float]:
        found: dict[str, float] = {}
        for name, parts in self._in_use().items():
            busy = sum(_demand(self.placed[part]) * self.basis.part_loads[part] for part in parts)
            nodes = self.nodes[name]
            found[name] = busy / nodes if nodes else inf
            limit = self.system.utilisation_limit
            if nodes and _exceeds(found[name], limit):
                self._broken("utilisation", name, found[name], limit)
        return found

    def _seconds(self, part: Part, utilisation: dict[str, float]) -> float:
        candidate = self.placed[part]
        behaviour = candidate.behaviour
        if isinstance(behaviour, ColdStarts):
            return self.basis.function_times[part, candidate.resource]
        busy = utilisation.get(candidate.resource, 0.0)
        if busy >= 1:
            return inf
        if isinstance(behaviour, Queue):
            return behaviour.demand / (1 - busy)
        nodes = int(self.nodes.get(candidate.resource, 1))
        return behaviour.seconds[min(nodes, len(behaviour.seconds)) - 1]

    def _network(self) -> dict[tuple[Part, Part], float]:
        found: dict[tuple[Part, Part], float] = {}
        for here, there in self._hops():
            before, after = (self.system.resources[self.placed[part].resource] for part in (here, there))
            sizes = self.system.components[here[0]].partitions[here[1]].sizes
            kilobytes = sizes.get(there[1] if there[0] == here[0] else there[0], 0.0)
            found[here, there] = self.basis.delay(before.name, after.name, kilobytes)
            if isinf(found[here, there]):
                self._broken("network", f"{_name(here)} to {_name(there)}")
            if before.kind != "edge" and after.kind == "edge":
                self._broken("back_to_edge", f"{_name(here)} to {_name(there)}")
        return found

    def _hops(self) -> Iterator[tuple[Part, Part]]:
        """Give each two parts that follow one another, of components that are whole."""
        for name, chain in self.chains.items():
            yield from pairwise(chain)
            for after in self.system.components[name].next:
                if after in self.chains:
                    yield chain[-1], self.chains[after][0]

    def _component_time(
        self, name: str, part_times: dict[Part, float], network: dict[tuple[Part, Part], float]
    ) -> float:
        if name not in self.chains:
            return inf
        chain = self.chains[name]
        seconds = part_times[chain[0]]
        for here, there in pairwise(chain):
            reach = self.basis.reach[there]
            # Nobody waits for what nobody comes to, even if it were to take for ever.
            seconds += reach * (network[here, there] + part_times[there]) if reach else 0.0
        return seconds

    def _path_time(
        self, path: tuple[str, ...], times: dict[str, float], network: dict[tuple[Part, Part], float]
    ) -> float:
        if not all(name in self.chains for name in path):
            return inf
        hops = ((self.chains[here][-1], self.chains[there][0]) for here, there in pairwise(path))
        return sum(times[name] for name in path) + sum(network[hop] for hop in hops)

    def _limits(self, component_times: dict[str, float], path_times: dict[str, float]) -> None:
        for name, limit in self.system.local.items():
            if name in self.chains and _exceeds(component_times[name], limit):
                self._broken("local", name, component_times[name], limit)
        for path in self.system.paths:
            whole = all(name in self.chains for name in path.components)
            if whole and _exceeds(path_times[path.name], path.limit):
                self._broken("path", path.name, path_times[path.name], path.limit)

    def _cost(self) -> float:
        """Sum nodes that are on and the seconds that functions are busy, over the system's hours."""
        hourly = sum(
            nodes * self.system.resources[name].cost
            for name, nodes in self.placement.nodes.items()
            if name in self.system.resources and nodes > 0
        )
        for part, candidate in self.placed.items():
            resource = self.system.resources[candidate.resource]
            if resource.kind == "faas":
                hourly += resource.cost * _demand(candidate) * self.basis.loads[part[0]]
        return hourly * self.system.hours


def _demand(candidate: Candidate) -> float:
    """Give the seconds for which one request keeps a node, or an instance, busy."""
    behaviour = candidate.behaviour
    if isinstance(behaviour, Queue):
        return behaviour.demand
    return behaviour.warm if isinstance(behaviour, ColdStarts) else behaviour.occupancy


def _exceeds(value: float, limit: float) -> bool:
    return value > limit * (1 + TOLERANCE)


def _name(part: Part) -> str:
    return "/".join(part)
