"""Attempts: how one delivery of an event went, stage by stage, for whoever counts (``metrics``) or draws (``tracing``).

The stages of a whole one are ``claim``, ``fetch``, ``wait`` (for a free handler process), ``run``, ``publish`` and
``commit``; of a refused one the later ones are missing.
"""

import logging
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, NamedTuple, Protocol

from functions.runtime.endings import Verdict
from functions.runtime.runs import Run

log = logging.getLogger("noria.runtime")
Outcome = Literal["committed", "failed", "superseded", "retrying", "waiting", "kept", "held", "lost", "unsaved"]
"""What became of it: how its run stands now; ``kept`` the earlier results of a run that a person sent round again;
``held`` by another worker, or ended before; ``lost`` to another worker while it ran; ``unsaved`` without an answer of
the ledger."""


class Stage(NamedTuple):
    """One stage, in seconds since the attempt began."""

    name: str
    begin: float
    end: float

    @property
    def seconds(self) -> float:
        """How long it took."""
        return self.end - self.begin


@dataclass
class Attempt:
    """One delivery of an event; ``began`` in seconds since 1970, ``queued`` when the broker took the event."""

    queued: datetime | None = None
    began: float = field(default_factory=time.time)
    outcome: Outcome = "unsaved"
    verdict: Verdict | None = None
    _clock: float = field(default_factory=time.monotonic)
    _entered: list[tuple[str, float]] = field(default_factory=list)

    def enter(self, stage: str) -> None:
        """Begin a stage; the one before ends."""
        self._entered.append((stage, time.monotonic() - self._clock))

    def ended(self, verdict: Verdict, outcome: Outcome) -> Verdict:
        """Note what became of it, and end the last stage; gives the verdict."""
        self.verdict, self.outcome = verdict, outcome
        self.enter("")
        return verdict

    @property
    def stages(self) -> Sequence[Stage]:
        """Give the stages that it came to, in their order; the last is not over while it runs."""
        ends = [begin for _, begin in self._entered[1:]] + [time.monotonic() - self._clock]
        return [Stage(name, begin, end) for (name, begin), end in zip(self._entered, ends, strict=True) if name]

    @property
    def run(self) -> Run | None:
        """The run as it stands after it; None where none was begun."""
        return self.verdict.run if self.verdict else None

    @property
    def ended_at(self) -> float:
        """When it was over, in seconds since 1970; now, if it is not."""
        return self.began + (self._entered[-1][1] if self.verdict else time.monotonic() - self._clock)

    def split(self) -> dict[str, float]:
        """Give what the run's record says of where its time went."""
        took = dict.fromkeys(("fetch", "wait", "publish"), 0.0)
        for name, begin, end in self.stages:
            if name in took:
                took[name] += end - begin
        return {f"{name}_seconds": round(seconds, 6) for name, seconds in took.items()}

    def seconds(self, name: str) -> float:
        """Give how long a stage took; 0 if it did not come to it."""
        return round(sum(stage.seconds for stage in self.stages if stage.name == name), 6)


class Watcher(Protocol):
    """Is told of every attempt; must be quick."""

    def began(self) -> None:
        """Take note that one begins."""

    def saw(self, attempt: Attempt) -> None:
        """Take note of one whose verdict is known, before its host answers."""

    def flush(self, seconds: float) -> None:
        """Hand on what is known, in so many seconds: the worker may be frozen, for nobody knows how long."""

    def close(self) -> None:
        """Hand on what is known, in a few seconds: the worker ends."""


@dataclass(frozen=True)
class Watchers:
    """All who watch one engine; what one of them does wrong is logged, and changes nothing for the event."""

    all: Sequence[Watcher] = ()

    @contextmanager
    def watching(self, queued: datetime | None) -> Iterator[Attempt]:
        """Give a new attempt, and tell of it when it is over."""
        attempt = Attempt(queued)
        self._tell(lambda watcher: watcher.began())
        try:
            yield attempt
        finally:
            self._tell(lambda watcher: watcher.saw(attempt))

    def flush(self, seconds: float) -> None:
        """Tell that the worker may be frozen, after so many seconds at most."""
        self._tell(lambda watcher: watcher.flush(seconds))

    def close(self) -> None:
        """Tell that the worker ends."""
        self._tell(lambda watcher: watcher.close())

    def _tell(self, what: Callable[[Watcher], None]) -> None:
        for watcher in self.all:
            try:
                what(watcher)
            except Exception:
                log.exception("not counted")


def outcome_of(verdict: Verdict) -> Outcome:
    """Give the outcome that a verdict stands for, of an event that nobody else held."""
    run = verdict.run
    if verdict.kind == "dead":
        return "failed"
    if run is None or (run.state == "running" and verdict.kind != "done"):
        return "unsaved"
    if run.state == "running":
        return "kept"
    if run.state == "retrying":
        return "waiting" if verdict.kind == "wait" else "retrying"
    return run.state
