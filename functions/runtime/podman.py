"""What handlers' containers ask of podman: whether it works here, which image a name means now, its words."""

import csv
import io
import os
import shutil
import subprocess
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from functions.runtime.belongings import CODE
from functions.runtime.settings import SettingsError
from functions.sandbox.first import DIALECT

PODMAN = "podman"
HINT = "apt-get install podman runc, or another --isolation (NORIA_ISOLATION)"
LABEL = "noria.handler"
"""What containers of ours have: podman ps --filter label=noria.handler."""
FAILED = 125
"""Podman's exit code for containers that did not begin (podman-run(1))."""
START_LIMIT = 60.0
"""Seconds for a container that does nothing."""
OWN = ("PATH", "HOME", "TMPDIR", "XDG_RUNTIME_DIR")
"""Of our environment, what podman is told; a handler is told none of that."""
FILES = ("CONTAINERS_CONF", "CONTAINERS_STORAGE_CONF")
"""The same; they name files."""
CONF = Path("images/containers.conf")
"""The project's own, in its folder: for machines where podman's settings are nobody's yet."""
THEIRS = (
    "/etc/containers/containers.conf",
    "/etc/containers/containers.conf.d",
    "~/.config/containers/containers.conf",
)
"""Whose they are otherwise."""
WORDS = [
    *("run", "--rm", "--pull", "never", "--label", LABEL, "--log-driver", "none"),
    *("--read-only", "--read-only-tmpfs=false", "--image-volume", "ignore", "--no-healthcheck"),
    *("--cap-drop", "ALL", "--security-opt", "no-new-privileges", "--entrypoint", "python"),
]
"""For a container with nothing to write and nobody's rights."""
ASK = "from functions.sandbox.first import DIALECT; print(DIALECT)"


@dataclass(frozen=True)
class Identity:
    """Which image it is, whatever becomes of its name; ``digest`` for the record."""

    id: str
    digest: str


def without_containers() -> str:
    """Say why no container can limit anything here; empty if one can."""
    if not shutil.which(PODMAN):
        return "podman is not installed"
    if os.geteuid() and not Path("/sys/fs/cgroup/cgroup.controllers").exists():
        return "podman can limit nothing for an ordinary user with this kernel's control groups (version 1)"
    return ""


@cache
def identify(name: str) -> Identity:
    """Give which image a name means, from now on.

    Raises:
        SettingsError: It is not here, or podman is not.
    """
    if why := without_containers():
        raise SettingsError(why, hint=HINT)
    words = [PODMAN, "image", "inspect", "--format", "{{.Id}} {{.Digest}}", name]
    done = subprocess.run(words, env=environment(), capture_output=True, text=True, check=False)
    if "image not known" in done.stderr:
        hint = "python -m local.images builds noria's own; podman pull fetches others"
        raise SettingsError(f"podman has no image {name}", hint=hint)
    if done.returncode:
        raise SettingsError(f"podman does not work here: {_last_words(done.stderr)}", hint="podman info")
    return Identity(*done.stdout.split())


def require(name: str, *limits: str) -> None:
    """See that a container of an image can be started within limits, and that its noria speaks as ours does (0.3 s).

    Raises:
        SettingsError: It cannot be, or does not; says podman's own words.
    """
    words = [PODMAN, *WORDS, *user(), *limits, identify(name).id, "-P", "-s", "-c", ASK]
    try:
        done = subprocess.run(
            words, env=environment(), capture_output=True, text=True, timeout=START_LIMIT, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise SettingsError(f"a container of {name} does not come to an end") from error
    if done.returncode:
        why = f"a container of {name} does not start: {_last_words(done.stderr)}"
        raise SettingsError(why, hint="see Containers in docs/security.md")
    if done.stdout.strip() != DIALECT:
        raise SettingsError(f"{name} has another noria than this one", hint="build it again: python -m local.images")


def clear_away(name: str) -> None:
    """Remove a container whose monitor is gone, as far as that can be done."""
    words = [PODMAN, "rm", "--force", "--time", "0", "--ignore", name]
    try:
        subprocess.run(words, env=environment(), capture_output=True, timeout=START_LIMIT, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return


def user() -> list[str]:
    """Give podman's words for a container whose user is ours, to whom the room belongs."""
    words = ["--user", f"{os.geteuid()}:{os.getegid()}"]
    return [*words, "--userns", "keep-id"] if os.geteuid() else words


def mount(kind: str, path: Path, *options: str) -> list[str]:
    """Give podman's words for something that lies in a container where it does outside."""
    fields = [f"type={kind}", *([f"src={path}"] if kind == "bind" else []), f"dst={path}", *options]
    line = io.StringIO()
    csv.writer(line, lineterminator="").writerow(fields)  # as podman reads it; paths may have commas
    return ["--mount", line.getvalue()]


def environment() -> dict[str, str]:
    """Give podman's own environment."""
    files = {name: str(Path(os.environ[name]).absolute()) for name in FILES if name in os.environ}
    is_set_up = any(Path(each).expanduser().exists() for each in THEIRS)
    if not is_set_up and shutil.which("runc") and (CODE / CONF).exists():
        files = {"CONTAINERS_CONF": str(CODE / CONF), **files}
    return files | {name: os.environ[name] for name in OWN if name in os.environ}


def _last_words(said: str) -> str:
    return next(reversed(said.strip().splitlines()), "it says nothing")[:300]
