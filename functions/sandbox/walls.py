"""The kinds of sandbox that a machine may be able to make, and the choice between them.

``bubblewrap`` shows the command a file system of its own with nothing in it but what is named, its own process list and
no network. ``landlock`` leaves the file system as it is and forbids; that a file exists, and its size, can be seen.
``none`` keeps limits only. All three run one process, which dies with the one that started it.
"""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import IO, ClassVar, Literal, Protocol

import functions
from functions.runtime.errors import TryAgain
from functions.sandbox import landlock, seccomp
from functions.sandbox.enter import Order
from functions.sandbox.limits import Limits

Setting = Literal["auto", "bubblewrap", "landlock", "none"]
Stream = int | IO[bytes] | None
CODE = Path(next(iter(functions.__path__))).parent
SYSTEM = ("/usr", "/lib", "/lib64", "/bin", "/etc/ld.so.cache", "/etc/localtime")
DEVICES = ("/dev/zero", "/dev/urandom", "/dev/random")
KERNEL = ("/proc/cpuinfo", "/proc/meminfo", "/proc/stat", "/proc/self", "/sys/devices/system/cpu")
SETTINGS = ("/proc/sys", "/proc/sysrq-trigger")
"""Through which root rules the kernel."""
_ENTER = f"import sys; sys.path.insert(0, {str(CODE)!r}); from functions.sandbox.enter import main; main(sys.argv[1])"
PATIENCE = 20.0
"""Seconds that bwrap may take to show that it works here."""


class NoSandboxError(TryAgain):
    """This machine can make no sandbox of the kind that is asked for; it is not the event's fault."""


@dataclass(frozen=True)
class Job:
    """A command and what it may see and use.

    Attributes:
        command: Its first word is an absolute path.
        read: Files and folders that it may read, beside Python, its packages and the system's libraries.
        write: Folders that it may also write.
        environ: All of its environment.
        folder: Where it starts; one of those it may read.
    """

    command: Sequence[str]
    read: Sequence[Path]
    write: Sequence[Path]
    limits: Limits
    environ: Mapping[str, str]
    folder: Path


class Sandbox(Protocol):
    """One kind of sandbox; made only where the machine can do it."""

    kind: ClassVar[str]

    def start(self, job: Job, *, stdout: Stream = None, stderr: Stream = None) -> subprocess.Popen[bytes]:
        """Start the command; stdin is empty, and no other file is open. ``ended_by`` reads its return code."""


class Bubblewrap:
    """Namespaces made by bwrap(1), then our filter of system calls."""

    kind: ClassVar[str] = "bubblewrap"

    def start(self, job: Job, *, stdout: Stream = None, stderr: Stream = None) -> subprocess.Popen[bytes]:
        """Start the command in a file system of its own."""
        order = Order(list(job.command), job.limits, filter=True)
        return _popen([*self._walls(job), *_entered(order)], job, stdout, stderr)

    def _walls(self, job: Job) -> list[str]:
        read = {*python_paths(), CODE / "functions" / "sandbox", *job.read}
        return [*namespaces(), *bound(read, job.write), "--remount-ro", "/", "--chdir", str(job.folder), "--"]


class Landlock:
    """The kernel's file walls and our filter of system calls; works in most containers, and without any package."""

    kind: ClassVar[str] = "landlock"

    def start(self, job: Job, *, stdout: Stream = None, stderr: Stream = None) -> subprocess.Popen[bytes]:
        """Start the command behind walls."""
        read = [*SYSTEM, *DEVICES, *KERNEL, *map(str, python_paths()), *map(str, job.read)]
        write = ["/dev/null", *map(str, job.write)]
        order = Order(
            list(job.command),
            job.limits,
            parent=os.getpid(),
            filter=True,
            landlock=True,
            read=tuple(read),
            write=tuple(write),
            names=(str(CODE),),
        )
        return _popen(_entered(order), job, stdout, stderr)


class Unconfined:
    """Limits only; the command sees and reaches what its user does."""

    kind: ClassVar[str] = "none"

    def start(self, job: Job, *, stdout: Stream = None, stderr: Stream = None) -> subprocess.Popen[bytes]:
        """Start the command."""
        return _popen(_entered(Order(list(job.command), job.limits, parent=os.getpid())), job, stdout, stderr)


def choose(setting: Setting) -> Sandbox:
    """Give the sandbox that is asked for; ``auto`` gives the best that this machine can make, and never none.

    Raises:
        NoSandboxError: It can make none, or not that one; says why.
    """
    if setting == "none":
        return Unconfined()
    reasons = []
    if setting in ("auto", "bubblewrap"):
        if not (why := without_bubblewrap()):
            return Bubblewrap()
        reasons.append(why)
    if setting in ("auto", "landlock"):
        if not (why := without_landlock()):
            return Landlock()
        reasons.append(why)
    hint = "apt-get install bubblewrap, or set the sandbox to none if you trust whoever uploads"
    raise NoSandboxError(f"no sandbox can be made on this machine: {'; '.join(reasons)}", hint=hint)


@cache
def without_bubblewrap() -> str:
    """Say why bubblewrap does not work here; empty when it does."""
    return _failure(Bubblewrap()) if _bwrap() else "bwrap is not installed"


@cache
def without_landlock() -> str:
    """Say why Landlock does not work here; empty when it does."""
    has = landlock.version()
    if has < landlock.LEAST:
        return f"the kernel's Landlock is version {has}, and {landlock.LEAST} is needed"
    return _failure(Landlock())


def _failure(sandbox: Sandbox) -> str:
    """Run nothing in a sandbox, and say why that did not work."""
    if not seccomp.is_known():
        return "the system calls of this kind of machine are not known"
    job = Job([sys.executable, "-I", "-S", "-c", ""], [], [], Limits(), {}, Path("/"))
    process = sandbox.start(job, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    try:
        said = process.communicate(timeout=PATIENCE)[1].decode(errors="replace").strip()
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
        return f"{sandbox.kind} does not come to an end"
    why = said.splitlines()[-1] if said else f"exit code {process.returncode}"
    return f"{sandbox.kind} fails ({why})" if process.returncode else ""


def namespaces(*, network: bool = False) -> list[str]:
    """Give bwrap's words for namespaces of a process's own, with the system's libraries and devices in them."""
    words = [_bwrap(), "--unshare-all", "--die-with-parent", "--new-session", "--cap-drop", "ALL"]
    words += ["--share-net"] if network else []
    for name in SYSTEM:
        if Path(name).is_symlink():
            words += ["--symlink", str(Path(name).readlink()), name]
        else:
            words += ["--ro-bind-try", name, name]
    words += ["--proc", "/proc"]
    if os.geteuid() == 0:  # whose files in there root owns outside, too: bwrap asks access(2), which says no
        for name in SETTINGS:
            words += ["--ro-bind-try", name, name]
    return [*words, "--dev", "/dev", "--remount-ro", "/dev"]


def bound(read: Iterable[Path], write: Iterable[Path]) -> list[str]:
    """Give bwrap's words for what may be read and what may be written."""
    words = []
    for path in sorted(read):
        words += ["--ro-bind", str(path), str(path)]
    for path in sorted(write):
        words += ["--bind", str(path), str(path)]
    return words


def python_paths() -> set[Path]:
    """Name the folders of this Python and its packages, without those that lie in the system's."""
    named = {Path(each) for each in (sys.base_prefix, sys.prefix)}
    return {path for path in named | {path.resolve() for path in named} if not path.is_relative_to("/usr")}


def ended_by(code: int) -> int:
    """Give the signal that ended a sandboxed process, by its return code; 0 if none did (bwrap gives 128 more)."""
    return -code if code < 0 else max(code - 128, 0) if code <= 128 + signal.NSIG else 0


def _bwrap() -> str:
    return shutil.which("bwrap") or ""


def _entered(order: Order) -> list[str]:
    return [sys.executable, "-I", "-S", "-c", _ENTER, order.to_text()]


def _popen(words: list[str], job: Job, stdout: Stream, stderr: Stream) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        words,
        cwd=job.folder,
        env=dict(job.environ),
        stdin=subprocess.DEVNULL,
        stdout=stdout,
        stderr=stderr,
        start_new_session=True,
    )
