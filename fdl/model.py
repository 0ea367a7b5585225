"""A pipeline as everything but the reader sees it, whoever's form it was written in."""

from typing import Literal

from pydantic import Field, SecretStr

from fdl.form import Form
from fdl.oscar import Cluster, OscarService
from fdl.scar import ScarFunction
from fdl.storage import OutputPath, StoragePath, StorageProviders


class Service(Form):
    """One function: what runs, how much it may use, what fires it and where its results go.

    What only OSCAR or only AWS Lambda knows is in ``oscar`` or ``aws``; one of the two is always None.
    """

    name: str
    cluster: str = Field(description="OSCAR's cluster, or the AWS region.")
    platform: Literal["oscar", "aws"]
    image: str
    script: str = Field(default="", description="As written: relative to the FDL file.")
    cpu: float = Field(gt=0, description="Processors; on AWS Lambda those that come with the memory.")
    memory: int = Field(gt=0, description="Bytes.")
    environment: dict[str, str] = Field(default_factory=dict)
    secrets: dict[str, SecretStr] = Field(default_factory=dict)
    log_level: str = "INFO"
    inputs: tuple[StoragePath, ...] = ()
    outputs: tuple[OutputPath, ...] = ()
    line: int = Field(default=1, description="Where the service begins in its file.")
    oscar: OscarService | None = None
    aws: ScarFunction | None = None


class Pipeline(Form):
    """One FDL file."""

    source: str
    services: tuple[Service, ...]
    storage_providers: StorageProviders = StorageProviders()
    clusters: dict[str, Cluster] = Field(default_factory=dict)
