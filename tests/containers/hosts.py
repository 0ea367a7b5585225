"""The contract's four hosts, each started from one image by its command; store and broker are this machine's."""

import os
import subprocess
import uuid
from collections.abc import Mapping
from pathlib import Path

from local.images.podman import environ as podmans
from local.images.podman import podman
from tests import pipelines
from tests.containers.contained import mounts, variables, words
from tests.contract.aws_lambda import EMULATOR, LambdaDriver
from tests.contract.jetstream import JetStreamDriver
from tests.contract.knative import KnativeDriver
from tests.contract.oscar import OscarDriver
from tests.contract.world import INPUT, SERVICE, World, buckets_of
from tests.pipeline.noria import ROOT

SUPERVISOR = ROOT / ".venv/faas-supervisor/lib/python3.11/site-packages"
JOB = "exec python -m functions.runtime.hosts.oscar blur_faces\n"
START = """#!/bin/sh
exec python -c "import sys; sys.path.insert(0, '/oscar/lib'); import setuptools, runpy
sys.argv = ['supervisor']; runpy.run_module('faassupervisor.supervisor', run_name='__main__')"
"""
"""A cluster mounts one program with a Python of its own; here the image's Python runs it, and nobody else sees it."""
SUFFIXES = (".blurred.png", ".blurred.mp4", ".faces.json")
PATIENCE = {"NORIA_TIME_LIMIT": "60", "NORIA_ACK_WAIT": "30"}


class Faces(World):
    """The contract's store, with blur-faces as the function."""

    def pipeline(self, host: str) -> str:
        """Give the pipeline that a host serves."""
        target = f"{buckets_of(host)[1]}/out"
        given = {"function": "blur-faces", "suffixes": SUFFIXES, "memory": "1Gi"}
        return pipelines.pipeline(SERVICE, f"{INPUT}/in", target, **given)  # type: ignore[arg-type]

    def environ(self, host: str) -> dict[str, str]:
        """Give what a host is told, with the time that a first picture takes."""
        return super().environ(host) | PATIENCE


class Container:
    """A container that lives as long as a driver."""

    def __init__(self, image: str) -> None:
        self.image = image
        self.name = f"noria-test-{uuid.uuid4().hex[:12]}"
        self._began: list[subprocess.Popen[bytes]] = []

    def begin(
        self, command: list[str], told: Mapping[str, str], places: Mapping[str, Path], log: Path
    ) -> "subprocess.Popen[bytes]":
        """Start it on this machine's network, behind all other walls."""
        given = [*words(network="host"), "--name", self.name, *variables(told), *mounts(places), self.image, *command]
        with log.open("ab") as file:
            begun = subprocess.Popen(given, env=podmans(), stdin=subprocess.DEVNULL, stdout=file, stderr=file)
        self._began.append(begun)
        return begun

    def end(self) -> None:
        """Remove it, whatever it does."""
        podman("rm", "--force", "--ignore", "--time", "0", self.name)
        for begun in self._began:
            begun.wait(30)


class ContainedKnative(KnativeDriver):
    """Knative's server in a container."""

    def __init__(self, world: World, image: str) -> None:
        self._container = Container(image)
        super().__init__(world)

    def start(self) -> None:
        """Start it, and wait until it is ready."""
        file = Path(self._command[-2])
        command = ["python", "-m", "functions.runtime.hosts.knative", "/fdl.yaml", SERVICE]
        told = {name: value for name, value in self._environ.items() if name != "PATH"}
        self.process = self._container.begin(command, told, {"/fdl.yaml": file}, self.log)
        self._await_ready()

    def close(self) -> None:
        """End it."""
        self._container.end()


class ContainedLambda(LambdaDriver):
    """Lambda's emulator and awslambdaric in a container."""

    def __init__(self, world: World, image: str) -> None:
        self._container = Container(image)
        super().__init__(world, timeout=60)

    def start(self) -> None:
        """Start it."""
        told = {name: value for name, value in self._environ.items() if name not in {"PATH", "NORIA_FDL"}}
        places = {"/fdl.yaml": Path(self._environ["NORIA_FDL"]), "/rie": EMULATOR}
        command = ["/rie", *self._addresses, "/usr/bin/python", "-m", "awslambdaric", self._handler]
        self.process = self._container.begin(command, told | {"NORIA_FDL": "/fdl.yaml"}, places, self.log)

    def close(self) -> None:
        """End it."""
        self._container.end()


class ContainedJetStream(JetStreamDriver):
    """A worker in a container, and a broker."""

    def __init__(self, world: World, image: str) -> None:
        self._container = Container(image)
        super().__init__(world)

    def start(self) -> None:
        """Start the worker."""
        file = self._world.pipeline_file("jetstream")
        command = ["python", "-m", "functions.runtime.hosts.jetstream", "/fdl.yaml", SERVICE]
        self.process = self._container.begin(command, self._environ, {"/fdl.yaml": file}, self.log)

    def close(self) -> None:
        """End worker and broker."""
        self._container.end()
        super().close()


class ContainedOscar(OscarDriver):
    """Jobs in containers, with what a cluster mounts."""

    def __init__(self, world: World, image: str) -> None:
        super().__init__(world, script=JOB)
        self._image = image
        (self._folder / "bin/supervisor").write_text(START)
        for path in [self._folder, *self._folder.rglob("*")]:
            path.chmod(0o755)

    def _pod(self) -> list[str]:
        """Give the words that come before a job's command; podman reads the values of the job's variables itself."""
        names = [*self._variables, "EVENT", "JOB_UUID"]
        places = {
            "/oscar/bin": self._folder / "bin",
            "/oscar/config": self._folder / "config",
            "/oscar/lib": SUPERVISOR,
        }
        given = [word for name in names for word in ("--env", name)]
        settings = f"CONTAINERS_CONF={podmans()['CONTAINERS_CONF']}"
        walls = words(network="host")
        return ["/usr/bin/env", f"PATH={os.environ['PATH']}", settings, *walls, *given, *mounts(places), self._image]
