"""A container around each handler's process, by podman: the service's own image, and limits that the kernel counts.

In it are the image, the worker's room and what the function's settings name. ``functions/sandbox/first.py`` is its
first process, and ends it with whoever holds the other end of the handler's socket.
"""

import os
import select
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from secrets import token_hex
from typing import ClassVar

from functions.runtime import podman
from functions.runtime.belongings import hidden
from functions.runtime.start import KEPT
from functions.runtime.workspace import SPARE, WRITING
from functions.sandbox import walls
from functions.sandbox.enter import Order
from functions.sandbox.first import DESCRIPTOR, MODULE, greeting
from functions.sandbox.limits import Limits

OPEN_FILES = 4096
PROCESSES = 256
"""What one handler may have started at a time; the host looks ten times a second."""
TASKS = 1024
"""Processes and threads, all together; the kernel counts."""
PATIENCE = 10.0
"""Seconds for podman to clear a container away."""
_ENTER = f"""
import os, sys
os.chdir(sys.argv[1])
given = int(sys.argv[2])
if given != {DESCRIPTOR}:
    os.dup2(given, {DESCRIPTOR})
    os.close(given)
os.execvp(sys.argv[3], sys.argv[3:])
"""
"""In the room, where podman's monitor leaves a file if memory runs out; the descriptors after 2 are handed on."""


@dataclass
class Container:
    """What each of a worker's handlers runs in; implements ``start.Walls``.

    Attributes:
        image: Its id, or a name that podman knows it by.
        room: The folder in which the private folders of its runs lie, which they read; they write below ``WRITING``.
        read: Files and folders that they may read, beside the image.
        own: Those of them that hold the function, where it is a person's own.
        network: Whether they may use the machine's network.
        memory: Of the service's FDL, in bytes; 0 for no limit.
        cpu: Of the service's FDL, in processors; 0 for no limit.
        home: ``NORIA_HOME``, whose keys no handler sees, whatever it lies in.
    """

    image: str
    room: Path
    read: tuple[Path, ...] = ()
    own: tuple[Path, ...] = ()
    network: bool = False
    memory: int = 0
    cpu: float = 0
    home: Path | None = None
    processes: int = PROCESSES
    counts_memory: ClassVar[bool] = True
    failure: ClassVar[int] = podman.FAILED
    _first: dict[int, int] = field(default_factory=dict, repr=False, compare=False)
    """By the number of a podman a descriptor of its container's first process, which stays that one's."""

    def command(self, function: str, descriptor: int) -> list[str]:
        """Give the command line of a container whose handler asks at ``descriptor``."""
        name = f"noria-{os.getpid()}-{token_hex(4)}"
        enter = [sys.executable, "-I", "-S", "-c", _ENTER, str(self.room), str(descriptor)]
        run = [podman.PODMAN, *podman.WORDS, *podman.user(), *limits(self.memory, self.cpu)]
        run += ["--name", name, "--pidfile", str(self.room / f"{name}.pid"), "--preserve-fds", "1"]
        run += ["--network", "host" if self.network else "none", *self._mounts(), self.image]
        order = Order([], Limits(files=OPEN_FILES), handler=True, sockets="internet" if self.network else "all")
        child = ["-P", "-s", "-m", "functions.runtime.child", function, str(DESCRIPTOR), "0", order.to_text()]
        return [*enter, *run, "-P", "-s", "-m", MODULE, *child]

    def told(self, environ: Mapping[str, str]) -> tuple[dict[str, str], bytes]:
        """Give podman's own environment, without the handler's, and what the container's first process hears."""
        return podman.environment(), greeting(environ, Path.cwd())

    def environ(self, given: Mapping[str, str]) -> dict[str, str]:
        """Give the handler's environment, beside the image's: nothing of this machine's but what the service has."""
        mine = {
            name: _found(value) for name, value in given.items() if name not in KEPT or value != os.environ.get(name)
        }
        paths = [*sorted({str(each.parent) for each in self.own}), *filter(None, [mine.get("PYTHONPATH")])]
        places = {"HOME": str(self.room / SPARE), "TMPDIR": str(self.room / SPARE), "PYTHONNOUSERSITE": "1"}
        return mine | places | ({"PYTHONPATH": os.pathsep.join(paths)} if paths else {})

    def first(self, process: subprocess.Popen[bytes]) -> int:
        """Give the number, on this machine, of the container's first process; 0 if there is none."""
        return self._take_hold(process)

    def kill(self, process: subprocess.Popen[bytes]) -> None:
        """End it and all that it has started; does not wait."""
        self._take_hold(process)
        if (held := self._first.get(process.pid)) is not None:
            with suppress(ProcessLookupError):
                signal.pidfd_send_signal(held, signal.SIGKILL)

    def end(self, process: subprocess.Popen[bytes]) -> None:
        """End it and all that it has started, and wait until they are gone, and podman has cleared away."""
        self.kill(process)
        if (held := self._first.pop(process.pid, None)) is not None:
            poll = select.poll()
            poll.register(held, select.POLLIN)  # once it is gone; the kernel has ended the others before
            poll.poll(PATIENCE * 1000)
            os.close(held)
        try:
            process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            podman.clear_away(_word(process, "--name"))
        Path(_word(process, "--pidfile")).unlink(missing_ok=True)

    def code(self, code: int) -> int:
        """Give how a handler ended; its first process tells a signal by 128 more."""
        return -walls.ended_by(code) or code

    def _take_hold(self, process: subprocess.Popen[bytes]) -> int:
        """Have a descriptor of the first process, and give its number; 0 where it is not there, or not any more."""
        try:
            pid = int(Path(_word(process, "--pidfile")).read_text())
            if process.pid not in self._first:
                held = os.pidfd_open(pid)
                self._first[process.pid] = held
                if MODULE.encode() not in Path(f"/proc/{pid}/cmdline").read_bytes():  # another's since
                    os.close(self._first.pop(process.pid))
                    return 0
        except (OSError, ValueError):
            return 0
        return pid

    def _mounts(self) -> list[str]:
        words = []
        for path in sorted({*self.read, self.room}):
            for place in (path, *_mounted_below(path)):  # each by itself: what is not said of it stays writable
                words += podman.mount("bind", place, "ro", "bind-nonrecursive")
        words += podman.mount("bind", self.room / WRITING)
        for path in hidden(self.home, {*self.read, self.room}):
            words += podman.mount("tmpfs", path, "ro", "tmpfs-size=4096", "notmpcopyup")
        return words


def limits(memory: int, cpu: float) -> list[str]:
    """Give podman's words for what the kernel is to count: ``memory`` in bytes, ``cpu`` in processors; 0 for none."""
    words = ["--pids-limit", str(TASKS)]
    words += ["--memory", f"{memory}b", "--memory-swap", f"{memory}b"] if memory else []
    return [*words, "--cpus", f"{cpu:g}"] if cpu else words


def _found(value: str) -> str:
    """Give a setting as it is; a file that it names upwards from here, by its whole name: here is not there."""
    return os.path.abspath(value) if ".." in value and os.path.isfile(value) else value  # noqa: PTH100, PTH113 - any text


def _mounted_below(folder: Path) -> Iterator[Path]:
    """Name what else is mounted below a folder (proc(5), mountinfo; blanks and the like in octal)."""
    for line in Path("/proc/self/mountinfo").read_text().splitlines():
        place = Path(line.split()[4].encode().decode("unicode_escape"))
        if place != folder and place.is_relative_to(folder):
            yield place


def _word(process: subprocess.Popen[bytes], option: str) -> str:
    """Give what a podman of ours was told by an option."""
    arguments = process.args
    assert isinstance(arguments, list)
    return str(arguments[arguments.index(option) + 1])
