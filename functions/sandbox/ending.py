"""The end of a sandboxed command: bwrap ends before the command in it does, which may write on for a moment."""

import os
import select
import signal
import subprocess
import time
from contextlib import ExitStack, suppress

from functions.runtime.kernel import children_of

PATIENCE = 30.0
"""Seconds that the kernel may take to end what was killed; a process that writes to a slow disk is not gone at once."""


class StillThereError(OSError):
    """Something of a command that was killed is still at work."""


def end(process: subprocess.Popen[bytes], *, group: bool = False) -> int:
    """Kill a command and whatever stands between it and us, and wait until all of it is gone; gives its return code.

    ``group``: the command may have started others, in its group or out of it; they are killed too.

    Raises:
        StillThereError: It does not go.
    """
    with ExitStack() as stack:
        inside = [] if process.poll() is not None else _opened(process.pid, stack)
        if group:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            for one in inside:
                with suppress(ProcessLookupError):
                    signal.pidfd_send_signal(one, signal.SIGKILL)
        process.kill()
        code = process.wait()
        deadline = time.monotonic() + PATIENCE
        for one in inside:
            poll = select.poll()
            poll.register(one, select.POLLIN)  # a pidfd can be read from once its process has ended (pidfd_open(2))
            if not poll.poll(max(0.0, deadline - time.monotonic()) * 1000):
                raise StillThereError(f"a process of {process.args!r:.100} does not end")
    return code


def _opened(pid: int, stack: ExitStack) -> list[int]:
    """Give a descriptor of each process below one, which stays theirs though the number may become another's."""
    found = []
    todo = children_of(pid)
    while todo:
        child = todo.pop()
        with suppress(ProcessLookupError):
            descriptor = os.pidfd_open(child)
            stack.callback(os.close, descriptor)
            found.append(descriptor)
            todo += children_of(child)
    return found
