"""A cluster to deploy to, the file that knows it, and the pipelines that tests deploy."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from local.platforms.oscar import PLATFORM
from local.platforms.target import Target, read
from tests import pipelines
from tests.pipeline.noria import Noria
from tests.unit.provisioning.oscar_server import PASSWORD, Oscar, running

SCRIPT = "#!/bin/sh\nexec python -m functions.runtime.hosts.oscar\n"
FLOWS = {"first": ("photos/in", "copies/out"), "second": ("copies/out", "again/out")}


@dataclass
class Place:
    """One cluster, ``edge``, and the command line of whoever deploys there.

    Attributes:
        fdl: Two services, of which the second reads what the first writes.
    """

    oscar: Oscar
    noria: Noria
    fdl: Path
    clusters: Path

    def options(self, *more: str | Path) -> list[str | Path]:
        """Give the arguments that deploy the pipeline to the cluster."""
        return ["deploy", "--to", "oscar", self.fdl, "--clusters", self.clusters, "--registry", "ghcr.io/you", *more]

    def deploy(self, **given: Any) -> list[str]:
        """Deploy the pipeline as the command does; gives what is said meanwhile."""
        said: list[str] = []
        environ = {"NORIA_HOME": str(self.noria.home), **self.noria.environ}
        there = {"clusters": self.clusters, "registry": "ghcr.io/you", "environ": environ}
        PLATFORM.carry_out(Target(read([self.fdl]), **{**there, **given}), self.fdl.parent, said.append)
        return said

    def keys(self) -> dict[str, dict[str, str]]:
        """Read the keys that were drawn for the cluster's services."""
        found: dict[str, dict[str, str]] = json.loads((self.noria.home / "oscar/edge.json").read_text())
        return found


def write_pipeline(folder: Path, text: str) -> Path:
    """Write a pipeline with its script beside it, as OSCAR wants one."""
    (folder / "run.sh").write_text(SCRIPT)
    path = folder / "pipeline.yaml"
    path.write_text(text.replace("localhost/copy:1", "localhost:5001/copy:0.1.0"))
    return path


def with_secret(text: str, name: str) -> str:
    """Give FDL of one service that has a secret, too, without its value."""
    return text.replace("      input:", f'        Secrets: {{{name}: ""}}\n      input:', 1)


@contextmanager
def place(folder: Path, text: str = "") -> Iterator[Place]:
    """Give a cluster that runs, and a pipeline for it."""
    with running(Oscar()) as oscar:
        clusters = folder / "clusters.yaml"
        clusters.write_text(
            f"oscar:\n  edge:\n    endpoint: {oscar.endpoint}\n    auth_password: {PASSWORD}\ndefault: edge\n"
        )
        fdl = write_pipeline(folder, text or pipelines.pipelines(FLOWS, NORIA_BACKOFF="0.1"))
        yield Place(oscar, Noria(folder / ".noria", {"HOME": str(folder)}), fdl, clusters)
