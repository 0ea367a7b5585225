"""The plane without workers, and podman in Kubernetes' place: it plays the Deployments that noria deploy writes."""

import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from functions.runtime.configuration import Configuration
from functions.runtime.errors import MissingError
from functions.runtime.store import Store
from local.connection import Home, operator
from local.images.podman import environ, podman
from local.plane import Plane, Say
from local.platforms.keys import read_keys
from local.platforms.knative import PLATFORM, keys
from local.platforms.knative.reading import functions, values
from local.platforms.target import Target, read
from local.ports import free_port

Manifest = dict[str, Any]


class Deserted(Plane):
    """A plane that has everything but workers."""

    def _start_workers(self, say: Say, stop: threading.Event) -> None:
        """Start none."""

    def _await_workers(self, _: Say, stop: threading.Event, timeout_s: float = 60) -> None:
        """Wait for none."""


@contextmanager
def deserted(folder: Path, pipeline: Path) -> Iterator[Deserted]:
    """Start store, broker and publisher for the pipeline; whatever happens, they are stopped."""
    home = Home(folder / ".noria")
    home.path.mkdir(parents=True)
    plane = Deserted(home, [pipeline], Configuration.read({"NORIA_HOME": str(home.path)}), {"PATH": "/usr/bin:/bin"})
    stop = threading.Event()
    try:
        plane.start(lambda _: None, stop)
        yield plane
    finally:
        stop.set()
        plane.stop(lambda _: None)


def target_of(plane: Deserted, *, plain: bool = True) -> Target:
    """Give what noria deploy is told for pods that share this machine's network."""
    assert plane.weed
    assert plane.broker
    return Target(
        read(plane.pipelines),
        store_url=plane.weed.endpoint,
        nats_url=plane.broker.url,
        keys=read_keys(plane.home.credentials),
        plain=plain,
    )


def playable(target: Target, folder: Path) -> list[Manifest]:
    """Give what podman can play of a deployment: ConfigMaps and Deployments, as they are but for three things.

    podman 4.3.1 mounts a Secret as the base64 that it travels in: the same files lie in a folder of the host instead.
    It publishes no port of a pod that shares the host's network, not even where nothing is to be published. And pods
    that share it cannot have one port each for their metrics.

    What Knative would do is done here: a Knative Service is a Deployment that is told a port, and a source is told
    where its function listens.
    """
    written = [each for text in PLATFORM.files(target).values() for each in yaml.safe_load_all(text)]
    found = [as_deployment(each) for each in written if each.get("kind") in {"ConfigMap", "Deployment", "Service"}]
    ports = {service.name: free_port() for service in target.services}
    secrets = {keys.secret_name(f.service): values(target, f.service) for f in functions(target)}
    for deployment in found:
        if deployment["kind"] == "Deployment":
            name = deployment["metadata"]["labels"]["app.kubernetes.io/name"]
            adapt(deployment["spec"]["template"]["spec"], secrets, ports[name], folder)
    return found


def as_deployment(manifest: Manifest) -> Manifest:
    """Make a Deployment of a Knative Service; give anything else as it is."""
    if manifest["kind"] != "Service":
        return manifest
    pod = dict(manifest["spec"]["template"]["spec"])
    for name in ("containerConcurrency", "timeoutSeconds", "responseStartTimeoutSeconds"):
        del pod[name]
    template = {**manifest["spec"]["template"], "spec": pod}
    labels = template["metadata"]["labels"]
    spec = {"selector": {"matchLabels": labels}, "template": template}
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": manifest["metadata"], "spec": spec}


def adapt(pod: Manifest, secrets: Mapping[str, Mapping[str, str]], port: int, folder: Path) -> None:
    """Change what has to be changed in a pod."""
    (box,) = pod["containers"]
    box.pop("ports", None)
    added = {"knative": ("PORT", str(port)), "source": ("K_SINK", f"http://127.0.0.1:{port}")}
    if told := added.get(box["name"]):
        box["env"].append(dict(zip(("name", "value"), told, strict=True)))
    for variable in box["env"]:
        if variable["name"] == "NORIA_METRICS":
            variable["value"] = f"127.0.0.1:{free_port()}"
    for volume in pod["volumes"]:
        if secret := volume.pop("secret", None):
            place = Path(tempfile.mkdtemp(dir=folder))
            place.chmod(0o755)
            for item in secret["items"]:
                (place / item["path"]).write_text(secrets[secret["secretName"]][item["key"]])
            volume["hostPath"] = {"path": str(place), "type": "Directory"}


@contextmanager
def played(manifests: list[Manifest], file: Path) -> Iterator[None]:
    """Have podman play them on this machine's own network; nothing of it stays."""
    file.write_text(yaml.safe_dump_all(manifests))
    podman("kube", "play", "--replace", "--network", "host", str(file), timeout=120)
    try:
        yield
    finally:
        podman("kube", "down", str(file), timeout=120)
        names = [each["metadata"]["name"] for each in manifests if each["kind"] == "ConfigMap"]
        podman("volume", "rm", "--force", *names)


def logs(container: str) -> str:
    """Give what a container has said."""
    done = subprocess.run(
        ["podman", "logs", container], env=environ(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False
    )
    return done.stdout.decode(errors="replace")


def container(service: str, host: str = "jetstream") -> str:
    """Name a pod's container as podman does."""
    return f"{service}-pod-0-{host}"


@dataclass
class Played:
    """Pods that run, and the store behind them."""

    store: Store
    containers: Sequence[str]

    def await_object(self, bucket: str, key: str, timeout_s: float = 60) -> bytes:
        """Give an object, once it is there."""
        deadline = time.monotonic() + timeout_s
        while True:
            with suppress(MissingError):
                return self.store.read(bucket, key)[0]
            assert time.monotonic() < deadline, "\n".join(map(logs, self.containers))
            time.sleep(0.1)

    def await_any(self, bucket: str, folder: str, timeout_s: float = 60) -> list[bytes]:
        """Give all objects below a folder, once there is one."""
        deadline = time.monotonic() + timeout_s
        while not (found := list(self.store.list(bucket, folder))):
            assert time.monotonic() < deadline, "\n".join(map(logs, self.containers))
            time.sleep(0.1)
        return [self.store.read(bucket, each.key)[0] for each in found]


@contextmanager
def pods_of(folder: Path, pipeline: Path, *, plain: bool = True) -> Iterator[Played]:
    """Start store, broker and publisher here, and what noria deploy writes for the pipeline in pods."""
    with deserted(folder, pipeline) as plane:
        target = target_of(plane, plain=plain)
        folder.chmod(0o755)  # the keys are read by another user
        manifests = playable(target, folder)
        with played(manifests, folder / "play.yaml"):
            store = Store(operator({"NORIA_HOME": str(plane.home.path)}))
            yield Played(store, [boxed(each) for each in manifests if each["kind"] == "Deployment"])


def boxed(deployment: Manifest) -> str:
    """Name the container of a Deployment."""
    (box,) = deployment["spec"]["template"]["spec"]["containers"]
    return container(deployment["metadata"]["name"], box["name"])
