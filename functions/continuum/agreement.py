"""Whether the files of an application speak of the same components, layers and resources."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from typing import Any

from functions.continuum.annotations import Annotations
from functions.continuum.dag import Dag
from functions.continuum.data_sizes import DataSizes
from functions.continuum.degraded import DeploymentsPerformance
from functions.continuum.deployments import CandidateDeployments, part_of
from functions.continuum.designs import BASE, Containers, Partitions
from functions.continuum.model import Fault, unknown
from functions.continuum.optimiser_settings import OptimiserSettings
from functions.continuum.performance_models import PerformanceModels
from functions.continuum.physical_nodes import PhysicalNodes
from functions.continuum.production import ProductionDeployment
from functions.continuum.qos import DeploymentConstraints, MultiClusterQos
from functions.continuum.resources import CandidateResources
from functions.continuum.run_parameters import RunParameters
from functions.documents.document import Place
from functions.documents.wording import meant

DRIFT_DETECTOR = "drift-detector"
"""Has an image, as upstream builds it, and is no component of the application."""


@dataclass(frozen=True)
class Names:
    """What there is, by name.

    Attributes:
        dag: The components and what follows what.
        resources: Layers and resources.
        partitions: The cuts, where they are known.
    """

    dag: Dag
    resources: CandidateResources
    partitions: Partitions | None = None

    @property
    def components(self) -> tuple[str, ...]:
        """Whole components, alternatives too."""
        others = (name for names in self.dag.alternative_components.values() for name in names)
        return tuple(dict.fromkeys((*self.dag.components, *others)))

    @property
    def parts(self) -> tuple[str, ...]:
        """Parts that are known by name, such as ``filter_partition1_2``."""
        designs = self.partitions.components.items() if self.partitions else ()
        return tuple(f"{key}_{name}" for key, each in designs for name in each.partitions if name != BASE)

    @property
    def edges(self) -> tuple[tuple[str, str], ...]:
        """Which follows which, alternatives in the place of their components too."""
        ways = {name: (name, *self.dag.alternative_components.get(name, ())) for name in self.dag.components}
        pairs = ((source, target) for source, target, _ in self.dag.dependencies)
        return tuple(each for source, target in pairs for each in product(ways[source], ways[target]))

    def component(self, place: Place, name: str, *, cut: bool = True) -> Iterator[Fault]:
        """Give the fault of a name that is no component, and no part of one where ``cut``."""
        part = part_of(name) if cut else None
        if name in self.components or (part and part.component in self.components and self._is_cut(part.cut, name)):
            return
        known = (*self.components, *self.parts) if cut else self.components
        yield unknown(place, name, what="component" if not part else "part of a component", known=known)

    def _is_cut(self, cut: str, name: str) -> bool:
        return not self.partitions or cut == "X" or name in self.parts

    def layer(self, place: Place, name: str) -> Iterator[Fault]:
        """Give the fault of a name that is no computational layer."""
        if name not in self.resources.layers:
            yield unknown(place, name, what="computational layer", known=self.resources.layers)

    def resource(self, place: Place, name: str, *, layers: Iterable[int] = ()) -> Iterator[Fault]:
        """Give the fault of a name that is no resource, or none of these layers."""
        if name not in self.resources.resources:
            yield unknown(place, name, what="resource", known=self.resources.resources)
            return
        number = self.resources.layers[self.resources.layer_of[name]].number
        if (numbers := tuple(layers)) and number not in numbers:
            listed = ", ".join(str(each) for each in numbers)
            yield Fault(place, f"is {name}, which is on layer {number}; candidateExecutionLayers has {listed}")


def disagreements(parts: Mapping[str, Any], names: Names) -> Iterator[tuple[str, list[Fault]]]:
    """Give the faults of each file that says what the others contradict, by the field of ``Application``."""
    for part, check in _CHECKS.items():
        if part in parts and (faults := list(check(parts[part], names))):
            yield part, faults


def _deployments(deployments: CandidateDeployments, names: Names) -> Iterator[Fault]:
    numbers = {str(number): number for number in names.resources.layer_of_number}
    strangers: list[str] = []
    for key, component in deployments.components.items():
        place = ("Components", key)
        if strange := list(names.component((*place, "name"), component.name)):
            strangers.append(component.name)
            yield from strange
        for index, number in enumerate(component.candidate_execution_layers):
            if number not in names.resources.layer_of_number:
                yield unknown((*place, "candidateExecutionLayers", index), str(number), what="layer", known=numbers)
        for inner, container in component.containers.items():
            for index, resource in enumerate(container.candidate_execution_resources):
                at = (*place, "Containers", inner, "candidateExecutionResources", index)
                yield from names.resource(at, resource, layers=component.candidate_execution_layers)
    for name in names.dag.components:
        if name not in deployments.by_name and not meant(name, strangers):
            yield Fault(("Components",), f"have no {name}, a component of application_dag.yaml")


def _qos(constraints: DeploymentConstraints, names: Names) -> Iterator[Fault]:
    for place, name in constraints.names():
        yield from names.component(("system", *place), name)
    following = names.dag.following
    for key, path in constraints.global_constraints.items():
        steps = zip(path.path_components, path.path_components[1:], strict=False)
        for index, (before, after) in enumerate(steps, start=1):
            if before in following and after in following and after not in following[before]:
                place = ("system", "global_constraints", key, "path_components", index)
                yield Fault(place, f"is {after}, which does not follow {before} in application_dag.yaml")


def _annotations(annotations: Annotations, names: Names) -> Iterator[Fault]:
    for script, each in annotations.root.items():
        yield from names.component((script, "component_name", "name"), each.name, cut=False)
    yield from annotations.breaks(names.edges)


def _partitions(partitions: Partitions, names: Names) -> Iterator[Fault]:
    for name in partitions.components:
        yield from names.component(("components", name), name, cut=False)


def _data_sizes(sizes: DataSizes, names: Names) -> Iterator[Fault]:
    for name in sizes.root:
        yield from names.component((name,), name)


def _performance(models: PerformanceModels, names: Names) -> Iterator[Fault]:
    for component, parts in models.root.items():
        yield from names.component((component,), component, cut=False)
        for part, resources in parts.items():
            if part != component:
                whole = part if part_of(part) else f"{component}_{part}"
                yield from names.component((component, part), component if part == BASE else whole)
            for resource in resources:
                yield from names.resource((component, part, resource), resource)


def _run_parameters(parameters: RunParameters, names: Names) -> Iterator[Fault]:
    keys = tuple(f"component{index + 1}" for index in range(len(names.dag.components)))
    for name in parameters.components:
        part = part_of(name)
        if (part.component if part else name) not in keys:
            yield from names.component(("components", name), name)


def _settings(settings: OptimiserSettings, names: Names) -> Iterator[Fault]:
    listed = (("EdgeResources", settings.edge), ("CloudResources", settings.cloud), ("FaaSResources", settings.faas))
    for field, layers in listed:
        for index, name in enumerate(layers):
            yield from names.layer((field, index), name)
            layer = names.resources.layers.get(name)
            if layer and (layer.type == "NativeCloudFunction") != (field == "FaaSResources"):
                yield Fault((field, index), f"is {name}, a layer of type {layer.type}")


def _degraded(performance: DeploymentsPerformance, names: Names) -> Iterator[Fault]:
    for index, entry in enumerate(performance.sorted_deployments_performance):
        for key, each in entry.items():
            place = ("System", "sorted_deployments_performance", index, key, "components")
            for position, name in enumerate(each.components):
                yield from names.component((*place, position), name, cut=False)


def _multi_cluster_qos(constraints: MultiClusterQos, names: Names) -> Iterator[Fault]:
    for key, deployment in constraints.deployments.items():
        for number, layer in deployment.execution_layers.items():
            place = ("System", "Deployments", key, "ExecutionLayers", number, "components")
            for index, name in enumerate(layer.components):
                yield from names.component((*place, index), name)


def _containers(containers: Containers, names: Names) -> Iterator[Fault]:
    for name in containers.components:
        if name != DRIFT_DETECTOR:
            yield from names.component(("components", name), name, cut=False)


def _production(production: ProductionDeployment, names: Names) -> Iterator[Fault]:
    for key, component in production.components.items():
        place = ("System", "Components", key)
        yield from names.component((*place, "name"), component.name)
        for inner, container in component.containers.items():
            at = (*place, "Containers", inner, "selectedExecutionResource")
            yield from names.resource(at, container.selected_execution_resource)


def _physical_nodes(nodes: PhysicalNodes, names: Names) -> Iterator[Fault]:
    for key, layer in nodes.computational_layers.items():
        place = ("ComputationalLayers", key)
        if layer.number not in names.resources.layer_of_number:
            yield Fault((*place, "number"), f"is {layer.number}; there is no such layer in candidate_resources.yaml")
            continue
        there = names.resources.layers[names.resources.layer_of_number[layer.number]].resources.values()
        known = tuple(each.name for each in there)
        for inner, resource in layer.resources.items():
            if resource.name not in known:
                at = (*place, "Resources", inner, "name")
                yield unknown(at, resource.name, what=f"resource of layer {layer.number}", known=known)


_CHECKS: Mapping[str, Callable[[Any, Names], Iterator[Fault]]] = {
    "deployments": _deployments,
    "partitions": _partitions,
    "qos": _qos,
    "annotations": _annotations,
    "data_sizes": _data_sizes,
    "performance_models": _performance,
    "run_parameters": _run_parameters,
    "settings": _settings,
    "degraded": _degraded,
    "multi_cluster_qos": _multi_cluster_qos,
    "containers": _containers,
    "production": _production,
    "physical_nodes": _physical_nodes,
}
