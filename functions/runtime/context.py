"""What a handler is given: its settings, its input as a file, a private folder for its outputs, a clock and a log."""

import logging
import math
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from random import Random
from typing import Generic, Protocol, TypeVar

from events import ObjectCreated
from functions.runtime.errors import FunctionError, Rejected
from functions.runtime.settings import Settings

NAME_LIMIT = 255
S_co = TypeVar("S_co", bound=Settings, covariant=True)


class Inputs(Protocol):
    """Where a handler's input files come from: the store, another process that has the store, or a local folder."""

    def fetch(self, event: ObjectCreated) -> Path:
        """Give the local file that holds exactly the object version of ``event``."""

    def sibling(self, suffix: str) -> Path | None:
        """Give the local file of the output with ``suffix`` from the set that the input belongs to, if there is one."""


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
        trace: 32 hex digits, the same for everything that comes from one first upload.
        metrics: What ``metric`` collected.
    """

    settings: S_co
    folder: Path
    inputs: Inputs
    attempt: int = 1
    trace: str = ""
    log: logging.Logger | logging.LoggerAdapter[logging.Logger] = field(
        default_factory=lambda: logging.getLogger("noria.function")
    )
    random: Random = field(default_factory=lambda: Random(0))  # noqa: S311 - reproducible on purpose
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    metrics: dict[str, float] = field(default_factory=dict)

    def fetch(self, event: ObjectCreated) -> Path:
        """Give a local, read-only copy of the event's object."""
        return self.inputs.fetch(event)

    def sibling(self, suffix: str) -> Path | None:
        """Give the file with ``suffix`` that the producer of the input published in the same set; None without one."""
        return self.inputs.sibling(suffix)

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
