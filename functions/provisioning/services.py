"""A component as a function: its image, its share of a node, what it reads and where its results go."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from functions.provisioning.stores import Minio, Store


@dataclass(frozen=True)
class Folder:
    """A folder of a store; of results only those whose names end with ``suffix`` go there."""

    provider: str
    path: str
    suffix: str = ""


@dataclass(frozen=True)
class Service:
    """One function.

    Attributes:
        component: As the application's files name it.
        name: The same as platforms take it.
        program: What the image runs.
        memory: MB of one instance.
        cpu: Processors of one instance.
        exposed: Settings of a service that is reached over HTTP too.
        stores: Those besides the cluster's own, by the name that folders have them under.
    """

    component: str
    name: str
    image: str
    program: str
    memory: float
    cpu: float
    variables: Mapping[str, str] = field(repr=False)
    inputs: tuple[Folder, ...]
    outputs: tuple[Folder, ...]
    stores: Mapping[str, Store] = field(default_factory=dict)
    gpu: bool = False
    sgx: bool = False
    exposed: Mapping[str, Any] = field(default_factory=dict)

    @property
    def storage_providers(self) -> dict[str, dict[str, dict[str, str]]]:
        """The stores as TOSCA and FDL write them: kind -> name -> what reaches and opens it."""
        kinds: dict[str, dict[str, dict[str, str]]] = {}
        for name, store in self.stores.items():
            known = {"access_key": store.access_key, "secret_key": store.secret_key, "region": store.region}
            if isinstance(store, Minio):
                kinds.setdefault("minio", {})[name] = {"endpoint": store.endpoint, **known}
            else:
                kinds.setdefault("s3", {})[name] = known
        return kinds
