"""Addresses and passwords of clusters, in the form of oscar-cli's own configuration (``~/.oscar-cli/config.yaml``)."""

from collections.abc import Iterator, Mapping
from pathlib import Path

from pydantic import Field

from functions.continuum.model import Fault, Flag, Model, Name, Text
from functions.continuum.physical_nodes import Address, Secret
from functions.continuum.reading import read

FILE_NAME = "clusters.yaml"


class Access(Model):
    """How a cluster is reached. What a deployment's own files say may be left out."""

    endpoint: Address | None = Field(default=None, description="https://<host>.")
    auth_user: Name = "oscar"
    auth_password: Secret | None = None
    ssl_verify: Flag = True
    memory: Text = Field(default="", description="oscar-cli's default for services; not used here.")
    cpu: Text = Field(default="", description="The same.")
    log_level: Text = Field(default="", description="The same.")

    def faults(self) -> Iterator[Fault]:
        """Refuse to send a password to whoever answers."""
        if not self.ssl_verify:
            yield Fault(("ssl_verify",), "is false: whoever answers would be told the password")


class Clusters(Model):
    """All clusters, by their names."""

    oscar: Mapping[Name, Access]
    default: Name | None = Field(default=None, description="oscar-cli's; not used here.")

    def faults(self) -> Iterator[Fault]:
        """Give what is wrong with each."""
        for name, access in self.oscar.items():
            for fault in access.faults():
                yield Fault(("oscar", name, *fault.place), fault.sentence)


def read_clusters(path: Path) -> Mapping[str, Access]:
    """Read the file.

    Raises:
        Rejected: It cannot be used; no value of a secret is in the sentence.
    """
    return read(path, Clusters, source=str(path)).oscar
