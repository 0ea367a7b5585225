"""``candidate_deployments.yaml``: where each component may run, whole or in parts, and in what container.

A component ``c`` that can be cut has further entries ``c_partitionX_1`` and ``c_partitionX_2``: the first and the
second half of whichever of its cuts; ``c_partition1_2`` is the second half of cut 1 and of no other.
"""

import re
from collections.abc import Iterator, Mapping
from functools import cached_property
from pathlib import Path

from pydantic import Field

from functions.continuum.model import Count, Fault, Flag, Model, Name, NotNegative, Positive, Text, within
from functions.continuum.reading import read

_PART = re.compile(r"(?P<component>.+)_partition(?P<cut>X|[0-9]+)_(?P<half>[0-9]+)")


class Part(Model):
    """What a name such as ``filter_partitionX_1`` says: cut X (any) of ``filter``, its first part."""

    component: str
    cut: str
    half: int


def part_of(name: str) -> Part | None:
    """Read the name of a component's part; none where it is that of a whole component."""
    found = _PART.fullmatch(name)
    return found and Part(component=found["component"], cut=found["cut"], half=int(found["half"]))


class Container(Model):
    """What runs on a resource."""

    image: Text | tuple[Text, ...] | None = Field(default=None, description="One, or one for each architecture.")
    memory_size: Positive = Field(alias="memorySize", description="MB.")
    computing_units: Positive = Field(alias="computingUnits", description="Cores.")
    trusted_execution: Flag = Field(default=False, alias="trustedExecution", description="Needs SGX or the like.")
    network_protection: Flag = Field(default=False, alias="networkProtection")
    file_system_protection: Flag = Field(default=False, alias="fileSystemProtection")
    gpu_requirement: Flag = Field(default=False, alias="GPURequirement")
    expose_service: Mapping[Name, NotNegative | Flag | Text | None] | None = Field(default=None, alias="ExposeService")

    @property
    def images(self) -> tuple[str, ...]:
        """All images; none where the file has no image yet."""
        return (self.image,) if isinstance(self.image, str) else self.image or ()


class CandidateContainer(Container):
    """A container and the resources that it fits."""

    candidate_execution_resources: tuple[Name, ...] = Field(
        alias="candidateExecutionResources", min_length=1, description="Names of resources."
    )


class CandidateComponent(Model):
    """A component, or a part of one."""

    name: Name
    candidate_execution_layers: tuple[Count, ...] = Field(
        alias="candidateExecutionLayers", min_length=1, description="Numbers of computational layers."
    )
    containers: Mapping[Name, CandidateContainer] = Field(alias="Containers", min_length=1)

    @property
    def candidates(self) -> Mapping[str, CandidateContainer]:
        """Resource -> the container that runs there, the first that names it."""
        found: dict[str, CandidateContainer] = {}
        for container in self.containers.values():
            for resource in container.candidate_execution_resources:
                found.setdefault(resource, container)
        return found


class CandidateDeployments(Model):
    """Where every component and every part may run."""

    components: Mapping[Name, CandidateComponent] = Field(alias="Components", min_length=1)

    @cached_property
    def by_name(self) -> Mapping[str, CandidateComponent]:
        """Component's or part's name, such as ``filter_partitionX_1``, -> its entry."""
        return {each.name: each for each in self.components.values()}

    def find(self, name: str) -> CandidateComponent | None:
        """Give the entry of a component or of a part; that of ``c_partition1_2`` may be ``c_partitionX_2``."""
        part = part_of(name)
        return self.by_name.get(name) or (
            self.by_name.get(f"{part.component}_partitionX_{part.half}") if part else None
        )

    def faults(self) -> Iterator[Fault]:
        """Give names that two entries have, and resources that two containers of one component have."""
        seen: dict[str, str] = {}
        for key, component in self.components.items():
            place = ("Components", key)
            if component.name in seen:
                yield Fault((*place, "name"), f"is {component.name}, which {seen[component.name]} has too")
            seen.setdefault(component.name, key)
            yield from within(place, _shared(component))

    def doubts(self) -> Iterator[Fault]:
        """Give parts that stand alone: a cut has at least two."""
        for key, component in self.components.items():
            part = part_of(component.name)
            other = part and f"{part.component}_partition{part.cut}_{2 if part.half == 1 else 1}"
            if other and other not in self.by_name:
                yield Fault(("Components", key, "name"), f"is {component.name}, and there is no {other}")


def read_deployments(
    given: Path | str, *, source: str | None = None, warnings: list[str] | None = None
) -> CandidateDeployments:
    """Read a ``candidate_deployments.yaml``, with or without ``System`` around it; see ``reading.read``.

    Raises:
        Rejected: It cannot be used.
    """
    return read(given, CandidateDeployments, source=source, warnings=warnings, inside="System", bare=True)


def _shared(component: CandidateComponent) -> Iterator[Fault]:
    seen: dict[str, str] = {}
    for key, container in component.containers.items():
        for index, resource in enumerate(container.candidate_execution_resources):
            if resource in seen:
                place = ("Containers", key, "candidateExecutionResources", index)
                yield Fault(place, f"is {resource}, which {seen[resource]} has already")
            seen.setdefault(resource, key)
