"""``qos_constraints.yaml`` of one deployment or layer, and ``multi_cluster_qos_constraints.yaml`` of all of them.

Thresholds are seconds. A local constraint bounds one component or partition, a global one the whole way along a path.
Both are read by the placement and by the monitoring.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

from pydantic import AliasChoices, BeforeValidator, Field, StringConstraints, field_serializer

from functions.continuum.model import Fault, Model, Name, Positive, none_is_no_names, unknown, within
from functions.continuum.reading import read
from functions.continuum.writing import yaml_text
from functions.documents.document import Place

FILE_NAME = "qos_constraints.yaml"
_LAYER_FILE = re.compile(r"qos_constraints_L([1-9][0-9]{0,5})\.yaml")

LayerNumber = Annotated[str, StringConstraints(pattern=r"^[1-9][0-9]{0,5}$")]


def _or_none(given: object) -> object:
    return None if given == {} else given


class LocalConstraint(Model):
    """The longest time of one component."""

    component_name: Name
    threshold: Positive = Field(description="Seconds.")


class GlobalConstraint(Model):
    """The longest time along a path."""

    path_components: tuple[Name, ...] = Field(
        validation_alias=AliasChoices("path_components", "components_path"),
        min_length=1,
        max_length=1000,
        description="Components in the order in which requests pass them.",
    )
    threshold: Positive = Field(description="Seconds.")


LocalConstraints = Annotated[dict[Name, LocalConstraint], none_is_no_names, Field(max_length=10_000)]
GlobalConstraints = Annotated[dict[Name, GlobalConstraint], none_is_no_names, Field(max_length=10_000)]


class Constraints(Model):
    """What the two files have in common."""

    local_constraints: LocalConstraints = Field(default={})
    global_constraints: GlobalConstraints = Field(default={})
    throughput_component: Annotated[Name | None, BeforeValidator(_or_none)] = Field(
        default=None, description="Whose requests are counted; {} where it is on another layer."
    )

    @field_serializer("throughput_component")
    def _or_braces(self, name: str | None) -> str | dict[str, str]:
        return {} if name is None else name

    @property
    def local(self) -> dict[str, float]:
        """Component -> its longest time in seconds, the shortest of those that are asked for."""
        tightest: dict[str, float] = {}
        for each in self.local_constraints.values():
            tightest[each.component_name] = min(each.threshold, tightest.get(each.component_name, each.threshold))
        return tightest

    @property
    def paths(self) -> dict[tuple[str, ...], float]:
        """Path -> its longest time in seconds, the shortest of those that are asked for."""
        tightest: dict[tuple[str, ...], float] = {}
        for each in self.global_constraints.values():
            path = each.path_components
            tightest[path] = min(each.threshold, tightest.get(path, each.threshold))
        return tightest

    def faults(self) -> Iterator[Fault]:
        """Give components that a path passes twice."""
        for key, path in self.global_constraints.items():
            for index, name in enumerate(path.path_components):
                if name in path.path_components[:index]:
                    yield Fault(("global_constraints", key, "path_components", index), f"is {name}, a second time")

    def names(self) -> Iterator[tuple[Place, str]]:
        """Give each component that is named, after the place where it is."""
        for key, local in self.local_constraints.items():
            yield ("local_constraints", key, "component_name"), local.component_name
        for key, path in self.global_constraints.items():
            for index, name in enumerate(path.path_components):
                yield ("global_constraints", key, "path_components", index), name
        if self.throughput_component:
            yield ("throughput_component",), self.throughput_component


class DeploymentConstraints(Constraints):
    """The constraints of one deployment, or of its components on one layer."""

    name: Name = Field(description="The application's name.")


class LayerConstraints(Constraints):
    """The constraints that are watched on one layer: those of its components and of the paths that end in one."""

    components: tuple[Name, ...] = Field(default=(), max_length=10_000)

    def watched(self) -> Iterator[tuple[Place, str]]:
        """Give those of the names that must be on this layer: the others are only passed on the way."""
        for key, local in self.local_constraints.items():
            yield ("local_constraints", key, "component_name"), local.component_name
        for key, path in self.global_constraints.items():
            last = len(path.path_components) - 1
            yield ("global_constraints", key, "path_components", last), path.path_components[last]


class Deployment(Model):
    """The layers of one deployment."""

    execution_layers: dict[LayerNumber, LayerConstraints] = Field(alias="ExecutionLayers", max_length=10_000)

    def faults(self) -> Iterator[Fault]:
        """Give constraints of components that are elsewhere."""
        everywhere = tuple(name for layer in self.execution_layers.values() for name in layer.components)
        for number, layer in self.execution_layers.items():
            place = ("ExecutionLayers", number)
            yield from within(place, layer.faults())
            for where, name in layer.names():
                if name not in everywhere:
                    yield unknown((*place, *where), name, what="component of this deployment", known=everywhere)
            for where, name in layer.watched():
                if name in everywhere and name not in layer.components:
                    yield Fault((*place, *where), f"is {name}, which is not on layer {number}")


class MultiClusterQos(Model):
    """The constraints of all deployments, layer by layer."""

    deployments: dict[Name, Deployment] = Field(alias="Deployments", max_length=10_000)

    def faults(self) -> Iterator[Fault]:
        """Give constraints of components that are elsewhere."""
        for name, deployment in self.deployments.items():
            yield from within(("Deployments", name), deployment.faults())

    def of(self, deployment: str, layer: int, *, application: str) -> DeploymentConstraints:
        """Give the constraints of one layer: what ``qos_constraints_L<layer>.yaml`` of the deployment says.

        Raises:
            KeyError: There is no such deployment, or nothing of it on that layer.
        """
        found = self.deployments[deployment].execution_layers[str(layer)]
        return DeploymentConstraints(
            name=application, **{field: getattr(found, field) for field in Constraints.model_fields}
        )


def file_name(layer: int | None = None) -> str:
    """Give the name of the file of a deployment, or of one of its layers."""
    return FILE_NAME if layer is None else f"qos_constraints_L{layer}.yaml"


def layer_of(name: str) -> int | None:
    """Give the number of the layer that a file's name speaks of; none for the file of a whole deployment."""
    found = _LAYER_FILE.fullmatch(name)
    return int(found[1]) if found else None


def read_qos(
    given: Path | str, *, source: str | None = None, warnings: list[str] | None = None
) -> DeploymentConstraints:
    """Read a ``qos_constraints.yaml`` or ``qos_constraints_L<n>.yaml``; see ``reading.read``.

    Raises:
        Rejected: It cannot be used.
    """
    return read(given, DeploymentConstraints, source=source, warnings=warnings, inside="system")


def write_qos(constraints: DeploymentConstraints) -> str:
    """Give the text of a ``qos_constraints.yaml``, the name first."""
    return yaml_text({"system": _first("name", constraints.plain())})


def read_multi_cluster_qos(
    given: Path | str, *, source: str | None = None, warnings: list[str] | None = None
) -> MultiClusterQos:
    """Read a ``multi_cluster_qos_constraints.yaml``; see ``reading.read``.

    Raises:
        Rejected: It cannot be used.
    """
    return read(given, MultiClusterQos, source=source, warnings=warnings, inside="System")


def write_multi_cluster_qos(constraints: MultiClusterQos) -> str:
    """Give the text of a ``multi_cluster_qos_constraints.yaml``, the components of each layer first."""
    plain = constraints.plain()
    for deployment in plain["Deployments"].values():
        layers = deployment["ExecutionLayers"]
        deployment["ExecutionLayers"] = {number: _first("components", layer) for number, layer in layers.items()}
    return yaml_text({"System": plain})


def _first(field: str, plain: dict[str, Any]) -> dict[str, Any]:
    return {field: plain[field], **plain} if field in plain else plain
