"""A run's input files, read from the store: the object itself, and what its producer published with it."""

import time
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from events import ObjectCreated
from functions.runtime.errors import InputVanishedError, NotYetError, SupersededError
from functions.runtime.ledger import Ledger
from functions.runtime.lineage import Lineage
from functions.runtime.runs import FINAL, Run
from functions.runtime.store import ConflictError, MissingError, Stat, Store

PARENT_PATIENCE = 1.0
"""Seconds to wait in place for the producer's commit, which follows its last upload by milliseconds."""


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
            self.parent = self._member(event, self._committed(lineage.parent))
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

    def _member(self, event: ObjectCreated, parent: Run | None) -> Run | None:
        """Give the producer if the object is in the set that it committed; None when it only bears its name.

        A copy made by a person keeps its metadata: that is a first upload. What lies among the producer's outputs and
        is not one of them was left by an attempt that was lost.
        """
        if parent is None:
            return None
        here = [output for output in parent.outputs if output.bucket == event.bucket]
        if any((output.key, output.etag) == (event.key, event.etag) for output in here):
            return parent
        if any(PurePosixPath(output.key).parent == PurePosixPath(event.key).parent for output in here):
            raise SupersededError(f"the object is not in the set that {parent.name} committed")
        return None

    def _committed(self, name: str) -> Run | None:
        """Give the run that made the input, once it is committed; None when no ledger here knows it."""
        deadline = time.monotonic() + PARENT_PATIENCE
        pause = 0.005
        while (run := self.ledger.find(name)) is not None and run.state not in FINAL:
            if time.monotonic() > deadline or run.state != "running":
                raise NotYetError(f"the run {name} has not committed its outputs yet", delay=PARENT_PATIENCE)
            time.sleep(pause)
            pause = min(pause * 2, 0.1)
        if run is not None and run.state != "committed":
            raise SupersededError(f"the object is left from the run {name}, which ended as {run.state}")
        return run
