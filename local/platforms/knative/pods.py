"""Pods: one container of the function's image, with the least that it can work with."""

import hashlib
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from fdl import Service
from functions.runtime.belongings import uses_network
from local.platforms.knative import keys
from local.platforms.knative.checking import settings
from local.platforms.knative.cluster import Cluster

Manifest = dict[str, Any]
USER = 10001
"""Whom the images run as."""
FDL = "/etc/noria/fdl"
FILE, AUTHORITIES = "pipeline.yaml", "ca.crt"
HOST_MEMORY = 128 * 2**20
"""Bytes for the host beside the handler: 58 MB were measured of both when idle (README), the rest is for events."""
GPU = "nvidia.com/gpu"
RESTRICTED: Manifest = {
    "allowPrivilegeEscalation": False,
    "capabilities": {"drop": ["ALL"]},
    "readOnlyRootFilesystem": True,
    "runAsGroup": USER,
    "runAsNonRoot": True,
    "runAsUser": USER,
    "seccompProfile": {"type": "RuntimeDefault"},
}
"""What the restricted pod security standard asks for, and a root that nobody writes to."""


@dataclass(frozen=True)
class Function:
    """One function as it goes to the cluster: the service, its image, and the pipeline that its host reads."""

    service: Service
    image: str
    pipeline: str
    text: str
    most: int

    def labels(self, component: str = "function") -> dict[str, str]:
        """Give the recommended labels; ``selector`` has those that never change."""
        return {**self.selector(component), "app.kubernetes.io/part-of": self.pipeline, **MANAGED}

    def selector(self, component: str = "function") -> dict[str, str]:
        """Give what its pods are found by."""
        return {"app.kubernetes.io/name": self.service.name, "app.kubernetes.io/component": component}

    def metadata(self, cluster: Cluster, component: str = "function") -> Manifest:
        """Give the name of an object of its own, and where it is."""
        name = self.service.name if component == "function" else f"{self.service.name}-{component}"
        return {"name": name, "namespace": cluster.namespace, "labels": self.labels(component)}

    @property
    def at_once(self) -> int:
        """How many handlers run in one copy."""
        return settings(self.service).runners

    @property
    def uses_network(self) -> bool:
        """Whether it speaks to others than the store: as its FDL says, or else as it says of itself."""
        said = settings(self.service).network
        return uses_network(self.service.environment.get("NORIA_FUNCTION", self.service.name)) if said is None else said

    @property
    def digest(self) -> dict[str, str]:
        """What makes new pods of new FDL."""
        return {"noria/fdl": hashlib.sha256(self.text.encode()).hexdigest()[:16]}


MANAGED = {"app.kubernetes.io/managed-by": "noria"}


def pod(function: Function, cluster: Cluster, host: str, names: Iterable[str], told: Mapping[str, str]) -> Manifest:
    """Describe a pod in which ``host`` serves the function with the keys ``names``; the container is the first."""
    names, pulling = tuple(names), pull_secrets(function.service)
    return {
        **({"imagePullSecrets": [{"name": name} for name in pulling]} if pulling else {}),
        "serviceAccountName": function.service.name,
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
        "containers": [_container(function, cluster, host, names, told)],
        "volumes": _volumes(function, cluster, names),
    }


def _container(
    function: Function, cluster: Cluster, host: str, names: tuple[str, ...], told: Mapping[str, str]
) -> Manifest:
    service = function.service
    given = {**cluster_environment(cluster), **told}
    return {
        "name": host,
        "image": function.image,
        "command": ["python", "-m", f"functions.runtime.hosts.{host}", f"{FDL}/{FILE}", service.name],
        "env": [{"name": k, "value": v} for k, v in given.items()] + keys.environment(service, names),
        "resources": resources(service),
        "securityContext": RESTRICTED,
        "volumeMounts": [
            {"name": "fdl", "mountPath": FDL, "readOnly": True},
            {"name": "keys", "mountPath": keys.FOLDER, "readOnly": True},
            {"name": "tmp", "mountPath": "/tmp"},  # noqa: S108 - a folder of the pod's own
        ],
    }


def _volumes(function: Function, cluster: Cluster, names: tuple[str, ...]) -> list[Manifest]:
    limit = room(function.service)
    files = [FILE, *([AUTHORITIES] if cluster.authorities else [])]
    items = [{"key": name, "path": name} for name in files]
    return [
        {"name": "fdl", "configMap": {"name": function.pipeline, "items": items}},
        keys.volume(function.service, names),
        {"name": "tmp", "emptyDir": {"sizeLimit": limit} if limit else {}},
    ]


def room(service: Service) -> str:
    """Give how much the files of a function may take; empty for as much as there is."""
    asked = service.oscar.ephemeral_storage_request if service.oscar else None
    return str(asked) if asked else ""


def resources(service: Service) -> Manifest:
    """Give what the FDL says, and for the host beside its handlers a little more memory."""
    mebibytes = math.ceil((service.memory * settings(service).runners + HOST_MEMORY) / 2**20)
    share = {"cpu": processors(service.cpu), "memory": f"{mebibytes}Mi"}
    if has_gpu(service):
        share[GPU] = "1"
    return {"limits": share, "requests": dict(share)}


def has_gpu(service: Service) -> bool:
    """Tell whether the FDL wants one."""
    return bool(service.oscar and service.oscar.enable_gpu)


def pull_secrets(service: Service) -> tuple[str, ...]:
    """Name the Secrets with which the image is pulled."""
    return service.oscar.image_pull_secrets if service.oscar else ()


def processors(share: float) -> str:
    """Write processors as Kubernetes gives them back: ``1``, or thousandths as ``200m``."""
    thousandths = math.ceil(round(share * 1000, 6))
    return f"{thousandths}m" if thousandths % 1000 else str(thousandths // 1000)


def cluster_environment(cluster: Cluster) -> dict[str, str]:
    """Give what every host is told by its environment, and no secret."""
    given = {"NORIA_STORE_URL": cluster.store.url} if cluster.store else {}
    if cluster.authorities and cluster.store and cluster.store.is_encrypted:
        given["NORIA_STORE_CA"] = f"{FDL}/{AUTHORITIES}"
    temporary = "/tmp"  # noqa: S108 - a folder of the pod's own
    return {**given, "NORIA_STORE_REGION": cluster.region, "NORIA_LEDGER": cluster.ledger, "NORIA_WORK": temporary}


def broker_environment(cluster: Cluster) -> dict[str, str]:
    """Give what tells a host where the broker is."""
    if cluster.broker is None:
        return {}
    ca = cluster.authorities and cluster.broker.is_encrypted
    trusted = {"NORIA_NATS_CA": f"{FDL}/{AUTHORITIES}"} if ca else {}
    return {"NORIA_NATS_URL": cluster.broker.url, "NORIA_STREAM": cluster.stream, **trusted}
