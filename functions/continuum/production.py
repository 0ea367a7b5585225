"""``production_deployment.yaml``: the resources that were chosen, how many of each, and what runs on which.

Both forms are read: the one that the code of AI-SPRINT writes, with the networks beside the components, and the
guide's, with the networks below ``Resources``. The code's form is written.
"""

from collections.abc import Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field

from functions.continuum.deployments import Container
from functions.continuum.model import Count, Fault, Flag, Model, Name, Text, none_is_no_names, unknown, within
from functions.continuum.reading import read
from functions.continuum.resources import CandidateResources, NetworkDomain
from functions.continuum.writing import yaml_text


class ChosenContainer(Container):
    """A container and the resource that it runs on."""

    selected_execution_resource: Name = Field(alias="selectedExecutionResource")


class ChosenComponent(Model):
    """A component, or a part of one, and where it runs."""

    name: Name
    execution_layer: Count = Field(alias="executionLayer", description="Number of a computational layer.")
    containers: Mapping[Name, ChosenContainer] = Field(alias="Containers", min_length=1, max_length=1)

    @property
    def container(self) -> ChosenContainer:
        """The one that runs."""
        return next(iter(self.containers.values()))


class ProductionDeployment(Model):
    """One deployment, as it is or is to be."""

    deployment_name: Text = Field(default="", alias="DeploymentName", description="Such as base or deployment1.")
    name: Text = ""
    network_domains: Annotated[Mapping[Name, NetworkDomain], none_is_no_names] = Field(
        default={}, alias="NetworkDomains", description="With the resources that are used; totalNodes of each are on."
    )
    resources: CandidateResources | None = Field(default=None, alias="Resources", description="The guide's place.")
    components: Mapping[Name, ChosenComponent] = Field(alias="Components", min_length=1)
    feasible: Flag | None = Field(default=None, alias="Feasible", description="Whether all constraints are kept.")

    @cached_property
    def chosen(self) -> CandidateResources:
        """The resources, however they were written."""
        return self.resources or CandidateResources(name=self.name, network_domains=self.network_domains)

    @cached_property
    def by_name(self) -> Mapping[str, ChosenComponent]:
        """Component or part -> where it runs."""
        return {each.name: each for each in self.components.values()}

    def faults(self) -> Iterator[Fault]:
        """Give networks that are missing or there twice, and components on what is not there."""
        if self.resources and self.network_domains:
            yield Fault(("Resources",), "and NetworkDomains are both there; write the networks once")
        elif not self.resources and not self.network_domains:
            yield Fault(("NetworkDomains",), "is missing: the networks with their layers and resources")
        else:
            place = ("Resources",) if self.resources else ()
            yield from within(place, self.chosen.faults())
            yield from self._misplaced()

    def _misplaced(self) -> Iterator[Fault]:
        layers = {layer.number: layer for layer in self.chosen.layers.values()}
        seen: set[str] = set()
        for key, component in self.components.items():
            place = ("Components", key)
            if component.name in seen:
                yield Fault((*place, "name"), f"is {component.name}, a second time")
            seen.add(component.name)
            layer = layers.get(component.execution_layer)
            if not layer:
                numbers = ", ".join(str(number) for number in layers)
                yield Fault((*place, "executionLayer"), f"is {component.execution_layer}; there are layers {numbers}")
                continue
            names = tuple(each.name for each in layer.resources.values())
            for inner, container in component.containers.items():
                if container.selected_execution_resource not in names:
                    at = (*place, "Containers", inner, "selectedExecutionResource")
                    what = f"resource of layer {layer.number}"
                    yield unknown(at, container.selected_execution_resource, what=what, known=names)

    def doubts(self) -> Iterator[Fault]:
        """Give what the networks say that was likely not meant."""
        yield from within(("Resources",) if self.resources else (), self.chosen.doubts())

    def text(self) -> str:
        """The file, in the code's form."""
        resources = self.chosen.plain()
        system = {"DeploymentName": self.deployment_name} if self.deployment_name else {}
        return yaml_text({"System": {**system, **resources, **self.plain_components()}})

    def plain_components(self) -> dict[str, Any]:
        """What the file says beside the networks."""
        kept = ("Components", "Feasible")
        return {name: value for name, value in self.plain().items() if name in kept and value is not None}


def read_production(
    given: Path | str, *, source: str | None = None, warnings: list[str] | None = None
) -> ProductionDeployment:
    """Read a ``production_deployment.yaml`` of either form; see ``reading.read``.

    Raises:
        Rejected: It cannot be used.
    """
    return read(given, ProductionDeployment, source=source, warnings=warnings, inside="System", bare=True)
