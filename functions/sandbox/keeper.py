"""Who keeps a handler's processes together where they have no list of processes of their own (Landlock).

A process that its parent has left becomes its keeper's, whatever group it has gone to; the keeper ends when its handler
does, or when it is told to (SIGTERM, as when its own parent is gone), and ends all of them before.
"""

import ctypes
import os
import signal
import sys
from contextlib import suppress

from functions.runtime.kernel import adopt_orphans, children_of, die_with

PR_SET_PDEATHSIG = 1


def keep(descriptor: int) -> None:
    """Go on in a new process, and stay its keeper in this one, which has one thread and does not come back.

    ``descriptor``, the end of the socket to the host, is the new process's alone.
    """
    adopt_orphans()
    keeper = os.getpid()
    handler = os.fork()
    if handler == 0:
        die_with(keeper)
        return
    os.close(descriptor)
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
    signal.signal(signal.SIGTERM, lambda *_: _end_all(128 + signal.SIGKILL))
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    while True:
        pid, status = os.wait()
        if pid == handler:
            code = os.waitstatus_to_exitcode(status)
            _end_all(128 - code if code < 0 else code)


def _end_all(code: int) -> None:
    """Kill whatever is below, until nothing is, and end with ``code``."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    sys.stderr.flush()
    while True:
        for pid in _below(os.getpid()):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        try:
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        except ChildProcessError:
            os._exit(code)


def _below(pid: int) -> list[int]:
    found = []
    todo = children_of(pid)
    while todo:
        found.append(todo.pop())
        todo += children_of(found[-1])
    return found
