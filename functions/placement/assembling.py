"""From the files of an application to the system that the solvers see: the job of SPACE4AI-D's parser.

A component's deployments are ``base``, where it is whole, and one for each of its cuts, such as ``partition1``; the
partitions have the names that ``candidate_deployments.yaml`` has, ``filter`` and ``filter_partition1_2``.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

from functions.continuum.application import NAMES, Application
from functions.continuum.deployments import part_of
from functions.continuum.designs import BASE
from functions.continuum.graph import Graph, loads, ordered
from functions.placement.behaviours import Predictor, behaviour
from functions.placement.limits import limits
from functions.placement.supply import domains, resources
from functions.placement.system import Behaviour, Candidate, Component, Partition, Resource, System
from functions.runtime.errors import Rejected
from functions.runtime.settings import nearest


def assemble(
    application: Application, *, load: float, deployment: str | None = None, predictor: Predictor | None = None
) -> System:
    """Give the system of an application, or of one of its deployments with degraded performance.

    Args:
        load: Requests a second that arrive at each component that none leads to.
        deployment: Name in ``deployments_performance.yaml``; its components take the place of the application's.
        predictor: Gives the seconds of what a learnt model predicts; without it their ``meanTime`` is taken.

    Raises:
        Rejected: There is no such deployment, or the files do not say what is needed of a component.
    """
    name, graph = deployment or application.name, _graph(application, deployment)
    order = ordered(graph)
    if len(order) < len(graph):
        raise Rejected(f"{name}: its dependencies have a cycle", hint="requests would never come to an end")
    arriving = loads(graph, order, load=load)
    assembly = _Assembly(application, graph, predictor)
    local, paths = limits(application, graph)
    return System(
        name=name,
        components={each: assembly.component(each, arriving[each]) for each in order},
        resources=assembly.resources,
        domains=domains(application),
        load=load,
        local=local,
        paths=paths,
        hours=application.settings.hours if application.settings else 1.0,
    )


def assemble_all(application: Application, *, load: float, predictor: Predictor | None = None) -> dict[str, System]:
    """Give the system of each deployment with degraded performance by its name, from the best on.

    Raises:
        Rejected: See ``assemble``.
    """
    names = application.degraded.deployments if application.degraded else {}
    return {name: assemble(application, load=load, deployment=name, predictor=predictor) for name in names}


def _graph(application: Application, deployment: str | None) -> Graph:
    if deployment is None:
        return application.dag.following
    known = application.degraded.deployments if application.degraded else {}
    if deployment not in known:
        said = f"there is no deployment {deployment[:60]!r}{nearest(deployment[:60], known)}"
        raise Rejected(f"{NAMES['degraded']}: {said}")
    graph: dict[str, dict[str, float]] = {name: {} for name in known[deployment].components}
    for before, after, share in known[deployment].dependencies:
        graph[before][after] = share
    return graph


@dataclass(frozen=True)
class _Assembly:
    """The components of one graph."""

    application: Application
    graph: Graph
    predictor: Predictor | None

    @cached_property
    def resources(self) -> dict[str, Resource]:
        return resources(self.application)

    def component(self, name: str, load: float) -> Component:
        deployments = self._deployments(name)
        partitions: dict[str, Partition] = {}
        for chain in deployments.values():
            arriving = load
            following = [*({after: None} for _, after in pairwise(chain)), self.graph[name]]
            for part, exits, after in zip(chain, self._exits(name, chain), following, strict=True):
                sizes = dict.fromkeys(after, self._kilobytes(part) if after else 0.0)
                candidates = {each.resource: each for each in self._candidates(name, part, arriving)}
                partitions[part] = Partition(part, candidates, exits, sizes)
                arriving *= 1 - exits
        return Component(name, deployments, partitions, self.graph[name])

    def _deployments(self, name: str) -> dict[str, tuple[str, ...]]:
        """Give ``base`` and the cuts: the designs tell which, or else the names of the performance models."""
        designs = self.application.partitions
        if designs and name in designs.components:
            design = designs.components[name]
            whole = {BASE: (name,)} if BASE in design.partitions else {}
            return whole | {cut: tuple(f"{name}_{part}" for part in parts) for cut, parts in design.cuts.items()}
        found: dict[str, tuple[str, ...]] = {BASE: (name,)}
        for part in sorted(self._models(name), key=lambda part: (len(part), part)):
            full = part if part_of(part) else f"{name}_{part}"
            if said := part_of(full):
                found[f"partition{said.cut}"] = (*found.get(f"partition{said.cut}", ()), full)
        return found

    def _models(self, name: str) -> Mapping[str, Mapping[str, object]]:
        models = self.application.performance_models
        return models.root.get(name, {}) if models else {}

    def _exits(self, name: str, chain: tuple[str, ...]) -> list[float]:
        """Give the share that leaves at each partition; ``early_exits_model`` has that which does not.

        So has AI-SPRINT Studio (annotations.py @423eb21): probabilities "to not take each early exits". SPACE4AI-D's
        parser takes 0.
        """
        annotations = self.application.annotations
        model = (
            annotations.components[name].early_exits_model if annotations and name in annotations.components else None
        )
        if len(chain) == 1 or model is None or not model.transition_probabilities:
            return [0.0] * len(chain)
        staying = model.transition_probabilities
        if len(staying) != len(chain) - 1:
            many = f"{len(staying)} transition_probabilities and {len(chain)} partitions"
            raise Rejected(f"{NAMES['annotations']}: {name} has {many}", hint="each partition but the last has an exit")
        return [*(1 - each for each in staying), 0.0]

    def _kilobytes(self, part: str) -> float:
        source, sizes = NAMES["data_sizes"], self.application.data_sizes
        if sizes is None:
            raise Rejected(
                f"{source} is missing: how many KB {part} sends", hint="the profiling of the application writes it"
            )
        if part not in sizes.root:
            raise Rejected(f"{source}: {part} is missing: how many KB it sends{nearest(part, sizes.root)}")
        return sizes.root[part]

    def _candidates(self, component: str, part: str, load: float) -> Iterator[Candidate]:
        entry = self.application.deployments.find(part)
        if entry is None:
            known = self.application.deployments.by_name
            raise Rejected(f"{NAMES['deployments']}: {part} is missing: where it may run{nearest(part, known)}")
        for resource, container in entry.candidates.items():
            # Layers that SPACE4AI-D.yaml leaves out are not used.
            if resource in self.resources:
                how = self._behaviour(component, part, resource, load)
                yield Candidate(resource, container.memory_size, how)

    def _behaviour(self, component: str, part: str, resource: str, load: float) -> Behaviour:
        models = self.application.performance_models.root if self.application.performance_models else {}
        short = BASE if part == component else part.removeprefix(f"{component}_")
        of_component = models.get(component, {})
        times = (of_component.get(part) or of_component.get(short) or {}).get(resource)
        place = f"{NAMES['performance_models']}: {component}.{part}.{resource}"
        if times is None:
            raise Rejected(f"{place} is missing, and {NAMES['deployments']} lets it run there")
        asked = self.predictor

        def predict(nodes: int) -> float:
            assert asked is not None
            return asked(component, part, resource, nodes=nodes, load=load)

        try:
            return behaviour(times, self.resources[resource], predict=predict if asked else None)
        except ValueError as error:
            raise Rejected(f"{place} {error}") from None
