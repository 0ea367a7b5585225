"""What a handler is given: its settings, its input as a file, a private folder for its outputs, a clock and a log."""

import logging
import math
import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from random import Random
from typing import Generic, TypeVar

from events import ObjectCreated
from functions.runtime.desk import Beside, Desk
from functions.runtime.errors import FunctionError, Rejected
from functions.runtime.runs import Run, StoredObject
from functions.runtime.settings import Settings

NAME_LIMIT = 255
S_co = TypeVar("S_co", bound=Settings, covariant=True)


class OutputNameError(FunctionError):
    """A handler named an output outside its own folder, or two with one name: a mistake in the handler."""

    retry = False


@dataclass(frozen=True)
class Context(Generic[S_co]):
    """One run of one function on one event.

    Attributes:
        settings: The function's own settings.
        folder: The private output folder; published whole, or not at all, after the handler returns.
        attempt: 1 for the first run of this event.
        waited: Seconds since the handler first said ``NotYetError`` to this event; 0 if it never has, ``inf`` where
            it is of no use to wait, because a person runs the function by hand.
        trace: 32 hex digits, the same for everything that comes from one first upload.
        metrics: What ``metric`` collected.
    """

    settings: S_co
    folder: Path
    desk: Desk
    attempt: int = 1
    waited: float = 0
    trace: str = ""
    log: logging.Logger | logging.LoggerAdapter[logging.Logger] = field(
        default_factory=lambda: logging.getLogger("noria.function")
    )
    random: Random = field(default_factory=lambda: Random(0))  # noqa: S311 - reproducible on purpose
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    metrics: dict[str, float] = field(default_factory=dict)

    def fetch(self, event: ObjectCreated) -> Path:
        """Give a local, read-only copy of the event's object."""
        return self.desk.fetch(event)

    def sibling(self, suffix: str) -> Path | None:
        """Give the file with ``suffix`` that the producer of the input published in the same set; None without one."""
        return self.desk.sibling(suffix)

    def beside(self, *, up: int = 0) -> tuple[Beside, ...]:
        """List what lies in the folder of the event's object, by name: not what lies in folders below it.

        With ``up``, all that lies in and below the folder so many levels above: names are paths from there.
        """
        return self.desk.beside(up)

    def take(self, one: Beside) -> Path:
        """Give a local, read-only copy of this version of an object beside; the run's record names it."""
        return self.desk.take(one)

    def lead(self, members: Iterable[Beside]) -> bool:
        """Tell whether this event is the one of a set's events that works on it: the latest member's is.

        Every event of a complete set calls this. Where it is False the handler returns without outputs, and its run's
        record names the run that the set's results come from.

        Raises:
            NotYetError: Another member's event works on the same set just now.
        """
        return self.desk.lead(tuple(members))

    def follow(self, series: str) -> Run | None:
        """Take the next place in a series of this function's runs, each of which goes on from the one before.

        Gives the record of the latest run in it that committed outputs; None to the first. What those before wrote,
        this one may replace. A run that a person sends round again keeps the place it had. Call it last: until this run
        has ended, no other takes the place after it.

        Raises:
            NotYetError: The run before has not ended.
        """
        return self.desk.follow(series)

    def producer(self) -> Run | None:
        """Give the commit record of the run that made the event's object; None for a first upload."""
        return self.desk.producer()

    def record(self, name: str) -> Run | None:
        """Give the record of any run by its name, ``<function>/<id>``; None when there is none."""
        return self.desk.record(name)

    def read(self, one: StoredObject) -> Path:
        """Give a local copy of exactly this version of an object that a record given here names.

        Raises:
            InputVanishedError: It is not there any more, or is another version now.
        """
        return self.desk.read(one)

    def digest(self, path: Path) -> str:
        """Give the SHA-256, in hex, of a file that was given here: taken while it was read from the store."""
        return self.desk.digest(path)

    def progress(self, /, **numbers: float) -> None:
        """Show how far the run is; call it as often as you like.

        Raises:
            CancelledError: A person does not want the run any more.
        """
        self.desk.progress({name: float(value) for name, value in numbers.items() if math.isfinite(value)})

    def checkpoint(self, path: Path) -> None:
        """Keep a file for the next attempt, should this one be lost; it replaces the one kept before."""
        self.desk.checkpoint(path)

    def checkpointed(self) -> Path | None:
        """Give what an earlier attempt of this run kept; None when there is nothing."""
        return self.desk.checkpointed()

    def output(self, name: str) -> Path:
        """Give the path to write output ``name`` to, a relative POSIX path below the private folder.

        Raises:
            OutputNameError: The name is empty, absolute, or has a ``..`` in it.
            Rejected: A part of it is longer than a file's name may be, 255 bytes; most of it is the input's.
        """
        parts = PurePosixPath(name).parts
        if any(len(os.fsencode(part)) > NAME_LIMIT for part in parts):
            raise Rejected(
                "the object's name is too long to name results after it", hint="upload it under a shorter name"
            )
        if not parts or name.startswith("/") or ".." in parts or "\0" in name:
            raise OutputNameError(f"{name!r} is no name for an output", hint="give a relative name without '..'")
        path = self.folder.joinpath(*parts)
        path.parent.mkdir(parents=True, exist_ok=True)
        return path

    def metric(self, name: str, value: float) -> None:
        """Record a custom metric of this run; it lands in the commit record.

        Raises:
            ValueError: It is not finite, which JSON cannot hold.
        """
        if not math.isfinite(value):
            raise ValueError(f"the metric {name} is {value}")
        self.metrics[name] = float(value)
