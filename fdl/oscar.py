"""Every field of an OSCAR service (grycap/oscar 7ade09ee, docs/fdl.md and pkg/types/service.go)."""

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import AfterValidator, AliasChoices, BeforeValidator, Field, SecretStr, model_validator

from fdl import quantities
from fdl.errors import nearest
from fdl.form import Form, Ports, Text
from fdl.storage import KINDS, OutputPath, Secret, StoragePath, StorageProviders


def _quantity(text: str) -> str:
    quantities.memory(text)
    return text


def _level(text: object) -> object:
    return text.strip().upper() if isinstance(text, str) else text


def _provider(text: str) -> str:
    kind, _, name = text.strip().partition(".")
    if kind.lower() not in KINDS:
        raise ValueError(f"not a storage provider of kind {', '.join(KINDS)}{nearest(kind.lower(), KINDS)}")
    return f"{kind.lower()}.{name or 'default'}"


def _path(text: str) -> str:
    if not text.strip(" /"):
        raise ValueError("a path names a bucket and a folder")
    return text.strip(" /")


Quantity = Annotated[str, AfterValidator(_quantity)]
Provider = Annotated[str, AfterValidator(_provider)]
Level = Annotated[
    Literal["NOTSET", "DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"],
    BeforeValidator(_level),
]


class StorageIO(Form):
    """What a service reads or writes, as FDL has it."""

    storage_provider: Provider
    path: Annotated[str, AfterValidator(_path)]
    suffix: tuple[str, ...] = ()
    prefix: tuple[str, ...] = ()
    options: Text = ""

    def source(self) -> StoragePath:
        """This as a folder that is watched; OSCAR filters only what is written."""
        bucket, _, prefix = self.path.partition("/")
        return StoragePath(provider=self.storage_provider, bucket=bucket, prefix=prefix)

    def target(self) -> OutputPath:
        """This as a folder that is written to."""
        folder = self.source()
        return OutputPath(
            provider=folder.provider,
            bucket=folder.bucket,
            prefix=folder.prefix,
            suffixes=self.suffix,
            prefixes=self.prefix,
        )


class Environment(Form):
    """Variables, and those that are kept secret; OSCAR's own examples write ``Variables`` as often as not."""

    variables: dict[str, Text] = Field(default_factory=dict, validation_alias=AliasChoices("variables", "Variables"))
    secrets: dict[str, Secret] = Field(default_factory=dict, validation_alias=AliasChoices("secrets", "Secrets"))

    @model_validator(mode="before")
    @classmethod
    def _one_of_each(cls, given: object) -> object:
        if isinstance(given, Mapping):
            for name in ("variables", "secrets"):
                if name in given and name.capitalize() in given:
                    raise ValueError(f"has both {name} and {name.capitalize()}")
        return given


class Scale(Form):
    """How many copies run, of a synchronous service."""

    min_scale: int = 0
    max_scale: int = 0


class Replica(Form):
    """Where else a job may be sent."""

    type: Literal["oscar", "endpoint"] = "oscar"
    cluster_id: Text = ""
    service_name: Text = ""
    url: Text = ""
    ssl_verify: bool = True
    priority: int = Field(default=0, ge=0)
    headers: dict[str, Text] = Field(default_factory=dict)


class Federation(Form):
    """How services of several clusters share jobs."""

    group_id: Text = ""
    topology: Literal["none", "star", "mesh"] = "none"
    delegation: Text = "static"
    rescheduler_threshold: int = 0
    members: tuple[Replica, ...] = ()


class Expose(Form):
    """An application's own port, reached from outside."""

    min_scale: int = 1
    max_scale: int = 10
    port: Ports = ()
    api_port: Ports = ()
    cpu_threshold: int = 80
    node_port: Ports = Field(default=(), validation_alias=AliasChoices("nodePort", "node_port"))
    set_auth: bool = False
    auth_type: Literal["basic", "forward"] = "basic"
    rewrite_target: bool = False
    default_command: bool = False
    health_path: Text = "/"
    probe_mode: Literal["legacy", "direct"] = "legacy"


class Volume(Form):
    """A disk that stays."""

    name: Text = ""
    size: Quantity | None = None
    mount_path: Text
    lifecycle_policy: Literal["delete", "retain"] = "delete"


class KserveInference(Form):
    """A model of a format that KServe knows."""

    model_format: Text
    runtime: Text = ""


class KserveLlmInference(Form):
    """A language model."""

    runtime_image: Text = ""


class Kserve(Form):
    """A model that KServe serves."""

    type: Literal["inference", "llm_inference"]
    storage_uri: Text
    inference: KserveInference | None = None
    llm_inference: KserveLlmInference | None = None
    api_version: Text = "v1"
    min_scale: int = 0
    max_scale: int = 1
    cpu: Quantity = "0.2"
    memory: Quantity = "256Mi"
    args: tuple[str, ...] = ()
    env: dict[str, Text] = Field(default_factory=dict)
    enable_gpu: bool = False
    set_auth: bool = True


class Cluster(Form):
    """An OSCAR cluster's address; SCAR keeps defaults for its services here too."""

    endpoint: Text = ""
    auth_user: Text = ""
    auth_password: Secret = SecretStr("")
    ssl_verify: bool = True
    memory: Quantity = "256Mi"
    cpu: Quantity = "0.2"
    log_level: Level = "INFO"


class OscarService(Form):
    """A service as ``functions.oscar[].<cluster>`` has it; defaults are OSCAR's."""

    name: Annotated[str, Field(min_length=1)]
    cluster_id: Text = ""
    image: Annotated[str, Field(min_length=1)]
    script: Text = ""
    memory: Quantity = "256Mi"
    cpu: Quantity = "0.2"
    total_memory: Quantity | None = None
    total_cpu: Quantity | None = None
    ephemeral_storage_request: Quantity | None = None
    enable_gpu: bool = False
    enable_sgx: bool = False
    image_prefetch: bool = False
    image_pull_secrets: tuple[str, ...] = ()
    alpine: bool = False
    file_stage_in: bool = False
    synchronous: Scale = Scale()
    expose: Expose | None = None
    federation: Federation | None = None
    # Replicas, delegation and threshold moved into federation in OSCAR 4; its own examples still have them here.
    replicas: tuple[Replica, ...] = ()
    delegation: Text = "static"
    rescheduler_threshold: int = 0
    log_level: Level = "INFO"
    input: tuple[StorageIO, ...] = ()
    output: tuple[StorageIO, ...] = ()
    environment: Environment = Environment()
    annotations: dict[str, Text] = Field(default_factory=dict)
    labels: dict[str, Text] = Field(default_factory=dict)
    vo: Text = ""
    allowed_users: tuple[str, ...] = ()
    visibility: Literal["private", "restricted", "public"] = "private"
    isolation_level: Annotated[Literal["SERVICE", "USER"], BeforeValidator(_level)] = "SERVICE"
    bucket_list: tuple[str, ...] = ()
    interlink_node_name: Text = ""
    mount: StorageIO | None = None
    volume: Volume | None = None
    kserve: Kserve | None = None
    storage_providers: StorageProviders = StorageProviders()
    clusters: dict[str, Cluster] = Field(default_factory=dict)
    token: Secret = SecretStr("")
    owner: Text = ""
