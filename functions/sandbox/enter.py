"""The last step into a sandbox: ``main(order)`` limits this process, walls it in, and becomes the command.

A handler's process walls itself in by ``put_up(order)``, before it loads the handler, and stays what it is.
"""

import ctypes
import json
import os
import signal
import sys
from dataclasses import dataclass
from typing import Any

from functions.sandbox import landlock, seccomp
from functions.sandbox.limits import Limits
from functions.sandbox.seccomp import Sockets

PR_SET_PDEATHSIG, PR_CAPBSET_DROP, PR_SET_NO_NEW_PRIVS = 1, 24, 38
CAPABILITY_VERSION = 0x20080522  # _LINUX_CAPABILITY_VERSION_3
FAILED = 125
"""Exit code when the walls could not be put up; the command has not run."""


@dataclass(frozen=True)
class Order:
    """What to put up before ``command``; ``parent``: whom to die with, 0 for nobody.

    ``filter``: for a command that needs no other process. ``handler``: for one that may start some, and put them into
    sandboxes; it makes the sockets of ``sockets``.
    """

    command: list[str]
    limits: Limits
    parent: int = 0
    filter: bool = False
    landlock: bool = False
    read: tuple[str, ...] = ()
    write: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    handler: bool = False
    sockets: Sockets = "all"

    def to_text(self) -> str:
        """Give it as JSON for another process."""
        return json.dumps({**vars(self), "limits": vars(self.limits)})

    @classmethod
    def from_text(cls, text: str) -> "Order":
        """Read it again."""
        fields: dict[str, Any] = json.loads(text)
        return cls(**{**fields, "limits": Limits(**fields["limits"])})


def main(text: str) -> None:
    """Carry out an order; does not return."""
    order = Order.from_text(text)
    try:
        put_up(order)
        os.execve(order.command[0], order.command, dict(os.environ))  # noqa: S606 - that is what it is for
    except OSError as error:
        sys.stderr.write(f"the sandbox failed: {error}\n")
        os._exit(FAILED)


def put_up(order: Order) -> None:
    """Limit this process and wall it in for good; it must have one thread.

    Raises:
        OSError: The kernel refused.
    """
    _prctl(PR_SET_NO_NEW_PRIVS, 1)
    _die_with(order.parent)
    order.limits.apply()
    if order.landlock:
        _drop_capabilities()
        has_network = order.sockets == "internet"
        landlock.restrict(
            read=order.read, write=order.write, names=order.names, links=order.handler, network=has_network
        )
    if order.filter:
        seccomp.refuse()
    if order.handler:
        seccomp.guard(order.sockets, among_others=order.landlock)


def _die_with(parent: int) -> None:
    if parent:
        _prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:  # it ended before the request
            os._exit(FAILED)


def _drop_capabilities() -> None:
    """Give up what root can do beyond owning files (capabilities(7)); nothing happens for an ordinary user."""
    libc = ctypes.CDLL(None, use_errno=True)
    capability = 0
    while libc.prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) == 0:
        capability += 1
    header = (ctypes.c_uint32 * 2)(CAPABILITY_VERSION, 0)
    if libc.capset(header, (ctypes.c_uint32 * 6)()):
        raise OSError(ctypes.get_errno(), "capabilities could not be dropped")


def _prctl(option: int, value: int) -> None:
    if ctypes.CDLL(None, use_errno=True).prctl(option, value, 0, 0, 0):
        raise OSError(ctypes.get_errno(), f"prctl {option}")
