"""The mask pipeline on its way to a cluster, as the tests of its manifests have it."""

from pathlib import Path
from typing import Any

import yaml

from local.credentials import Keys
from local.platforms.knative import PLATFORM
from local.platforms.target import Target, read

ROOT = Path(__file__).parents[3]
MASKS = ROOT / "fdl" / "mask-detection.yaml"
STORE, BROKER = "http://minio.storage.svc.cluster.local:9000", "nats://nats.messaging.svc.cluster.local:4222"
KEYS = {
    name: Keys(f"{name}-access", f"{name}-secret-value", f"{name}-password-value")
    for name in ("blur-faces", "mask-detect")
}
Manifest = dict[str, Any]


def target(*files: Path, **changed: Any) -> Target:
    """Give a target with a store, a broker and keys."""
    given = {"store_url": STORE, "nats_url": BROKER, "registry": "ghcr.io/you", "keys": KEYS, **changed}
    return Target(read(files or (MASKS,)), **given)


def manifests(given: Target) -> list[Manifest]:
    """Give every object of all files."""
    return [
        each
        for name, text in PLATFORM.files(given).items()
        if name.endswith(".yaml")
        for each in yaml.safe_load_all(text)
    ]


def of_kind(found: list[Manifest], kind: str, name: str = "blur-faces") -> Manifest:
    """Give the one object of a kind that has the name."""
    (one,) = [each for each in found if (each["kind"], each["metadata"]["name"]) == (kind, name)]
    return one


def pod_of(workload: Manifest) -> Manifest:
    """Give the pods' own description."""
    pod: Manifest = workload["spec"]["template"]["spec"]
    return pod
