"""The start of a handler's process: which function, what it is told, and the process with our end of a socket.

Imports nothing but the standard library and two plain modules of ours, so that a host that lives for one event can
begin the handler's process before its own imports: both start at once (``hosts/early.py``).
"""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Protocol

from fdl.naming import is_secret
from functions.runtime.secrets import NAMES, Secrets

SAID = "said"
"""What threads are called that pass on what handlers print."""
KEPT = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "TZ", "VIRTUAL_ENV", "PYTHONPATH", "LD_LIBRARY_PATH")
SCRIPTS = "run-script"
"""The function that is told its service's own script, beside its environment."""
PATIENCE = 60.0
"""Seconds for walls to come to listen."""
UNWALLED = ("", "none")
"""Settings of ``NORIA_ISOLATION`` that put no walls around handlers."""
THREADS = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "PYTHONUNBUFFERED": "1", "ORT_DISABLE_TELEMETRY": "1"}


class Walls(Protocol):
    """What walls in a handler's process, if anything does (``isolation.py``, ``containment.py``)."""

    @property
    def processes(self) -> int:
        """How many it may have at a time."""

    @property
    def failure(self) -> int:
        """The code of the process that we start if walls could not be put up; 0 if it has none for that."""

    @property
    def counts_memory(self) -> bool:
        """Whether the kernel ends what takes more memory than it may."""

    def command(self, function: str, descriptor: int) -> list[str]:
        """Give the command line of a process that asks its host at ``descriptor``."""

    def told(self, environ: Mapping[str, str]) -> tuple[dict[str, str], bytes]:
        """Give that command's environment, ``environ`` being the handler's, and what it hears first over the socket."""

    def first(self, process: subprocess.Popen[bytes]) -> int:
        """Give the number of the process that all others within the walls descend from, once the handler is ready."""

    def kill(self, process: subprocess.Popen[bytes]) -> None:
        """End it and all that it has started; does not wait."""

    def end(self, process: subprocess.Popen[bytes]) -> None:
        """End it and all that it has started, and wait until they are gone."""

    def code(self, code: int) -> int:
        """Give how the handler ended (negative: by that signal), by the code of the process that we have started."""


@dataclass(frozen=True)
class Begun:
    """A handler's process that has not said yet that it is ready; ``environ`` is all of its environment.

    ``walls``: what it was begun within.
    """

    function: str
    environ: Mapping[str, str]
    process: subprocess.Popen[bytes]
    end: socket.socket
    walls: Walls | None = None

    def is_for(self, function: str, environ: Mapping[str, str], walls: Walls | None) -> bool:
        """Tell whether it is what would be begun for these, within the same walls."""
        return (self.function, self.environ) == (function, environ) and self.walls is walls

    def stop(self) -> None:
        """End it, whatever it does, and all that it has started."""
        if self.walls:
            self.walls.end(self.process)
        with suppress(ProcessLookupError):
            if self.process.poll() is None:
                os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        self.end.close()


def begin(function: str, environ: Mapping[str, str], walls: Walls | None = None) -> Begun:
    """Begin a process for ``function``, in a group of its own.

    What it prints is to be read if there are secrets, or walls: our log, as a descriptor, could be opened anew.
    """
    ours, theirs = socket.socketpair()
    is_heard = bool(Secrets.of_environment(environ).values or walls)
    environment, said = walls.told(environ) if walls else (dict(environ), b"")
    with theirs:
        plain = [sys.executable, "-m", "functions.runtime.child", function, str(theirs.fileno()), str(os.getpid())]
        process = subprocess.Popen(
            walls.command(function, theirs.fileno()) if walls else plain,
            pass_fds=[theirs.fileno()],
            env=environment,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
            stdout=subprocess.PIPE if is_heard else None,
            stderr=subprocess.STDOUT if is_heard else None,
        )
    ours.settimeout(PATIENCE)
    with suppress(OSError):  # it did not come to listen, and its end will say why
        ours.sendall(said)
    return Begun(function, environ, process, ours, walls)


def told(
    service: str, variables: Mapping[str, str], secrets: Mapping[str, str], environ: Mapping[str, str]
) -> tuple[str, dict[str, str]]:
    """Give which function a service runs, and the environment of its handler's process.

    Args:
        service: Its name; the function's, if ``NORIA_FUNCTION`` names no other.
        variables: Those of its FDL.
        secrets: Those of its FDL; ``NORIA_*`` are the host's own. Where OSCAR keeps the value, ``environ`` has it.
        environ: Of the host.
    """
    own = {name: value for name, value in variables.items() if not name.startswith("NORIA_")}
    secret = {name: value or environ.get(name, "") for name, value in secrets.items() if not name.startswith("NORIA_")}
    names = {NAMES: ",".join([*secret, *filter(is_secret, own)])}
    return variables.get("NORIA_FUNCTION", service), child_environment(environ, own | secret | names)


def child_environment(environ: Mapping[str, str], own: Mapping[str, str]) -> dict[str, str]:
    """Give a child what it needs and no secret: the machine's own variables, and the service's from its FDL."""
    return THREADS | {name: environ[name] for name in KEPT if name in environ} | dict(own)
