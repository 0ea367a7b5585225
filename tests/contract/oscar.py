"""Jobs in the exact form that OSCAR gives them: the real faas-supervisor 1.5.8, where a cluster mounts it.

A pod's command is ``/bin/sh -c 'echo $EVENT | /oscar/bin/supervisor'`` (grycap/oscar 7ade09ee, pkg/handlers/job.go).
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import yaml

from tests.contract.driver import Answer, kill
from tests.contract.world import SERVICE, World, buckets_of
from tests.pipeline.noria import ROOT

SUPERVISOR = ROOT / ".venv/faas-supervisor/bin/python"
SCRIPT = f"cd {ROOT} && exec {sys.executable} -m functions.runtime.hosts.oscar\n"
COMMAND = ["/bin/sh", "-c", "echo $EVENT | /oscar/bin/supervisor"]
MISSING = "" if SUPERVISOR.exists() and shutil.which("bwrap") else "no faas-supervisor in .venv, or no bubblewrap"


class OscarDriver:
    """Makes a job of each document; ``file_stage_in``: the supervisor downloads nothing."""

    host = "oscar"
    width = 2

    def __init__(self, world: World, *, ledger: bool = True, script: str = SCRIPT, **variables: str) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="oscar-", dir=world.folder))
        (self._folder / "bin").mkdir()
        (self._folder / "config").mkdir()
        supervisor = self._folder / "bin/supervisor"
        supervisor.write_text(f"#!/bin/sh\nexec {SUPERVISOR} -m faassupervisor.supervisor\n")
        supervisor.chmod(0o755)
        (self._folder / "config/script.sh").write_text(script)
        definition = definition_of(world, ledger=ledger)
        definition["environment"]["variables"] |= variables
        (self._folder / "config/function_config.yaml").write_text(yaml.safe_dump(definition))
        self._variables = definition["environment"]["variables"]
        self.started: list[subprocess.Popen[str]] = []

    def deliver(self, document: bytes) -> Answer:
        """Run the job to its end; OSCAR never runs it again."""
        return Answer(printed(self.log_of(document))["verdict"])

    def log_of(self, document: bytes) -> str:
        """Run the job to its end, and give its log."""
        with self.begin(document) as job:
            said, _ = job.communicate()
        assert job.returncode == 0, said  # whatever the script's own status is
        return said

    def lose(self) -> None:
        """Let the machine fail that the last job runs on."""
        kill(self.started[-1])

    def begin(self, document: bytes) -> "subprocess.Popen[str]":
        """Begin a job."""
        environ = {**self._variables, "EVENT": document.decode(), "JOB_UUID": f"{SERVICE}-1", "PATH": os.defpath}
        out, err = subprocess.PIPE, subprocess.STDOUT
        job = subprocess.Popen(
            [*self._pod(), *COMMAND], env=environ, stdout=out, stderr=err, text=True, start_new_session=True
        )
        self.started.append(job)
        return job

    def _pod(self) -> list[str]:
        """This machine's own files, with /oscar as a cluster mounts it."""
        roots = [path for path in sorted(Path("/").iterdir()) if path.name not in {"oscar", "proc", "dev"}]
        links = [part for path in roots if path.is_symlink() for part in ("--symlink", str(path.readlink()), str(path))]
        bound = [part for path in roots if not path.is_symlink() for part in ("--bind", str(path), str(path))]
        mounts = ["--dev-bind", "/dev", "/dev", "--proc", "/proc", "--ro-bind", str(self._folder), "/oscar"]
        return ["bwrap", *links, *bound, *mounts, "--die-with-parent", "--chdir", "/"]

    def close(self) -> None:
        """Every job has ended."""


def definition_of(world: World, *, ledger: bool = True) -> dict[str, Any]:
    """Give the service as OSCAR keeps it, with fields that only OSCAR knows."""
    given = yaml.safe_load(world.pipeline("oscar"))["functions"]["oscar"][0]["local"]
    told = world.environ("oscar")
    keys = {"access_key": world.admin.access_key, "secret_key": world.admin.secret_key, "region": "us-east-1"}
    kept = {name: value for name, value in told.items() if not name.startswith(("NORIA_STORE", "NORIA_LEDGER"))}
    kept |= {"NORIA_LEDGER": buckets_of("oscar")[0]} if ledger else {}
    variables = {**given.pop("environment")["Variables"], **kept}
    return {
        **given,
        "environment": {"variables": variables, "secrets": {}},
        "file_stage_in": ledger,
        "log_level": "DEBUG",
        "storage_providers": {"minio": {"default": {"endpoint": world.weed.endpoint, "verify": False, **keys}}},
        "token": "00000000",
        "mount": {"storage_provider": "", "path": "", "suffix": None, "prefix": None},
        "synchronous": {"min_scale": 0, "max_scale": 0},
        "visibility": "private",
        "script": "",
    }


def printed(said: str) -> dict[str, Any]:
    """Give the one line that a job prints."""
    line = next(each for each in reversed(said.splitlines()) if each.startswith('{"verdict"'))
    found: dict[str, Any] = json.loads(line)
    return found
