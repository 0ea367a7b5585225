"""``candidate_resources.yaml``: networks, computational layers, and the resources that an application may run on."""

from collections.abc import Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import Annotated, Literal, TypeAlias

from pydantic import AliasChoices, Field

from functions.continuum.hardware import (
    Accelerator,
    Architecture,
    OperatingSystem,
    Processor,
    StorageSize,
    Support,
    Version,
    gigabytes,
)
from functions.continuum.model import (
    Count,
    Fault,
    Flag,
    Model,
    Name,
    NodeCount,
    NotNegative,
    Positive,
    Text,
    none_is_empty,
    none_is_no_names,
    unknown,
    within,
)
from functions.continuum.reading import read

LIKELY_HOURS = 1e-4
"""Seconds; an access delay below it was likely written in hours: 0.00000277 of upstream's examples are 0.01 s in
hours, and upstream adds them to seconds."""

PHYSICAL = ("PhysicalToBeProvisioned", "PhysicalAlreadyProvisioned")


class Node(Model):
    """One type of node: a virtual machine or a device."""

    name: Name = Field(description="That candidate deployments have.")
    total_nodes: NodeCount = Field(alias="totalNodes", description="The most that can be had.")
    description: Text = ""
    cost: NotNegative = Field(description="Money an hour of one node.")
    memory_size: Positive = Field(alias="memorySize", description="MB of one node.")
    storage_size: StorageSize | None = Field(default=None, alias="storageSize")
    storage_type: Text = Field(default="", alias="storageType", description="SSD, flash and so on.")
    flavor_name: Text | None = Field(default=None, alias="flavorName", description="The cloud's name of this type.")
    operating_system: OperatingSystem | None = Field(default=None, alias="operatingSystem")
    operating_system_distribution: Text = Field(default="", alias="operatingSystemDistribution")
    operating_system_type: Text = Field(default="", alias="operatingSystemType")
    operating_system_version: Version | None = Field(default=None, alias="operatingSystemVersion")
    operating_system_image_id: Text | None = Field(default=None, alias="operatingSystemImageId")
    secure_boot: Support = Field(default=False, alias="secureBoot")
    measured_boot: Support = Field(default=False, alias="measuredBoot")
    on_spot: Flag = Field(default=False, alias="onSpot", description="Whether the cloud may take it back.")
    processors: Mapping[Name, Processor] = {}
    accelerators: Annotated[Mapping[Name, Accelerator], none_is_no_names] = {}

    @property
    def cores(self) -> int:
        """Computing units of all processors; 1 where none is described."""
        return sum(each.computing_units for each in self.processors.values()) or 1

    @property
    def architecture(self) -> Architecture | None:
        """That of the first processor that says one."""
        return next((each.architecture for each in self.processors.values() if each.architecture), None)

    @property
    def storage_gb(self) -> float | None:
        """The size of the disk in GB."""
        return gigabytes(self.storage_size)

    @property
    def system(self) -> OperatingSystem:
        """The operating system, however it was written; the image is none where the file has "None" or nothing."""
        nested = self.operating_system or OperatingSystem()
        image = self.operating_system_image_id or nested.image_id
        return OperatingSystem(
            distribution=self.operating_system_distribution or nested.distribution,
            type=self.operating_system_type or nested.type,
            version=nested.version if self.operating_system_version is None else self.operating_system_version,
            image_id=image if image not in ("", "None") else None,
        )

    def faults(self) -> Iterator[Fault]:
        """Give an operating system that is written in both ways."""
        flat = ("distribution", "type", "version", "image_id")
        if self.operating_system and any(getattr(self, f"operating_system_{name}") for name in flat):
            yield Fault(("operatingSystem",), "is written nested and flat; write it once")


class CloudFunction(Model):
    """One configuration of a function as a service."""

    name: Name = Field(description="That candidate deployments have.")
    description: Text = ""
    architecture: Architecture | None = None
    cost: NotNegative = Field(
        description="Money for each second that an instance is busy; upstream's 0.0001561 is Lambda's price of 8 GB."
    )
    memory_size: Positive = Field(alias="memorySize", description="MB of one instance.")
    storage_size: StorageSize | None = Field(default=None, alias="storageSize")
    region: Text = ""
    idle_time: NotNegative = Field(alias="idleTime", description="Seconds after which an idle instance is ended.")
    transition_cost: NotNegative = Field(
        default=0.0,
        validation_alias=AliasChoices("transitionCost", "transition_cost"),
        serialization_alias="transitionCost",
        description="Money for a thousand steps from function to function.",
    )

    @property
    def storage_gb(self) -> float | None:
        """The size of the disk in GB."""
        return gigabytes(self.storage_size)


class NodeLayer(Model):
    """A layer of nodes; one type of them at most is used at a time."""

    name: Text = ""
    number: Count = Field(description="That candidate deployments have.")
    type: Literal["Virtual", "PhysicalToBeProvisioned", "PhysicalAlreadyProvisioned"]
    resources: Mapping[Name, Node] = Field(alias="Resources", min_length=1)

    @property
    def physical(self) -> bool:
        """Whether what was chosen at design time stays: devices are not replaced while the application runs."""
        return self.type in PHYSICAL


class FunctionLayer(Model):
    """A layer of functions as a service."""

    name: Text = ""
    number: Count = Field(description="That candidate deployments have.")
    type: Literal["NativeCloudFunction"]
    transition_cost: NotNegative = Field(
        default=0.0,
        validation_alias=AliasChoices("transitionCost", "transition_cost"),
        serialization_alias="transition_cost",
        description="Money for a thousand steps from function to function.",
    )
    resources: Mapping[Name, CloudFunction] = Field(alias="Resources", min_length=1)

    @property
    def physical(self) -> bool:
        """Never: there are no devices that one could name."""
        return False


Resource: TypeAlias = Node | CloudFunction
Layer: TypeAlias = Annotated[NodeLayer | FunctionLayer, Field(discriminator="type")]


class NetworkDomain(Model):
    """A network that joins its layers, and those of the networks inside it, with one another."""

    name: Text = ""
    access_delay: NotNegative = Field(alias="AccessDelay", description="Seconds.")
    bandwidth: Positive = Field(alias="Bandwidth", description="kbit/s.")
    sub_network_domains: Annotated[tuple[Name, ...], none_is_empty] = Field(default=(), alias="subNetworkDomains")
    computational_layers: Annotated[Mapping[Name, Layer], none_is_no_names] = Field(
        default={}, alias="ComputationalLayers"
    )


class CandidateResources(Model):
    """All that an application may run on."""

    name: Text = ""
    network_domains: Mapping[Name, NetworkDomain] = Field(alias="NetworkDomains", min_length=1)

    @cached_property
    def layers(self) -> Mapping[str, NodeLayer | FunctionLayer]:
        """Every layer by its name in the file, such as ``computationalLayer1``, in the file's order."""
        return {
            key: layer for each in self.network_domains.values() for key, layer in each.computational_layers.items()
        }

    @cached_property
    def layer_of_number(self) -> Mapping[int, str]:
        """A layer's number -> its name."""
        return {layer.number: key for key, layer in self.layers.items()}

    @cached_property
    def resources(self) -> Mapping[str, Resource]:
        """Every resource by the name that deployments have for it, in the file's order."""
        return {each.name: each for layer in self.layers.values() for each in layer.resources.values()}

    @cached_property
    def layer_of(self) -> Mapping[str, str]:
        """A resource's name -> that of its layer."""
        return {each.name: key for key, layer in self.layers.items() for each in layer.resources.values()}

    def layers_of(self, domain: str) -> tuple[str, ...]:
        """Names of the layers that a network domain joins, with those of the domains inside it."""
        found: dict[str, None] = {}
        waiting, seen = [domain], {domain}
        while waiting:
            each = self.network_domains[waiting.pop(0)]
            found |= dict.fromkeys(each.computational_layers)
            waiting += [inner for inner in each.sub_network_domains if inner not in seen]
            seen.update(each.sub_network_domains)
        return tuple(found)

    def faults(self) -> Iterator[Fault]:
        """Give what is there twice, networks that are not there, and operating systems that are written twice."""
        seen: dict[object, str] = {}
        for key, domain in self.network_domains.items():
            place = ("NetworkDomains", key)
            for index, inner in enumerate(domain.sub_network_domains):
                if inner not in self.network_domains:
                    there = tuple(self.network_domains)
                    yield unknown((*place, "subNetworkDomains", index), inner, what="network domain", known=there)
            for name, layer in domain.computational_layers.items():
                here = (*place, "ComputationalLayers", name)
                yield from _again(here, ("layer", name), name, seen)
                yield from _again((*here, "number"), ("number", layer.number), str(layer.number), seen)
                for inner, resource in layer.resources.items():
                    at = (*here, "Resources", inner)
                    yield from _again((*at, "name"), ("resource", resource.name), resource.name, seen)
                    yield from within(at, resource.faults())
        if not seen:
            yield Fault(("NetworkDomains",), "have no computational layer")

    def doubts(self) -> Iterator[Fault]:
        """Give access delays that look like hours."""
        for key, domain in self.network_domains.items():
            if 0 < domain.access_delay < LIKELY_HOURS:
                yield Fault(
                    ("NetworkDomains", key, "AccessDelay"),
                    f"is {domain.access_delay:g} seconds, which looks like hours: "
                    f"{domain.access_delay:g} h are {domain.access_delay * 3600:.3g} s; it is read as seconds",
                )


def read_resources(
    given: Path | str, *, source: str | None = None, warnings: list[str] | None = None
) -> CandidateResources:
    """Read a ``candidate_resources.yaml``; see ``reading.read``.

    Raises:
        Rejected: It cannot be used.
    """
    return read(given, CandidateResources, source=source, warnings=warnings, inside="System", bare=True)


def _again(place: tuple[str | int, ...], key: object, word: str, seen: dict[object, str]) -> Iterator[Fault]:
    """Give the fault of a name that was met before; names of layers and resources hold for the whole file."""
    where = ".".join(str(part) for part in place[1:])
    if key in seen:
        yield Fault(place, f"is {word[:60]!r}, which {seen[key]} has too")
    seen.setdefault(key, where)
