"""The desk of a run whose objects are in the store."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from events import ObjectCreated
from functions.runtime.desk import Beside
from functions.runtime.errors import InputVanishedError, MissingError, NotYetError
from functions.runtime.inputs import StoredInputs
from functions.runtime.keeping import Keeping
from functions.runtime.runs import FINAL, Run, StoredObject
from functions.runtime.series import LONGEST, Series
from functions.runtime.sets import Folder


@dataclass(frozen=True)
class StoredDesk:
    """Answers a handler from the store and the ledger; each call raises what becomes of its run."""

    inputs: StoredInputs
    folder: Folder
    series: Series
    keeping: Keeping

    def fetch(self, event: ObjectCreated) -> Path:
        """Give the file of the event's object."""
        return self.inputs.fetch(event)

    def sibling(self, suffix: str) -> Path | None:
        """Give the file of another output of the producer."""
        return self.inputs.sibling(suffix)

    def beside(self, up: int = 0) -> tuple[Beside, ...]:
        """List the folder, unless nobody wants the run any more."""
        self.keeping.check_wanted()
        return self.folder.beside(up)

    def take(self, one: Beside) -> Path:
        """Give the file of one version in the folder."""
        return self.inputs.member(self.folder.stored(one))

    def lead(self, members: tuple[Beside, ...]) -> bool:
        """Tell whether the event works on the set."""
        return self.folder.lead(members)

    def follow(self, series: str) -> Run | None:
        """Take the next place in a series; what the run before it names may be read.

        Raises:
            NotYetError: That has not ended, or somebody is sending it round again: its record names no outputs then.
        """
        before = self.series.follow(series)
        run = self.inputs.record(before) if before else None
        if run is not None and run.state not in FINAL:
            reason = f"{before}, the run of {series} before this, is on its way round again"
            raise NotYetError(reason, delay=1, patience=LONGEST)
        return run

    def producer(self) -> Run | None:
        """Give the record of the run that made the event's object."""
        return self.inputs.producer()

    def record(self, name: str) -> Run | None:
        """Give any run's record."""
        return self.inputs.record(name)

    def read(self, one: StoredObject) -> Path:
        """Give the file of a version that a record names."""
        try:
            return self.inputs.read(one)
        except MissingError as error:
            hint = "put it back as it was, and send the run round again"
            raise InputVanishedError(f"{error.message} since a record named it", hint=hint) from error

    def digest(self, path: Path) -> str:
        """Give the SHA-256 of a file that was given."""
        return self.inputs.digest(path)

    def progress(self, numbers: Mapping[str, float]) -> None:
        """Write how far the run is."""
        self.keeping.progress(numbers)

    def checkpoint(self, path: Path) -> None:
        """Keep a file."""
        self.keeping.checkpoint(path)

    def checkpointed(self) -> Path | None:
        """Give what was kept."""
        return self.keeping.checkpointed()
