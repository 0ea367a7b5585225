"""Handlers in processes of their own: a crash, a hang or a leak of one is a retry, and its neighbours run on.

A child has no store keys and no broker: it asks for files over a channel (``asking.py``).
Host to child: ``run``, ``answer``, ``refused``. Child to host: ``ready``, ``ask``, ``done``, ``failed``.
"""

import contextlib
import math
import os
import queue
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import IO, Any

from functions.runtime.asking import answer, refused
from functions.runtime.channel import Channel
from functions.runtime.desk import Desk
from functions.runtime.errors import FunctionError, NotYetError, Rejected, TryAgain
from functions.runtime.kernel import InUse, ending, in_use, oom_kills
from functions.runtime.runner import Task, Usage
from functions.runtime.secrets import Secrets

START_LIMIT = 120.0
"""Seconds for a child to load its models."""
LONGEST_DELAY = 3600.0
LONGEST_PATIENCE = 30 * 86400.0
"""Seconds that a handler may ask to be left alone, and for which an event may wait for others."""
LOOK = 0.1
"""Seconds between looks at the memory of a handler that runs."""


class ChildLostError(TryAgain):
    """The handler's process ended or was stopped before it answered."""


class BrokenChildError(FunctionError):
    """The handler's process cannot start: wrong settings, a missing package, a model that does not load."""

    retry = False


@dataclass(frozen=True)
class Limits:
    """What one run of a handler may take: ``time`` in seconds, ``memory`` in bytes (0: as much as there is)."""

    time: float
    memory: int = 0

    @property
    def too_long(self) -> str:
        """What becomes of a run that takes longer."""
        return f"the handler took longer than {self.time:g} s and was stopped"

    @property
    def too_much(self) -> str:
        """What becomes of a run that takes more memory."""
        return f"the handler took more than its {self.memory / 2**20:,.0f} MiB of memory and was stopped"


@dataclass
class Child:
    """One handler process and the socket to it."""

    process: subprocess.Popen[bytes]
    channel: Channel
    oom_kills: int = field(default_factory=oom_kills)
    most: InUse = field(default_factory=InUse)

    @classmethod
    def start(cls, function: str, environ: Mapping[str, str]) -> "Child":
        """Start a process for ``function`` and wait until its models are loaded.

        What it prints goes to our stderr, without the secrets that it was given.

        Raises:
            BrokenChildError: It says that it cannot.
        """
        ours, theirs = socket.socketpair()
        secrets = Secrets.of_environment(environ)
        with theirs:
            process = subprocess.Popen(
                [sys.executable, "-m", "functions.runtime.child", function, str(theirs.fileno()), str(os.getpid())],
                pass_fds=[theirs.fileno()],
                env=dict(environ),
                stdin=subprocess.DEVNULL,
                start_new_session=True,
                stdout=subprocess.PIPE if secrets.values else None,
                stderr=subprocess.STDOUT if secrets.values else None,
            )
        if process.stdout:
            threading.Thread(target=_copy, args=(process.stdout, secrets), name="said", daemon=True).start()
        child = cls(process, Channel(ours))
        frame = child.receive(time.monotonic() + START_LIMIT, Limits(START_LIMIT))
        if frame["frame"] != "ready":
            child.stop()
            raise BrokenChildError(frame["reason"], hint=frame["hint"])
        return child

    def send(self, frame: Mapping[str, object]) -> None:
        """Send one frame.

        Raises:
            ChildLostError: The process ended.
        """
        try:
            self.channel.send(frame)
        except OSError as error:
            raise ChildLostError(self._end()) from error

    def receive(self, deadline: float, limits: Limits) -> dict[str, Any]:
        """Wait for one frame until ``deadline`` on the monotonic clock, and see that the process keeps its limits.

        Raises:
            ChildLostError: The process ended, or was stopped because it took too long or too much.
        """
        try:
            while self.channel.is_quiet(min(LOOK, max(deadline - time.monotonic(), 0))):
                self._check(deadline, limits)
            frame = self.channel.receive(max(deadline - time.monotonic(), LOOK))
        except TimeoutError as error:  # it began a frame, and never ended it
            self.stop()
            raise ChildLostError(limits.too_long) from error
        if frame is None:
            raise ChildLostError(self._end())
        return frame

    def _check(self, deadline: float, limits: Limits) -> None:
        if time.monotonic() >= deadline:
            self.stop()
            raise ChildLostError(limits.too_long)
        now = in_use(self.process.pid)
        self.most = InUse(max(self.most.memory, now.memory), max(self.most.cpu_seconds, now.cpu_seconds))
        if limits.memory and now.memory > limits.memory:
            self.stop()
            raise ChildLostError(
                limits.too_much, hint="raise the service's memory in its FDL, or upload something smaller"
            )

    def stop(self) -> None:
        """End the process whatever it does."""
        self.kill()
        self.process.wait()
        self.channel.close()

    def kill(self) -> None:
        """End the process and everything that it started; does not wait."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)

    def _end(self) -> str:
        self.channel.close()
        try:
            code = self.process.wait(5)
        except subprocess.TimeoutExpired:
            self.kill()
            code = self.process.wait()
        return f"the handler's process was lost ({ending(code, oom=oom_kills() > self.oom_kills)})"


def _copy(said: IO[bytes], secrets: Secrets) -> None:
    with said:
        for line in said:
            sys.stderr.write(secrets.scrubbed(line.decode(errors="replace")))
            sys.stderr.flush()


class Children:
    """A fixed number of handler processes; each runs one task at a time, and is replaced when it is lost.

    Args:
        function: What ``load`` finds.
        count: How many.
        environ: All that they see of the environment.
        memory: What one may use, in bytes; 0 for no limit.
    """

    def __init__(self, function: str, count: int, environ: Mapping[str, str], *, memory: int = 0) -> None:
        self._function = function
        self._memory = memory
        self._environ = environ
        self._idle: queue.LifoQueue[Child | None] = queue.LifoQueue()
        self._started: list[Child] = []
        self._lock = threading.Lock()
        self._closed = False
        for _ in range(count):
            self._idle.put(None)
        self._idle.put(self._start())  # a wrong setting shows before the first event
        self._idle.queue.remove(None)

    def run(self, task: Task, desk: Desk) -> Usage:
        """Run ``task`` in the next idle process; raises the verdict that the handler gave, or ``ChildLostError``."""
        child = self._idle.get()
        try:
            if self._closed:
                raise NotYetError("the worker stops", delay=0.5)
            if child is None or child.process.poll() is not None:
                child = None
                child = self._start()
            outcome = self._converse(child, task, desk)
        except BaseException:
            self._forget(child)  # in the middle of a conversation: its next answer would be to another question
            child = None
            raise
        finally:
            self._idle.put(child)
        if isinstance(outcome, FunctionError):
            raise outcome
        return outcome

    def stop_taking(self) -> None:
        """Let what runs run on, and give everything that waits for a process back: it was no attempt."""
        self._closed = True

    def close(self) -> None:
        """End every process, busy or idle; who waits for a busy one gets ``ChildLostError``."""
        self._closed = True
        while not self._idle.empty():
            child = self._idle.get()
            if child is not None:
                child.stop()
        for child in self._started:
            if child.process.poll() is None:
                child.kill()
        self._idle.put(None)  # wakes who waits, one after the other

    def _start(self) -> Child:
        child = Child.start(self._function, self._environ)
        with self._lock:
            self._started = [each for each in self._started if each.process.poll() is None] + [child]
        return child

    def _forget(self, child: Child | None) -> None:
        if child is not None and child.process.poll() is None:
            child.stop()

    def _converse(self, child: Child, task: Task, desk: Desk) -> Usage | FunctionError:
        limits = Limits(task.time_limit, self._memory)
        deadline = time.monotonic() + limits.time
        child.most = InUse()
        before = in_use(child.process.pid).cpu_seconds
        task.begin()
        child.send(
            {
                "frame": "run",
                "event": task.event.model_dump(mode="json"),
                "folder": str(task.folder),
                "run": task.run,
                "attempt": task.attempt,
                "trace": task.trace,
                "waited": task.waited,
            }
        )
        ours: FunctionError | None = None
        while True:
            frame = child.receive(deadline, limits)
            if frame["frame"] == "done":
                return ours or _usage(frame, child.most, before)
            if frame["frame"] == "failed":
                return ours or _verdict(frame)
            try:
                child.send(answer(desk, frame))
            except ChildLostError:
                raise
            except FunctionError as error:  # what the handler makes of it does not count
                ours = error
                child.send(refused(error))


def _usage(frame: Mapping[str, Any], most: InUse, before: float) -> Usage:
    """Give what a run used: what the handler's process says, and no less than was seen of it and of what it started."""
    metrics = {str(name): float(value) for name, value in frame["metrics"].items()}
    seconds, memory = float(frame["cpu_seconds"]), float(frame["peak_memory"])
    if not all(map(math.isfinite, (seconds, memory, *metrics.values()))):
        raise ChildLostError("the handler's process told a number that is none")
    return Usage(max(seconds, most.cpu_seconds - before), max(int(memory), most.memory), metrics)


def _verdict(frame: Mapping[str, Any]) -> FunctionError:
    if frame.get("wait"):
        delay, patience = _seconds(frame["delay"]), _seconds(frame["patience"], LONGEST_PATIENCE)
        return NotYetError(frame["reason"], hint=frame["hint"], delay=delay, patience=patience)
    if frame["retry"]:
        return TryAgain(frame["reason"], hint=frame["hint"], delay=_seconds(frame["delay"]))
    return Rejected(frame["reason"], hint=frame["hint"])


def _seconds(told: float | None, most: float = LONGEST_DELAY) -> float | None:
    return min(max(float(told), 0.0), most) if told is not None else None
