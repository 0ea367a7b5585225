"""``python -m tests.faults.worker FDL SERVICE``: the JetStream worker with faults patched in from outside.

An object whose key names a point (``in/kill/all-up-07.txt``) kills the worker with SIGKILL when it gets there for the
first time; with ``every-time`` in its key it does so each time. Told by its environment:

FAULTS_FOLDER: where marks of deaths (``<point>-<hash>``) and the journal of commits (``commits``) lie.
FAULTS_CLOCK: seconds by which the clock of each worker is wrong, by its number: ``600,-600``.
FAULTS_WORKER: the name of this worker, ``worker-faulty-0``.
"""

import functools
import hashlib
import json
import os
import signal
import sys
import threading
import time
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta, tzinfo
from pathlib import Path
from typing import Any, Self, cast

from nats.aio.msg import Msg

from events import ObjectCreated, wire
from functions.runtime.children import Children
from functions.runtime.hosts.jetstream.__main__ import main
from functions.runtime.inputs import StoredInputs
from functions.runtime.ledger import Claim, Ledger
from functions.runtime.lineage import PARENT
from functions.runtime.publication import Publisher
from functions.runtime.runner import Task
from functions.runtime.runs import Run
from functions.runtime.store import Store

POINTS = (
    "before-claim",
    "claimed",
    "fetched",
    "mid-function",
    "outputs-half-up",
    "all-up",
    "committed",
    "before-ack",
)
FOLDER = Path(os.environ.get("FAULTS_FOLDER", "."))


def mark_of(folder: Path, point: str, key: str) -> Path:
    """Name the file that says when the worker died at a point with an object, or with an output of it."""
    name = key.rpartition("/")[2].removesuffix(".copy").removesuffix(".sum")
    return folder / f"{point}-{hashlib.sha256(name.encode()).hexdigest()[:16]}"


def reach(point: str, key: str) -> None:
    """Die here, if the object's key asks for it."""
    if point not in key:
        return
    try:
        mark_of(FOLDER, point, key).open("x").close()
    except FileExistsError:
        if "every-time" not in key:
            return
    os.kill(os.getpid(), signal.SIGKILL)
    time.sleep(60)  # the signal is on its way


def around(owner: type, name: str, wrapper: Callable[..., Any]) -> None:
    """Let ``wrapper(plain, ...)`` stand in for a method; the code under test knows nothing of it."""
    plain = getattr(owner, name)

    @functools.wraps(plain)
    def instead(self: object, *given: Any, **named: Any) -> Any:
        return wrapper(functools.partial(plain, self), *given, **named)

    setattr(owner, name, instead)


def claim(plain: Callable[..., object], run: Run, **named: Any) -> object:
    """Claim a run, with a point before and one after."""
    reach("before-claim", run.input.key)
    claimed = plain(run, **named)
    if isinstance(claimed, Claim):
        reach("claimed", run.input.key)
    return claimed


def fetch(plain: Callable[..., object], event: ObjectCreated) -> object:
    """Read the input, with a point after it."""
    opened = plain(event)
    reach("fetched", event.key)
    return opened


def run(plain: Callable[..., object], task: Task, *given: Any) -> object:
    """Run the handler, with a point once it has written its first file."""
    if "mid-function" in task.event.key:
        threading.Thread(target=_die_midway, args=(task,), daemon=True).start()
    return plain(task, *given)


def _die_midway(task: Task) -> None:
    while task.folder.exists() and not any(task.folder.iterdir()):
        time.sleep(0.005)
    reach("mid-function", task.event.key)


def create(plain: Callable[..., object], bucket: str, key: str, *given: Any, **named: Any) -> object:
    """Create an object, with a point after each that is an output."""
    created = plain(bucket, key, *given, **named)
    if PARENT in (named.get("metadata") or {}):
        reach("outputs-half-up", key)
    return created


def publish(plain: Callable[..., object], folder: Path, event: ObjectCreated, *given: Any, **named: Any) -> object:
    """Publish the outputs, with a point after all of them."""
    published = plain(folder, event, *given, **named)
    reach("all-up", event.key)
    return published


def finish(plain: Callable[..., object], claimed: Claim, last: Run) -> None:
    """Write a run's state, note it in the journal if it is its commit, and then there is a point."""
    plain(claimed, last)
    if last.state == "committed":
        line = json.dumps({"run": last.name, "attempt": last.attempt, "worker": os.environ.get("FAULTS_WORKER")})
        with (FOLDER / "commits").open("a") as journal:
            journal.write(f"{line}\n")
        reach("committed", last.input.key)


async def acknowledge(plain: Callable[..., Awaitable[object]], *given: Any, **named: Any) -> object:
    """Acknowledge a message, with a point before it."""
    message = cast("Msg", cast("functools.partial[object]", plain).args[0])
    for event in wire.read(message.data):
        reach("before-ack", event.key)
    return await plain(*given, **named)


def shift_clock(seconds: float) -> None:
    """Make this process's clock wrong wherever our modules read it; what has begun to wait waits on, as with NTP."""
    plain_time, plain_datetime = time.time, datetime

    class Shifted(datetime):
        """The class ``datetime`` with a wrong ``now``."""

        @classmethod
        def now(cls, tz: tzinfo | None = None) -> Self:
            return cast("Self", plain_datetime.now(tz) + timedelta(seconds=seconds))

    time.time = lambda: plain_time() + seconds
    for name, module in list(sys.modules.items()):
        if name.partition(".")[0] in {"events", "functions"} and getattr(module, "datetime", None) is plain_datetime:
            setattr(module, "datetime", Shifted)  # noqa: B010 - mypy knows that no module has it to be set


def patch() -> None:
    """Put every point in its place."""
    around(Ledger, "claim", claim)
    around(Ledger, "finish", finish)
    around(StoredInputs, "open", fetch)
    around(Children, "run", run)
    around(Store, "create", create)
    around(Publisher, "publish", publish)
    around(Msg, "ack", acknowledge)
    clocks = os.environ.get("FAULTS_CLOCK", "")
    if clocks:
        number = int(os.environ["FAULTS_WORKER"].rpartition("-")[2])
        shift_clock(float(clocks.split(",")[number]))


if __name__ == "__main__":
    patch()
    main()
