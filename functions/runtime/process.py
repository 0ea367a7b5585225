"""A handler's process as its host sees it: the socket to it, its limits, and its end.

Host to child: ``run``, ``answer``, ``refused``. Child to host: ``ready``, ``ask``, ``done``, ``failed``.
"""

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import IO, Any

from functions.runtime.channel import Channel
from functions.runtime.errors import FunctionError, NotYetError, TryAgain
from functions.runtime.kernel import InUse, ending, in_use, oom_kills
from functions.runtime.limits import Limits
from functions.runtime.secrets import Secrets
from functions.runtime.start import SAID, Begun, Walls, begin

START_LIMIT = 120.0
"""Seconds for a child to load its models."""
PATIENCE_WITH_HOSTS = 86400.0
"""Seconds for which an event waits for a host that is there long enough."""
PATIENCE_WITH_LISTENERS = 10.0
"""Seconds for a handler's process to take an answer that it asked for."""
PATIENCE_WITH_ENDS = 5.0
"""Seconds for a process to end that says nothing more."""
LONGEST_LINE = 2**20
"""Bytes."""
LAST_WORDS = 300
"""Characters of a line that are told on."""
PATIENCE = 10.0
"""Seconds for what a process that has ended has said to come through; longer only if it has left others behind."""
LOOK = 0.1
"""Seconds between looks at the memory of a handler that runs."""


class ChildLostError(TryAgain):
    """The handler's process ended or was stopped before it answered."""


class BrokenChildError(FunctionError):
    """The handler's process cannot start: wrong settings, a missing package, a model that does not load."""

    retry = False


@dataclass
class Child:
    """One handler process and the socket to it."""

    process: subprocess.Popen[bytes]
    channel: Channel
    walls: Walls | None = None
    oom_kills: int = field(default_factory=oom_kills)
    most: InUse = field(default_factory=InUse)
    first: int = 0
    looked: float = 0

    @property
    def in_use(self) -> InUse:
        """Give what it and all that it has started use now."""
        return in_use(self.first or self.process.pid)

    @classmethod
    def start(cls, function: str, environ: Mapping[str, str], walls: Walls | None = None) -> "Child":
        """Start a process for ``function``, within walls if there are some, and wait until its models are loaded.

        Raises:
            BrokenChildError: It says that it cannot.
        """
        return cls.of(begin(function, environ, walls), walls)

    @classmethod
    def of(cls, begun: Begun, walls: Walls | None = None) -> "Child":
        """Wait until the models of a process that has begun are loaded.

        What it prints goes to our stderr, without the secrets that it was given.

        Raises:
            BrokenChildError: It says that it cannot.
            ChildLostError: It ended before.
            NotYetError: It could not begin, which is not its own fault.
        """
        said = _Said(begun) if begun.process.stdout else None
        child = cls(begun.process, Channel(begun.end), walls)
        try:
            frame = child.receive(time.monotonic() + START_LIMIT, Limits(START_LIMIT))
        except ChildLostError as error:
            last = said.last_words() if said else ""
            why = f"{error.message}: {last}" if last else error.message
            if walls and walls.failure and begun.process.returncode == walls.failure:  # it was no attempt
                raise NotYetError(why, patience=PATIENCE_WITH_HOSTS) from error
            raise ChildLostError(why) from error
        if frame["frame"] != "ready":
            child.stop()
            raise BrokenChildError(str(frame.get("reason")), hint=str(frame.get("hint")))
        if walls:
            child.first = walls.first(begun.process)
        return child

    def send(self, frame: Mapping[str, object]) -> None:
        """Send one frame.

        Raises:
            ChildLostError: The process ended.
        """
        try:
            self.channel.send(frame, PATIENCE_WITH_LISTENERS)
        except OSError as error:
            raise self._lost() from error

    def receive(self, deadline: float, limits: Limits) -> dict[str, Any]:
        """Wait for one frame until ``deadline`` on the monotonic clock, and see that the process keeps its limits.

        Raises:
            ChildLostError: The process ended, or was stopped because it took too long or too much.
            NotYetError: It was stopped with its host, and had too little time for that to say anything.
        """
        while not self.channel.has_frame(min(LOOK, max(deadline - time.monotonic(), 0))):
            self.check(deadline, limits)
        frame = self.channel.receive()
        if frame is None:
            raise self._lost(limits)
        return frame

    def check(self, deadline: float, limits: Limits) -> None:
        """See that the process keeps its limits; looks at memory and processes each ``LOOK`` seconds.

        Raises:
            ChildLostError, NotYetError: As ``receive``.
        """
        time_is = time.monotonic()
        if time_is >= deadline:
            self.stop()
            raise _overdue(limits)
        if time_is < self.looked + LOOK:
            return
        self.looked = time_is
        now = self.in_use
        self.most = InUse(max(self.most.memory, now.memory), max(self.most.cpu_seconds, now.cpu_seconds))
        if limits.memory and now.memory > limits.memory:
            self.stop()
            raise _too_large(limits)
        if limits.processes and now.processes > limits.processes:
            self.stop()
            raise ChildLostError(limits.too_many)

    def stop(self) -> None:
        """End the process whatever it does."""
        self._end()
        self.channel.close()

    def kill(self) -> None:
        """End the process and everything that it started; does not wait."""
        if self.walls:
            self.walls.kill(self.process)
            return
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)

    def _end(self) -> None:
        if self.walls:
            self.walls.end(self.process)
        else:
            self.kill()
            self.process.wait()

    def _lost(self, limits: Limits | None = None) -> ChildLostError:
        self.channel.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(PATIENCE_WITH_ENDS)
        self._end()  # and what it had started and has left
        code = self.walls.code(self.process.returncode) if self.walls else self.process.returncode
        oom = oom_kills() > self.oom_kills
        if oom and limits and limits.memory and self.walls and self.walls.counts_memory and code == -signal.SIGKILL:
            return _too_large(limits)
        return ChildLostError(f"the handler's process was lost ({ending(code, oom=oom)})")


def _too_large(limits: Limits) -> ChildLostError:
    return ChildLostError(limits.too_much, hint="raise the service's memory in its FDL, or upload something smaller")


def _overdue(limits: Limits) -> TryAgain:
    if limits.is_cut:
        return NotYetError(limits.cut_off, patience=PATIENCE_WITH_HOSTS)
    return ChildLostError(limits.too_long)


class _Said(threading.Thread):
    """Passes on to our stderr what a process prints, without the secrets that it was given."""

    def __init__(self, begun: Begun) -> None:
        super().__init__(name=SAID, daemon=True)
        assert begun.process.stdout
        self._said: IO[bytes] = begun.process.stdout
        self._secrets = Secrets.of_environment(begun.environ)
        self._last = ""
        self.start()

    def run(self) -> None:
        with self._said:
            while line := self._said.readline(LONGEST_LINE):
                text = self._secrets.scrubbed(line.decode(errors="replace"))
                sys.stderr.write(text)
                sys.stderr.flush()
                self._last = text.strip() or self._last

    def last_words(self) -> str:
        """Give the last line of a process that has ended."""
        self.join(PATIENCE)
        return self._last[-LAST_WORDS:]
