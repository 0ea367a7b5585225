"""``python -m functions.sandbox.first COMMAND``: the first process of a handler's container (``containment.py``).

It is told the handler's environment over the socket to the host, so that no secret of it is on a command line or in
podman's notes; starts the command; takes in what that leaves; and ends when it does, or when the socket's other end is
closed, whatever became of the host. With the first process of a container the kernel ends all others.
"""

import ctypes
import json
import os
import select
import signal
import socket
import sys
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

import functions

DESCRIPTOR = 3
"""Of the socket: the first one that podman hands on."""
MODULE = "functions.sandbox.first"
DIALECT = "noria's handlers, 1"
"""What hosts and images must have in common; another one when frames or orders are (``channel.py``, ``enter.py``)."""
LENGTH = 8
"""Bytes that say how many follow, the first of them the highest."""
PR_SET_DUMPABLE = 4
CODE = Path(next(iter(functions.__path__))).parent


def greeting(environ: Mapping[str, str], folder: Path) -> bytes:
    """Give what the host says first: the command's environment, beside the image's, and the folder it starts in."""
    said = json.dumps({"environ": dict(environ), "folder": str(folder)}).encode()
    return len(said).to_bytes(LENGTH, "big") + said


def main(command: list[str]) -> None:
    """Start a command and stay with it; does not return."""
    ctypes.CDLL(None).prctl(PR_SET_DUMPABLE, 0, 0, 0, 0)  # or it could be told what to do by who has its user
    with socket.socket(fileno=os.dup(DESCRIPTOR)) as end:
        told = json.loads(_exactly(end, int.from_bytes(_exactly(end, LENGTH), "big")))
    woken, wakes = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
    signal.set_wakeup_fd(wakes)
    for number in (signal.SIGCHLD, signal.SIGTERM):
        signal.signal(number, lambda *_: None)
    handler = os.fork()
    if handler == 0:
        _become(command, told["environ"], told["folder"])
    _stay(handler, woken)


def _exactly(end: socket.socket, count: int) -> bytes:
    said = end.recv(count, socket.MSG_WAITALL) if count else b""
    if len(said) < count:
        os._exit(1)  # there is no host any more
    return said


def _become(command: list[str], environ: Mapping[str, str], folder: str) -> None:
    """Become the command, which finds our code wherever it starts."""
    with suppress(OSError):  # nothing that lies there is its business, then
        os.chdir(folder)
    paths = os.pathsep.join(filter(None, [str(CODE), environ.get("PYTHONPATH"), os.environ.get("PYTHONPATH")]))
    signal.set_wakeup_fd(-1)
    os.execve(sys.executable, [sys.executable, *command], {**os.environ, **environ, "PYTHONPATH": paths})  # noqa: S606


def _stay(handler: int, woken: int) -> None:
    poll = select.poll()
    poll.register(DESCRIPTOR, 0)  # tells only that the other end is closed
    poll.register(woken, select.POLLIN)
    while True:
        for descriptor, _ in poll.poll():
            if descriptor == DESCRIPTOR or signal.SIGTERM in os.read(woken, 4096):
                os._exit(128 + signal.SIGKILL)
        _take_in(handler)


def _take_in(handler: int) -> None:
    """Wait for all that has ended, and end as the handler did if it is among them."""
    with suppress(ChildProcessError):
        while (ended := os.waitpid(-1, os.WNOHANG))[0]:
            if ended[0] == handler:
                code = os.waitstatus_to_exitcode(ended[1])
                os._exit(128 - code if code < 0 else code)


if __name__ == "__main__":
    main(sys.argv[1:])
