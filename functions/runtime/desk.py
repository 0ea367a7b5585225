"""The desk: what a handler may ask of its host while it runs; the host has the store, the handler has not."""

from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

from pydantic import AwareDatetime, BaseModel, ConfigDict

from events import ObjectCreated
from functions.runtime.runs import Run, StoredObject


class Beside(BaseModel):
    """One object version in the folder of an event's object: ``name`` is the end of its key, ``size`` in bytes.

    ``age``: seconds since it was stored, by the store's clock. ``up``: levels above the event's folder of the folder
    that ``name`` begins in.
    """

    model_config = ConfigDict(frozen=True)

    name: str
    etag: str
    size: int
    modified: AwareDatetime
    age: float
    up: int = 0


class Desk(Protocol):
    """Answers for the store, for another process that has the store, or for a local folder (``Context`` says what)."""

    def fetch(self, event: ObjectCreated) -> Path:
        """Give the local file that holds exactly the object version of ``event``."""

    def sibling(self, suffix: str) -> Path | None:
        """Give the local file of the output with ``suffix`` from the set that the input belongs to, if there is one."""

    def beside(self, up: int = 0) -> tuple[Beside, ...]:
        """List the folder of the event's object, or all below the one so many levels above."""

    def take(self, one: Beside) -> Path:
        """Give the local file of a version of an object in that folder."""

    def lead(self, members: tuple[Beside, ...]) -> bool:
        """Tell whether the event is the one that works on the set."""

    def follow(self, series: str) -> Run | None:
        """Take the next place in a series of runs, and give the one before."""

    def producer(self) -> Run | None:
        """Give the record of the run that made the event's object."""

    def record(self, name: str) -> Run | None:
        """Give any run's record."""

    def read(self, one: StoredObject) -> Path:
        """Give the local file of an object version that a record names."""

    def digest(self, path: Path) -> str:
        """Give the SHA-256 of a file that was given."""

    def progress(self, numbers: Mapping[str, float]) -> None:
        """Show how far the run is."""

    def checkpoint(self, path: Path) -> None:
        """Keep a file for the next attempt."""

    def checkpointed(self) -> Path | None:
        """Give what was kept."""
