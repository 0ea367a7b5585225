"""What the runtime asks of the Linux kernel and of glibc for its own processes; elsewhere nothing happens."""

import contextlib
import ctypes
import os
import signal
from pathlib import Path
from typing import NamedTuple

PR_SET_PDEATHSIG, PR_SET_DUMPABLE, PR_SET_CHILD_SUBREAPER = 1, 4, 36


def die_with(parent: int) -> None:
    """Ask the kernel to end this process when ``parent`` ends (prctl(2), PR_SET_PDEATHSIG)."""
    _prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # it ended before the request
        raise SystemExit(1)


def hide_from_children() -> None:
    """Keep other processes of the same user out of this one's memory and environment (prctl(2), PR_SET_DUMPABLE)."""
    _prctl(PR_SET_DUMPABLE, 0)


def adopt_orphans() -> None:
    """Become the parent of what our descendants leave behind, so that it can be found (PR_SET_CHILD_SUBREAPER)."""
    _prctl(PR_SET_CHILD_SUBREAPER, 1)


def give_memory_back() -> None:
    """Return what glibc keeps for later to the system: 126 MB stay of blur-faces' 300 to 500 (10 ms)."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)


def offer_to_oom_killer() -> None:
    """Let the kernel, out of memory, end this process before the worker, the store and the broker (proc(5))."""
    with contextlib.suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("500")


def oom_kills() -> int:
    """Count what the kernel has ended for want of memory since its start (``/proc/vmstat``); 0 if it does not say."""
    with contextlib.suppress(OSError):
        for line in Path("/proc/vmstat").read_text().splitlines():
            if line.startswith("oom_kill "):
                return int(line.split()[1])
    return 0


def ending(code: int, *, oom: bool) -> str:
    """Say how a process ended, by its exit code (negative: a signal), and whether the kernel was out of memory."""
    if code >= 0:
        return f"exit code {code}"
    name = signal.Signals(-code).name if -code in set(signal.Signals) else f"signal {-code}"
    return f"{name}, the machine was out of memory" if oom and -code == signal.SIGKILL else name


class InUse(NamedTuple):
    """What a process and all that it started use: bytes of memory (no pages of files), seconds of CPU; how many."""

    memory: int = 0
    cpu_seconds: float = 0
    processes: int = 0


def memory_in_use(pid: int) -> int:
    """Add up the memory of a process and of what it started, in bytes, without pages of files; 0 when it is gone."""
    return in_use(pid).memory


def in_use(pid: int) -> InUse:
    """Add up what a process and what it started use; the CPU of what has ended counts if it was waited for."""
    memory, seconds, count = 0, 0.0, 0
    todo = [pid]
    while todo:
        pid = todo.pop()
        with contextlib.suppress(OSError):
            one = _in_use(pid, waited_for=True)
            memory, seconds, count = memory + one.memory, seconds + one.cpu_seconds, count + 1
            todo += children_of(pid)
    return InUse(memory, seconds, count)


def in_use_alone(pid: int) -> InUse:
    """Give what one process uses, without what it started.

    Raises:
        OSError: There is none.
    """
    return _in_use(pid, waited_for=False)


def _in_use(pid: int, *, waited_for: bool) -> InUse:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    memory = sum(int(line.split()[1]) * 1024 for line in lines if line.startswith(("RssAnon:", "RssShmem:")))
    # utime, stime and those of waited-for children, after the name, which may have blanks in it (proc(5))
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[11 : 15 if waited_for else 13]
    return InUse(memory, sum(map(int, fields)) / os.sysconf("SC_CLK_TCK"))


def children_of(pid: int) -> list[int]:
    """Read whom a process has started and not yet waited for (proc(5), ``children``)."""
    found: list[int] = []
    with contextlib.suppress(OSError):
        for thread in Path(f"/proc/{pid}/task").iterdir():
            with contextlib.suppress(OSError):
                found += map(int, (thread / "children").read_text().split())
    return found


def _prctl(option: int, value: int) -> None:
    prctl = getattr(ctypes.CDLL(None), "prctl", None)
    if prctl is not None:
        prctl(option, value)
