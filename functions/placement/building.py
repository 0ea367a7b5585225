"""From what a system's file says to the system: names that must exist, orders, loads, behaviours."""

from collections.abc import Iterable, Iterator, Mapping
from itertools import pairwise

from functions.continuum.graph import cycle, loads, ordered
from functions.documents.document import Place, Problem
from functions.documents.wording import dotted
from functions.placement.behaviours import LEARNT, NAMES, Predictor, behaviour, tabulated
from functions.placement.description import NodeText, PartitionText, PerformanceText, SystemText
from functions.placement.system import Behaviour, Candidate, Component, Domain, Kind, Partition, Path, Resource, System
from functions.runtime.settings import nearest


class Builder:
    """One walk over a description; what does not fit is collected in ``problems``.

    Args:
        kilobytes: How many the file's unit of ``data_size`` has.
        load: Requests a second that arrive, instead of what the file says.
    """

    def __init__(self, text: SystemText, *, kilobytes: float, load: float | None, predictor: Predictor | None) -> None:
        self.text = text
        self.kilobytes = kilobytes
        self.load = text.load if load is None else load
        self.predictor = predictor
        self.problems: list[Problem] = []
        self.resources = self._resources()
        self.graph = self._graph()

    def build(self, *, name: str) -> System | None:
        """Give the system, or nothing when there are problems."""
        order = [] if self.problems else ordered(self.graph)
        if not self.problems and (around := cycle(self.graph, order)):
            self._complain(("DirectedAcyclicGraph",), f"has a cycle: {' -> '.join(around)}")
        if self.load is None:
            self._complain(("Lambda",), "is missing: requests a second that arrive")
        if self.problems or self.load is None:
            return None
        arriving = loads(self.graph, order, load=self.load)
        system = System(
            name=name,
            components={each: self._component(each, arriving[each]) for each in order},
            resources=self.resources,
            domains=self._domains(),
            load=self.load,
            local=self._local(),
            paths=self._paths(),
            hours=self.text.hours,
        )
        self._refuse_strangers()
        return None if self.problems else system

    def _complain(self, place: Place, what: str) -> None:
        self.problems.append(Problem(place, f"{dotted(place)} {what}"))

    def _known(self, word: str, place: Place, known: Iterable[str], kind: str) -> bool:
        names = list(known)
        if word not in names:
            self._complain(place, f"names {word[:60]!r}, which is no {kind}{nearest(word[:60], names)}")
        return word in names

    def _resources(self) -> dict[str, Resource]:
        found = [
            *self._nodes("edge", self.text.edge),
            *self._nodes("cloud", self.text.cloud),
            *self._functions(),
        ]
        layers: dict[str, str] = {}
        for index, each in enumerate(found):
            if each.name in [other.name for other in found[:index]]:
                self._complain((each.layer, each.name), "has a name that another resource has too")
            if layers.setdefault(each.layer, each.kind) != each.kind:
                self._complain((each.layer,), f"is a layer of {each.kind} and of {layers[each.layer]}")
        return {each.name: each for each in found}

    def _nodes(self, kind: Kind, layers: Mapping[str, Mapping[str, NodeText]]) -> Iterator[Resource]:
        for layer, nodes in layers.items():
            for name, each in nodes.items():
                yield Resource(
                    name,
                    layer,
                    kind,
                    each.cost,
                    each.memory,
                    each.number,
                    each.n_cores,
                    description=each.description or "",
                )

    def _functions(self) -> Iterator[Resource]:
        for layer, text in self.text.faas.items():
            for name, each in text.functions.items():
                idle, about = each.idle_time_before_kill, each.description or ""
                yield Resource(name, layer, "faas", each.cost, each.memory, idle_time=idle, description=about)

    def _graph(self) -> dict[str, dict[str, float]]:
        graph: dict[str, dict[str, float]] = {name: {} for name in self.text.components}
        for name, followers in self.text.graph.items():
            place = ("DirectedAcyclicGraph", name)
            known = [self._known(each, (*place, "next"), graph, "component") for each in followers.next]
            if not self._known(name, place, graph, "component") or not all(known):
                continue
            if len(followers.next) != len(followers.transition_probability):
                many, shares = len(followers.next), len(followers.transition_probability)
                self._complain(place, f"has {many} next and {shares} transition_probability; they go together")
            if len(set(followers.next)) < len(followers.next):
                self._complain((*place, "next"), "names a component twice")
            graph[name] = dict(zip(followers.next, followers.transition_probability, strict=False))
        return graph

    def _component(self, name: str, load: float) -> Component:
        deployments: dict[str, tuple[str, ...]] = {}
        partitions: dict[str, Partition] = {}
        for deployment, parts in self.text.components[name].items():
            place = ("Components", name, deployment)
            deployments[deployment] = chain = self._chain(name, place, parts)
            arriving = load
            for part in chain:
                if part in partitions:
                    self._complain((*place, part), "has a name that a partition of another deployment has too")
                candidates = self._candidates(name, part, arriving)
                # Whatever the file says of the last one: behind it there is nothing left to skip.
                early_exit = 0.0 if part == chain[-1] else parts[part].early_exit_probability
                partitions[part] = Partition(part, candidates, early_exit, self._sizes((*place, part), parts[part]))
                arriving *= 1 - early_exit
        return Component(name, deployments, partitions, self.graph[name])

    def _chain(self, component: str, place: Place, parts: Mapping[str, PartitionText]) -> tuple[str, ...]:
        """Follow ``next`` from the partition that none leads to; the last one leads where the graph says."""
        followers = [((*place, name, "next"), each) for name, part in parts.items() for each in part.next]
        kind = "partition or component"
        known = [self._known(each, here, [*parts, *self.graph], kind) for here, each in followers]
        if not all(known):
            return ()
        led_to = {each for _, each in followers}
        chain = [name for name in parts if name not in led_to]
        if len(chain) != 1:
            self._complain(place, "is no chain of partitions: exactly one must be there that no other has as next")
            return ()
        while len(following := parts[chain[-1]].next) == 1 and following[0] in parts and following[0] not in chain:
            chain.append(following[0])
        if len(chain) < len(parts):
            self._complain(place, f"is no chain of partitions: it ends with {chain[-1]}, not with all of them passed")
        elif sorted(following) != sorted(self.graph[component]):
            self._complain((*place, chain[-1], "next"), "has other components than DirectedAcyclicGraph")
        return tuple(chain)

    def _sizes(self, place: Place, text: PartitionText) -> dict[str, float]:
        # The last component of an application may have the size of its answer.
        if text.next and len(text.data_size) != len(text.next):
            self._complain(place, f"has {len(text.next)} next and {len(text.data_size)} data_size; they go together")
        return {after: size * self.kilobytes for after, size in zip(text.next, text.data_size, strict=False)}

    def _candidates(self, component: str, partition: str, load: float) -> dict[str, Candidate]:
        place = ("CompatibilityMatrix", component, partition)
        listed = self.text.compatibility.get(component, {}).get(partition)
        models = self.text.performance.get(component, {}).get(partition, {})
        if listed is None:
            self._complain(place, "is missing: the resources that it may run on")
        found: dict[str, Candidate] = {}
        for each in listed or ():
            here = ("Performance", component, partition, each.resource)
            if not self._known(each.resource, place, self.resources, "resource"):
                continue
            if each.resource in found:
                self._complain(place, f"names {each.resource!r} twice")
            elif each.resource not in models:
                self._complain(here, "is missing, though CompatibilityMatrix has the resource")
            elif self._known(models[each.resource].model, (*here, "model"), NAMES, "performance model"):
                how = self._behaviour(here, models[each.resource], load)
                found |= {each.resource: Candidate(each.resource, each.memory, how)} if how else {}
        return found

    def _behaviour(self, place: tuple[str, str, str, str], text: PerformanceText, load: float) -> Behaviour | None:
        _, component, partition, resource = place
        asked = self.predictor

        def predict(nodes: int) -> float:
            assert asked is not None
            return asked(component, partition, resource, nodes=nodes, load=load)

        if text.seconds and text.model in LEARNT and asked is None:
            return tabulated(text, self.resources[resource], text.seconds)
        try:
            return behaviour(text, self.resources[resource], predict=predict if asked else None)
        except ValueError as error:
            self._complain(place, str(error))
            return None

    def _refuse_strangers(self) -> None:
        """Complain of what is said of components, partitions and resources that are not there."""
        for section, content in (
            ("CompatibilityMatrix", self.text.compatibility),
            ("Performance", self.text.performance),
        ):
            for component, parts in content.items():
                if not self._known(component, (section, component), self.text.components, "component"):
                    continue
                known = [part for chain in self.text.components[component].values() for part in chain]
                for part in parts:
                    self._known(part, (section, component, part), known, "partition")
        for component, behaviours in self.text.performance.items():
            for part, models in behaviours.items():
                for resource in models:
                    self._known(resource, ("Performance", component, part), self.resources, "resource")

    def _domains(self) -> tuple[Domain, ...]:
        layers = [*self.text.edge, *self.text.cloud, *self.text.faas]
        for name, text in self.text.domains.items():
            for layer in text.layers:
                self._known(layer, ("NetworkTechnology", name, "computationalLayers"), layers, "layer")
        return tuple(
            Domain(name, frozenset(text.layers), text.access_delay, text.bandwidth)
            for name, text in self.text.domains.items()
        )

    def _local(self) -> dict[str, float]:
        for name in self.text.local:
            self._known(name, ("LocalConstraints", name), self.graph, "component")
        return {name: each.local_res_time for name, each in self.text.local.items()}

    def _paths(self) -> tuple[Path, ...]:
        for name, each in self.text.paths.items():
            place = ("GlobalConstraints", name, "components")
            known = [self._known(component, place, self.graph, "component") for component in each.components]
            if all(known):
                for before, after in pairwise(each.components):
                    if after not in self.graph[before]:
                        self._complain(place, f"has {after} after {before}, which does not lead to it")
        return tuple(Path(name, each.components, each.global_res_time) for name, each in self.text.paths.items())
