"""A container with every wall that podman has: no network, nothing to write but /tmp, no capability, little of all."""

import json
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from local.images.podman import environ

PIDS, MEMORY, CPUS, ROOM = 64, 1024, 1.0, 64
"""Processes and threads, MiB of memory, cores, and MiB in /tmp that a container has if nobody says otherwise."""


def words(
    *, network: str = "none", pids: int = PIDS, memory: int = MEMORY, cpus: float = CPUS, room: int = ROOM
) -> list[str]:
    """Give podman's words for a container behind walls; memory in MiB, none of it on a disk."""
    return [
        "podman", "run", "--rm", "--pull", "never", "--network", network,
        "--read-only", "--read-only-tmpfs=false", "--tmpfs", f"/tmp:size={room}m,mode=1777,noexec,nosuid,nodev",
        "--cap-drop", "ALL", "--security-opt", "no-new-privileges",
        "--pids-limit", str(pids), "--memory", f"{memory}m", "--memory-swap", f"{memory}m", "--cpus", str(cpus),
    ]  # fmt: skip


def mounts(given: Mapping[str, Path], *, writable: bool = False) -> list[str]:
    """Give podman's words for files and folders, by where they are inside."""
    mode = "rw" if writable else "ro"
    return [word for inside, path in given.items() for word in ("--volume", f"{path}:{inside}:{mode}")]


def variables(given: Mapping[str, str]) -> list[str]:
    """Give podman's words for an environment."""
    return [word for name, value in given.items() for word in ("--env", f"{name}={value}")]


def contained(
    image: str, command: list[str], *options: str, timeout: float = 120, **limits: Any
) -> subprocess.CompletedProcess[str]:
    """Run a command in a container behind walls, to whatever end; paths in the options are absolute.

    Podman runs in a folder that goes: its conmon leaves a file ``oom`` where it was begun if memory was short.
    """
    with tempfile.TemporaryDirectory(prefix="noria-conmon-") as folder:
        return subprocess.run(
            [*words(**limits), *options, image, *command],
            cwd=folder,
            capture_output=True,
            text=True,
            env=environ(),
            timeout=timeout,
            check=False,
        )


def asked(image: str, program: str, *options: str, **limits: Any) -> Any:
    """Run a Python program that prints one JSON document, and give that."""
    done = contained(image, ["python", "-c", program], *options, **limits)
    assert done.returncode == 0, done.stdout + done.stderr
    return json.loads(done.stdout.splitlines()[-1])
