"""Handlers in processes of their own: a crash, a hang or a leak of one is a retry, and its neighbours run on.

A child has no store keys and no broker: it asks for files over a channel (``asking.py``).
"""

import math
import queue
import threading
import time
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from functions.runtime.asking import answer, refused
from functions.runtime.desk import Desk
from functions.runtime.errors import FunctionError, NotYetError
from functions.runtime.kernel import InUse
from functions.runtime.limits import Limits
from functions.runtime.process import Child, ChildLostError
from functions.runtime.runner import Task, Usage
from functions.runtime.start import Begun, Walls, begin
from functions.runtime.verdicts import verdict_of


class Children:
    """A fixed number of handler processes; each runs one task at a time, and is replaced when it is lost.

    Args:
        function: What ``load`` finds.
        count: How many.
        environ: All that they see of the environment.
        memory: What one may use, in bytes; 0 for no limit.
        walls: What walls them in, if anything does.
        begun: A process that has begun already; it is ended if it is for another function or environment.
    """

    def __init__(
        self,
        function: str,
        count: int,
        environ: Mapping[str, str],
        *,
        memory: int = 0,
        walls: Walls | None = None,
        begun: Begun | None = None,
    ) -> None:
        self._function = function
        self._walls = walls
        self._memory = memory
        self._environ = environ
        self._idle: queue.LifoQueue[Child | None] = queue.LifoQueue()
        self._started: list[Child] = []
        self._lock = threading.Lock()
        self._closed = False
        for _ in range(count):
            self._idle.put(None)
        self._idle.put(self._start(begun))  # a wrong setting shows before the first event
        self._idle.queue.remove(None)

    def run(self, task: Task, desk: Desk) -> Usage:
        """Run ``task`` in the next idle process; raises the verdict that the handler gave, or ``ChildLostError``."""
        child = self._idle.get()
        try:
            if self._closed:
                raise NotYetError("the worker stops", delay=0.5)
            if child is None or child.process.poll() is not None:
                self._forget(child)
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

    def _start(self, begun: Begun | None = None) -> Child:
        if begun and not begun.is_for(self._function, self._environ, self._walls):
            begun.stop()
            begun = None
        child = Child.of(begun or begin(self._function, self._environ, self._walls), self._walls)
        with self._lock:
            self._started = [each for each in self._started if each.process.poll() is None] + [child]
        return child

    def _forget(self, child: Child | None) -> None:
        if child is not None and child.process.poll() is None:
            child.stop()
        elif child is not None:
            child.channel.close()

    def _converse(self, child: Child, task: Task, desk: Desk) -> Usage | FunctionError:
        processes = self._walls.processes if self._walls else 0
        limits = Limits.within(task.term, task.time_limit, memory=self._memory, processes=processes)
        began = time.monotonic()
        deadline = began + limits.time
        child.most, child.looked = InUse(), began
        before = child.in_use.cpu_seconds
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
            try:
                if frame["frame"] == "done":
                    return ours or replace(_usage(frame, child.most, before), seconds=time.monotonic() - began)
                if frame["frame"] == "failed":
                    return ours or verdict_of(frame)
            except (KeyError, TypeError, ValueError, AttributeError) as error:
                raise ChildLostError("the handler's process told nonsense") from error
            child.check(deadline, limits)  # or it could ask for ever
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
