"""What the runtime asks of the Linux kernel and of glibc for its own processes; elsewhere nothing happens."""

import contextlib
import ctypes
import os
import signal
from pathlib import Path
from typing import NamedTuple

PR_SET_PDEATHSIG, PR_SET_DUMPABLE = 1, 4


def die_with(parent: int) -> None:
    """Ask the kernel to end this process when ``parent`` ends (prctl(2), PR_SET_PDEATHSIG)."""
    _prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # it ended before the request
        raise SystemExit(1)


def hide_from_children() -> None:
    """Keep other processes of the same user out of this one's memory and environment (prctl(2), PR_SET_DUMPABLE)."""
    _prctl(PR_SET_DUMPABLE, 0)


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
    name = signal.Signals(-code).name
    return f"{name}, the machine was out of memory" if oom and -code == signal.SIGKILL else name


class InUse(NamedTuple):
    """What a process and all that it started use: bytes of memory (no pages of files), seconds of CPU so far."""

    memory: int = 0
    cpu_seconds: float = 0


def memory_in_use(pid: int) -> int:
    """Add up the memory of a process and of what it started, in bytes, without pages of files; 0 when it is gone."""
    return in_use(pid).memory


def in_use(pid: int) -> InUse:
    """Add up what a process and what it started use; the CPU of what has ended counts if it was waited for."""
    memory, ticks = 0, 0
    todo = [pid]
    while todo:
        one = Path(f"/proc/{todo.pop()}")
        with contextlib.suppress(OSError):
            lines = (one / "status").read_text().splitlines()
            memory += sum(int(line.split()[1]) * 1024 for line in lines if line.startswith(("RssAnon:", "RssShmem:")))
            # utime, stime and those of waited-for children, after the name, which may have blanks in it (proc(5))
            ticks += sum(map(int, (one / "stat").read_text().rpartition(")")[2].split()[11:15]))
            for thread in (one / "task").iterdir():
                with contextlib.suppress(OSError):
                    todo += [int(child) for child in (thread / "children").read_text().split()]
    return InUse(memory, ticks / os.sysconf("SC_CLK_TCK"))


def _prctl(option: int, value: int) -> None:
    prctl = getattr(ctypes.CDLL(None), "prctl", None)
    if prctl is not None:
        prctl(option, value)
