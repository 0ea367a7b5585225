"""A run's input files, read from the store: the object itself, and what its producer published with it."""

import time
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path, PurePosixPath

from events import ObjectCreated
from functions.runtime.errors import ConflictError, InputVanishedError, MissingError, NotYetError, SupersededError
from functions.runtime.ledger import Ledger
from functions.runtime.lineage import Lineage
from functions.runtime.runs import FINAL, Run
from functions.runtime.store import Stat, Store

PARENT_PATIENCE = 1.0
"""Seconds to wait in place for the producer's commit, which follows its last upload by milliseconds."""

LATEST = timedelta(minutes=1)
"""After a run has ended nothing of it is uploaded any more, but by a worker that was asleep in just that moment."""


@dataclass
class StoredInputs:
    """The inputs of one run, downloaded into ``folder`` once each."""

    store: Store
    ledger: Ledger
    folder: Path
    limit: int
    run: str
    sha256: str = ""
    parent: Run | None = None
    _fetched: dict[str, Path] = field(default_factory=dict)

    def open(self, event: ObjectCreated) -> tuple[Stat, Lineage]:
        """Download the event's object and find out where it came from; waits for its set to be committed.

        Raises:
            InputVanishedError: It was deleted.
            SupersededError: It was overwritten, or is left from a run that never committed it.
            NotYetError: Its set is not committed yet.
        """
        path = self.folder / "input"
        try:
            stat, self.sha256 = self.store.download(event.bucket, event.key, path, etag=event.etag, limit=self.limit)
        except MissingError as error:
            raise InputVanishedError(
                "the object was deleted before it was read", hint="upload it again if it is still wanted"
            ) from error
        except ConflictError as error:
            raise SupersededError("the object was overwritten before it was read") from error
        self._fetched[event.identity] = path
        lineage = Lineage.of(event, stat.metadata)
        if lineage.parent and lineage.parent != self.run:  # an uploader may write any metadata, its own run's name too
            self.parent = self._producer(event, stat, lineage.parent)
        return stat, lineage

    def fetch(self, event: ObjectCreated) -> Path:
        """Give the downloaded file of the event's object."""
        return self._fetched[event.identity]

    def sibling(self, suffix: str) -> Path | None:
        """Download the output with ``suffix`` of the committed set that the input belongs to."""
        outputs = self.parent.outputs if self.parent else ()
        found = next((output for output in outputs if output.key.endswith(suffix)), None)
        if found is None:
            return None
        path = self.folder / f"sibling{len(self._fetched)}"
        try:
            self.store.download(found.bucket, found.key, path, etag=found.etag, limit=self.limit)
        except (MissingError, ConflictError) as error:
            raise SupersededError(f"{found.bucket}/{found.key} is no longer what the input was made with") from error
        self._fetched[f"{found.bucket}/{found.key}@{found.etag}"] = path
        return path

    def _producer(self, event: ObjectCreated, stat: Stat, name: str) -> Run | None:
        """Give the run that committed the object; None when the object only bears its name, and is a first upload.

        A copy that a person made keeps its metadata. What lies among the producer's outputs, or names one that did not
        commit, was left by an attempt that was lost, unless it came later than any attempt can have.
        """
        found = self._ended(name)
        if found is None:
            return None
        run, record = found
        here = [output for output in run.outputs if output.bucket == event.bucket]
        if run.state == "committed" and any((each.key, each.etag) == (event.key, event.etag) for each in here):
            return run
        if stat.modified > record.modified + LATEST:
            return None
        if run.state != "committed":
            raise SupersededError(f"the object is left from the run {name}, which ended as {run.state}")
        if any(PurePosixPath(each.key).parent == PurePosixPath(event.key).parent for each in here):
            raise SupersededError(f"the object is not in the set that {name} committed")
        return None

    def _ended(self, name: str) -> tuple[Run, Stat] | None:
        """Give the run that made the input and its record, once it has ended; None when no ledger here knows it."""
        deadline = time.monotonic() + PARENT_PATIENCE
        pause = 0.005
        while (found := self.ledger.look(name)) is not None and found[0].state not in FINAL:
            if time.monotonic() > deadline or found[0].state != "running":
                raise NotYetError(f"the run {name} has not committed its outputs yet", delay=PARENT_PATIENCE)
            time.sleep(pause)
            pause = min(pause * 2, 0.1)
        return found
