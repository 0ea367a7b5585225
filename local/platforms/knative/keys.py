"""Keys: what a function's Secret holds, and how a container is given its part; no file that is shown has a value."""

from collections.abc import Iterable, Mapping
from typing import Any

from fdl import Service
from fdl.naming import is_secret

FOLDER = "/etc/noria/keys"
STORE = ("NORIA_STORE_ACCESS_KEY", "NORIA_STORE_SECRET_KEY")
BROKER = ("NORIA_NATS_USER", "NORIA_NATS_PASSWORD")
FILE = "_FILE"


def secret_name(service: Service) -> str:
    """Give the name of the function's own Secret."""
    return f"{service.name}-keys"


def own(service: Service) -> tuple[str, ...]:
    """Name what the FDL calls secret, and variables that are by their names."""
    return tuple(sorted({*service.secrets, *filter(is_secret, service.environment)} - {*STORE, *BROKER}))


def environment(service: Service, names: Iterable[str]) -> list[dict[str, Any]]:
    """Tell a container where these keys lie: ours, and what is a file by its name, are read from there.

    Another secret variable of a function is one of the container too, since the function knows no other way.
    """
    told: list[dict[str, Any]] = []
    for name in names:
        if name in (*STORE, *BROKER):
            told.append({"name": f"{name}{FILE}", "value": f"{FOLDER}/{name}"})
        elif name.endswith(FILE):
            told.append({"name": name, "value": f"{FOLDER}/{name}"})
        else:
            key = {"name": secret_name(service), "key": name}
            told.append({"name": name, "valueFrom": {"secretKeyRef": key}})
    return told


def volume(service: Service, names: Iterable[str]) -> dict[str, Any]:
    """Give the part of the Secret that a container may read, as files."""
    files = [name for name in names if name in (*STORE, *BROKER) or name.endswith(FILE)]
    items = [{"key": name, "path": name} for name in files]
    return {"name": "keys", "secret": {"secretName": secret_name(service), "items": items}}


def secret(service: Service, metadata: Mapping[str, Any], values: Mapping[str, str]) -> dict[str, Any]:
    """Write the Secret with its values; it goes to the cluster, and nowhere else."""
    named = {**metadata, "name": secret_name(service)}
    return {"apiVersion": "v1", "kind": "Secret", "metadata": named, "type": "Opaque", "stringData": dict(values)}
