"""A handler's own process: ``python -m functions.runtime.child FUNCTION FD``, started by ``children.py``."""

import logging
import os
import signal
import socket
import sys
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from events import ObjectCreated
from functions.runtime.asking import AskingDesk
from functions.runtime.channel import Channel
from functions.runtime.errors import FunctionError, InputVanishedError, NotYetError
from functions.runtime.function import load
from functions.runtime.kernel import die_with, give_memory_back, offer_to_oom_killer
from functions.runtime.runner import InProcess, Task
from functions.runtime.secrets import Secrets
from functions.runtime.telemetry import log_as_json

log = logging.getLogger("noria.function")
SECRETS = Secrets.of_environment(os.environ)
GIVES_WAY = 5
"""How much nicer it is than its host, the store and the broker, which keep all other events moving meanwhile."""
IDLE = 1.0
"""Seconds without an event after which memory is given back."""


def main(name: str, descriptor: int, parent: int, order: str = "") -> None:
    """Load the function, say so, then run what the host sends until it closes the socket.

    Args:
        name: Of the function.
        descriptor: Of the socket.
        parent: Whom to die with; 0 where walls see to that.
        order: What walls to put up before anything is loaded that may start threads (``isolation.py``).
    """
    if parent:
        die_with(parent)
    offer_to_oom_killer()
    os.nice(GIVES_WAY)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the host drains; it ends us when it is done
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    log_as_json(secrets=SECRETS, host="child", function=name)
    # Python's own would print a secret in the message of what nobody caught.
    sys.excepthook = lambda kind, error, trace: log.critical("not caught", exc_info=(kind, error, trace))
    threading.excepthook = lambda each: log.error("not caught", exc_info=each.exc_value)
    channel = Channel(socket.socket(fileno=descriptor))
    try:
        _wall_in(order, descriptor)
        found = load(name)
        runner = InProcess(found, found.settings.from_environment(found.name, os.environ))
    except Exception as error:  # noqa: BLE001 - whatever it is, the host must hear it
        channel.send(_failed(error))
        return
    channel.send({"frame": "ready"})
    while True:
        if not channel.has_frame(IDLE):
            give_memory_back()
        if (frame := channel.receive()) is None:
            return
        channel.send(_answer(runner, frame, channel))


def _wall_in(text: str, descriptor: int) -> None:
    if not text:
        return
    from functions.sandbox.enter import Order, put_up  # others start without

    order = Order.from_text(text)
    if order.landlock:
        from functions.sandbox.keeper import keep

        keep(descriptor)
    put_up(order)


def _answer(runner: InProcess, frame: Mapping[str, Any], channel: Channel) -> dict[str, object]:
    task = Task(
        event=ObjectCreated.model_validate(frame["event"]),
        folder=Path(frame["folder"]),
        run=frame["run"],
        attempt=frame["attempt"],
        trace=frame["trace"],
        waited=frame["waited"],
    )
    try:
        usage = runner.run(task, AskingDesk(channel))
    except (Exception, SystemExit) as error:  # noqa: BLE001 - the host decides what becomes of the event
        return _failed(error)
    return {
        "frame": "done",
        "cpu_seconds": usage.cpu_seconds,
        "peak_memory": usage.peak_memory,
        "metrics": dict(usage.metrics),
    }


def _failed(error: BaseException) -> dict[str, object]:
    if isinstance(error, FunctionError):
        reason, hint, retry = error.message, error.hint, error.retry
    else:
        # Not cut before it is scrubbed: half a secret is one too.
        reason, hint, retry = SECRETS.scrubbed(f"{type(error).__name__}: {error}")[:500], "", True
    reason, hint = SECRETS.scrubbed(reason), SECRETS.scrubbed(hint)
    told: dict[str, object] = {"frame": "failed", "reason": reason, "hint": hint, "retry": retry}
    told["delay"] = getattr(error, "delay", None)
    if isinstance(error, InputVanishedError):
        told["gone"] = True
    if isinstance(error, NotYetError):
        told |= {"wait": True, "patience": error.patience}
    return told


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), *sys.argv[4:])
