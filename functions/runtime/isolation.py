"""Walls around a handler's process that it puts up itself, or bwrap for it; implements ``start.Walls``.

``bwrap``: a file system of its own with nothing in it but what is named, its own process list, no network.
``landlock``: the file system as it is, most of it forbidden; that a file exists, and what runs beside, can be seen.
Named are Python and its packages, the function's code, the worker's room, and the files that its settings name.
"""

import logging
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Literal

from functions.runtime.belongings import hidden, our_code
from functions.runtime.workspace import SPARE, WRITING
from functions.sandbox import walls
from functions.sandbox.ending import StillThereError, end
from functions.sandbox.enter import Order
from functions.sandbox.limits import Limits

log = logging.getLogger("noria.runtime")
Kind = Literal["bwrap", "landlock"]
PROCESSES = 256
"""What one handler may have started at a time; the host looks ten times a second."""
THREADS = 1024
"""What the kernel lets an ordinary user have in the namespaces of bwrap, all processes together."""
OPEN_FILES = 4096
PATIENCE = 10.0
"""Seconds for a keeper to end what its handler has left."""
ROOM_FOR_ADDRESSES = 2**30
"""Bytes: libraries map more than they use; the host looks at what is used."""
SYSTEM = ("/etc/alternatives", "/sys/devices/system/cpu")
HARDWARE = ("/sys/bus/pci", "/sys/devices")
"""What onnxruntime complains of, if it is there and may not be read."""
NETWORK = (
    *("/etc/resolv.conf", "/etc/hosts", "/etc/host.conf", "/etc/nsswitch.conf", "/etc/gai.conf", "/etc/services"),
    *("/etc/ssl", "/etc/pki", "/etc/ca-certificates"),
)
"""What names are resolved and certificates are checked with."""
SHARED = 64 * 2**20
"""Bytes of ``/dev/shm``, at least; semaphores lie there."""


@dataclass(frozen=True)
class Isolation:
    """What walls in each of a worker's handlers.

    Attributes:
        room: The folder in which the private folders of its runs lie, which they read; they write below ``WRITING``.
        read: Files and folders that they may read, beside Python and the system's libraries.
        network: Whether they may use the machine's network.
        memory: Of the service's FDL, in bytes; 0 for no limit.
        processes: How many one of them may have.
        home: ``NORIA_HOME``, whose keys no handler sees, whatever it lies in.
    """

    kind: Kind
    room: Path
    read: tuple[Path, ...] = ()
    network: bool = False
    memory: int = 0
    processes: int = PROCESSES
    home: Path | None = None
    counts_memory: ClassVar[bool] = False
    failure: ClassVar[int] = 0

    @property
    def seen(self) -> set[Path]:
        """Give all that its handlers may read, but for what the system has."""
        return self.files | ({Path(path) for path in NETWORK} if self.network else set())

    @property
    def files(self) -> set[Path]:
        """Give that of it which the network is not needed for."""
        return {*walls.python_paths(), *_packages(), *our_code(), *self.read, self.room}

    def command(self, function: str, descriptor: int) -> list[str]:
        """Give the command line of a handler's process that asks at ``descriptor``."""
        child = [sys.executable, "-m", "functions.runtime.child", function, str(descriptor)]
        if self.kind == "landlock":
            return [*child, str(os.getpid()), self._order().to_text()]
        return [*self._namespaces(), *child, "0", self._order().to_text()]  # bwrap sees to it that it dies with us

    def environ(self, given: Mapping[str, str]) -> dict[str, str]:
        """Give its environment: whatever libraries want to keep lies in the room."""
        return {**given, "HOME": str(self.room / SPARE), "TMPDIR": str(self.room / SPARE), "PYTHONNOUSERSITE": "1"}

    def told(self, environ: Mapping[str, str]) -> tuple[dict[str, str], bytes]:
        """Give the environment of what is started, which is the handler's; there is nothing else to say."""
        return dict(environ), b""

    def first(self, process: subprocess.Popen[bytes]) -> int:
        """Give the number of the first process within the walls, or of who holds it."""
        return process.pid

    def kill(self, process: subprocess.Popen[bytes]) -> None:
        """End it and all that it has started; does not wait."""
        if self.kind == "landlock":
            process.terminate()  # its keeper's to do (``keeper.py``)
            return
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)

    def end(self, process: subprocess.Popen[bytes]) -> None:
        """End it and all that it has started, and wait until they are gone."""
        if self.kind == "landlock":
            self.kill(process)
            with suppress(subprocess.TimeoutExpired):
                process.wait(PATIENCE)
        try:
            end(process, group=True)
        except StillThereError as error:
            log.warning("still there", extra={"reason": str(error)})

    def code(self, code: int) -> int:
        """Give how a handler ended; bwrap and keepers tell a signal by 128 more."""
        return -walls.ended_by(code) or code

    def _order(self) -> Order:
        limits = Limits(
            memory=2 * self.memory + ROOM_FOR_ADDRESSES if self.memory else 0,
            files=OPEN_FILES,
            processes=THREADS if self.kind == "bwrap" and _counts_by_namespace() else 0,
        )
        if self.kind == "bwrap":
            return Order([], limits, handler=True, sockets="internet" if self.network else "all")
        read = (*walls.SYSTEM, *SYSTEM, *HARDWARE, *walls.DEVICES, "/proc", *map(str, self.seen))
        write = ("/dev/null", "/proc/self/clear_refs", str(self.room / WRITING))
        sockets: Literal["internet", "none"] = "internet" if self.network else "none"
        names = (str(walls.CODE),)
        return Order([], limits, landlock=True, read=read, write=write, names=names, handler=True, sockets=sockets)

    def _namespaces(self) -> list[str]:
        words = walls.namespaces(network=self.network)
        for path in (*SYSTEM, *(NETWORK if self.network else ())):
            words += ["--ro-bind-try", path, path]
        words += ["--size", str(max(self.memory, SHARED)), "--tmpfs", "/dev/shm"]  # noqa: S108 - of its own
        here = str(Path.cwd())  # what settings name may be named from here
        words += ["--dir", here, *walls.bound(self.files - {self.room}, [])]
        for path in hidden(self.home, self.seen):
            words += ["--tmpfs", str(path)]
        words += walls.bound([self.room], [self.room / WRITING])
        return [*words, "--remount-ro", "/", "--chdir", here, "--"]


def _packages() -> set[Path]:
    """Name folders of packages that lie beside Python's own, but neither ours nor where we happen to be."""
    known = {walls.CODE, Path.cwd(), Path("/")}
    found = {Path(each) for each in sys.path if each and Path(each).is_dir()}
    inside = (*walls.python_paths(), Path("/usr"))
    return {each for each in found - known if each.is_absolute() and not any(map(each.is_relative_to, inside))}


def _counts_by_namespace() -> bool:
    """Whether the kernel counts a user's processes in each user namespace alone (Linux 5.14)."""
    major, minor = os.uname().release.split(".")[:2]
    return (int(major), int("".join(filter(str.isdigit, minor)) or 0)) >= (5, 14)
