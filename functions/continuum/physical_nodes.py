"""``physical_nodes.yaml``: how to reach what is there already, clusters, machines and a cloud's functions.

It has passwords and keys in it. They are kept as secrets, which no log, no message and no file of ours ever shows.
"""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, Field, SecretStr, StringConstraints

from functions.continuum.model import Count, Fault, Model, Name
from functions.continuum.reading import read


def _an_address(text: str) -> str:
    if not re.fullmatch(r"[^\s\x00-\x1f]{1,500}", text):
        raise ValueError("it must be one address, without blanks in it")
    return text


Address = Annotated[str, StringConstraints(strict=True), AfterValidator(_an_address)]
Secret = Annotated[SecretStr, Field(min_length=1, max_length=20_000)]


class Machine(Model):
    """A machine that is reached over SSH."""

    public_ip: Address | None = Field(default=None, description="Of the front end.")
    private_ip: Address
    ssh_user: Name
    ssh_key: Secret = Field(description="The private key.")


class Minio(Model):
    """The object store of a cluster that is there already."""

    endpoint: Address
    access_key: Secret
    secret_key: Secret


class Oscar(Model):
    """The OSCAR of a cluster that is there already."""

    name: Name = Field(description="Of the cluster, as the infrastructure manager's credentials have it.")


class Influx(Model):
    """Where a cluster's measurements go."""

    endpoint: Address
    token: Secret


class Aws(Model):
    """The account whose functions are used."""

    bucket: Name = Field(description="Bucket of the components' folders.")
    region: Name
    access_key: Secret
    secret_key: Secret


class PhysicalResource(Model):
    """How one resource is reached: machines that get a cluster, a cluster that is there, or an AWS account."""

    name: Name = Field(description="The resource's, as in candidate_resources.yaml.")
    fe_node: Machine | None = Field(default=None, description="The machine that leads the cluster.")
    wns: tuple[Machine, ...] = Field(default=(), max_length=10_000, description="The machines that work.")
    minio: Minio | None = None
    oscar: Oscar | None = None
    influx: Influx | None = None
    aws: Aws | None = None


class PhysicalLayer(Model):
    """The resources of one layer."""

    number: Count = Field(description="The layer's, as in candidate_resources.yaml.")
    resources: Mapping[Name, PhysicalResource] = Field(alias="Resources")


class PhysicalNodes(Model):
    """All that is there already."""

    computational_layers: Mapping[Name, PhysicalLayer] = Field(alias="ComputationalLayers")

    def find(self, layer: int, resource: str) -> PhysicalResource | None:
        """Give how a resource is reached, by its layer's number and its name."""
        for each in self.computational_layers.values():
            for found in each.resources.values():
                if (each.number, found.name) == (layer, resource):
                    return found
        return None

    def faults(self) -> Iterator[Fault]:
        """Give resources that are described twice."""
        seen: set[tuple[int, str]] = set()
        for key, layer in self.computational_layers.items():
            for inner, resource in layer.resources.items():
                if (layer.number, resource.name) in seen:
                    place = ("ComputationalLayers", key, "Resources", inner, "name")
                    yield Fault(place, f"is {resource.name}, a second time on layer {layer.number}")
                seen.add((layer.number, resource.name))


def read_physical_nodes(
    given: Path | str, *, source: str | None = None, warnings: list[str] | None = None
) -> PhysicalNodes:
    """Read a ``physical_nodes.yaml``; see ``reading.read``.

    Raises:
        Rejected: It cannot be used; no value of the file is in the sentence.
    """
    return read(given, PhysicalNodes, source=source, warnings=warnings)
