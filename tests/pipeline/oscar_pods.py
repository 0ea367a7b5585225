"""Pods as OSCAR makes them for a service's jobs, with the real faas-supervisor 1.5.8 in them.

What a pod finds: grycap/oscar 7ade09ee, pkg/handlers/job.go and pkg/types/service.go. A pod here is bubblewrap over
this machine's own files; the image is the tests' own Python.
"""

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from tests.contract.oscar import COMMAND, MISSING, SUPERVISOR
from tests.pipeline.noria import ROOT
from tests.pipeline.oscar_jobs import OscarJob

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

__all__ = ["MISSING", "Pod"]

SYNCHRONOUS = ["/bin/sh", "-c", "/oscar/bin/supervisor"]
"""A synchronous call gives the event as the program's input (pkg/backends/knative.go)."""
KEYS = "/run/secrets/providers/minio.default"
"""Where the keys of whoever has uploaded are mounted; /var/run is /run."""
_ENDED = 0


@dataclass
class Pod(OscarJob):
    """One job of a service, or one synchronous call.

    Attributes:
        event: The body of the request that it was made for.
        secrets: What the service's Kubernetes secret has.
        keys: What opens the store, of whoever uploaded.
        code: What the supervisor ended with.
    """

    event: bytes = b""
    secrets: dict[str, str] = field(default_factory=dict)
    keys: tuple[str, str] = ("", "")
    code: int = -1

    def call(self, folder: Path) -> bytes:
        """Run a synchronous call, and give what it prints."""
        pipe = subprocess.PIPE
        made = subprocess.Popen(
            [*self._walls(folder), *SYNCHRONOUS], env=self._environ(""), stdin=pipe, stdout=pipe, stderr=pipe
        )
        printed, _ = made.communicate(self.event)
        return printed

    def _supervise(self, folder: Path, own: "S3Client", others: "dict[str, S3Client]") -> bool:
        out, err = subprocess.PIPE, subprocess.STDOUT
        environ = self._environ(self.event.decode())
        self.process = subprocess.Popen(
            [*self._walls(folder), *COMMAND], env=environ, stdout=out, stderr=err, text=True, start_new_session=True
        )
        printed, _ = self.process.communicate()
        for line in printed.splitlines():
            self._say(line)
        self.code = self.process.returncode
        return self.code == _ENDED

    def _environ(self, event: str) -> dict[str, str]:
        """Give the pod's variables: the service's, its secret's, OSCAR's own, and the image's."""
        image = {"PATH": f"{Path(sys.executable).parent}:{os.defpath}", "PYTHONPATH": str(ROOT)}
        told = self.service["environment"]["variables"]
        event_of = {"EVENT": event} if event else {}
        return {**image, **told, **self.secrets, **event_of, "JOB_UUID": self.name, "RESOURCE_ID": "node-1"}

    def _walls(self, folder: Path) -> list[str]:
        """Give what runs a command in the pod: this machine's files, with what OSCAR mounts over them."""
        for name, text in (("accessKey", self.keys[0]), ("secretKey", self.keys[1])):
            _write(folder / "keys" / name, text)
        _write(folder / "oscar/bin/supervisor", f"#!/bin/sh\nexec {SUPERVISOR} -m faassupervisor.supervisor\n")
        (folder / "oscar/bin/supervisor").chmod(0o755)
        _write(folder / "oscar/config/script.sh", self.service["script"])
        _write(folder / "oscar/config/function_config.yaml", yaml.safe_dump(_config(self.service)))
        bwrap = shutil.which("bwrap") or "bwrap"
        roots = [path for path in sorted(Path("/").iterdir()) if path.name not in {"oscar", "proc", "dev", "run"}]
        links = [part for path in roots if path.is_symlink() for part in ("--symlink", str(path.readlink()), str(path))]
        bound = [part for path in roots if not path.is_symlink() for part in ("--bind", str(path), str(path))]
        own = ["--dev-bind", "/dev", "/dev", "--proc", "/proc", "--tmpfs", "/run", "--tmpfs", "/tmp"]
        own += ["--ro-bind", str(ROOT), str(ROOT)]  # which may lie in /tmp
        mounts = ["--ro-bind", str(folder / "keys"), KEYS, "--ro-bind", str(folder / "oscar"), "/oscar"]
        return [bwrap, *links, *bound, *own, *mounts, "--unshare-pid", "--die-with-parent", "--chdir", "/"]


def _config(service: dict[str, Any]) -> dict[str, Any]:
    """Give the service as OSCAR writes it into a pod's file: without its script (ToYAML in pkg/types/service.go)."""
    return {**service, "script": ""}


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
