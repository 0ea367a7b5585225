"""Podman with this project's own settings: runc, limits that any root may set, no registry asked for anything."""

import os
import shutil
import subprocess

from functions.runtime.errors import TryAgain
from local.images.catalogue import IMAGES

PACKAGES = "podman runc catatonit iptables netavark aardvark-dns mmdebstrap"
"""Debian's, without what they recommend. iptables is not among podman's own dependencies, and bridges need it."""


class PodmanError(TryAgain):
    """Podman is not here, or did not do what it was asked for."""


def environ() -> dict[str, str]:
    """Give the environment in which podman is run."""
    return {**os.environ, "CONTAINERS_CONF": str(IMAGES / "containers.conf")}


def missing() -> str:
    """Say why no container can be run here; empty if one can."""
    programs = [name for name in ("podman", "runc") if shutil.which(name) is None]
    return f"no {' and no '.join(programs)} (apt-get install {PACKAGES})" if programs else ""


def podman(*words: str, input: bytes | None = None, timeout: float | None = None) -> str:  # noqa: A002 - as subprocess
    """Run podman to a good end, and give what it prints.

    Raises:
        PodmanError: It is not here, or ended badly; says its last words.
    """
    if why := missing():
        raise PodmanError(why, hint="see docs/images.md")
    done = subprocess.run(
        ["podman", *words], capture_output=True, input=input, env=environ(), timeout=timeout, check=False
    )
    if done.returncode:
        said = [line for line in (done.stdout + done.stderr).decode(errors="replace").splitlines() if line.strip()]
        raise PodmanError(f"podman {words[0]} ended with {done.returncode}: {' / '.join(said[-6:])}")
    return done.stdout.decode()


def exists(name: str) -> bool:
    """Tell whether there is an image of that name."""
    command = ["podman", "image", "exists", name]
    return subprocess.run(command, env=environ(), check=False, capture_output=True).returncode == 0


def size_of(name: str) -> int:
    """Give the bytes that an image unpacks to, with all that it stands on."""
    return int(podman("image", "inspect", "--format", "{{.Size}}", name))


def digest_of(name: str) -> str:
    """Give an image's digest."""
    return podman("image", "inspect", "--format", "{{.Digest}}", name).strip()
