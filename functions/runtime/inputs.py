"""A run's input files, read from the store: the object itself, what lies beside it, and what records name."""

import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from os.path import commonprefix
from pathlib import Path, PurePosixPath

from events import ObjectCreated
from functions.runtime.errors import ConflictError, InputVanishedError, MissingError, NotYetError, SupersededError
from functions.runtime.ledger import Ledger
from functions.runtime.lineage import PARENT, Lineage
from functions.runtime.runs import FINAL, Run, StoredObject
from functions.runtime.store import Stat, Store

PARENT_PATIENCE = 1.0
"""Seconds to wait in place for the producer's commit, which follows its last upload by milliseconds."""

LATEST = timedelta(minutes=1)
"""After a run has ended nothing of it is uploaded any more, but by a worker that was asleep in just that moment."""

LARGE = 16 * 2**20
"""Bytes; a larger object is not downloaded before the handler asks for it: one of a set may never be read."""


@dataclass
class StoredInputs:
    """The inputs of one run, downloaded into ``folder`` once each, and hashed while they are."""

    store: Store
    ledger: Ledger
    folder: Path
    limit: int
    run: str
    parent: Run | None = None
    _key: str = ""
    _files: dict[str, Path] = field(default_factory=dict)
    _read: dict[str, StoredObject] = field(default_factory=dict)
    _digests: dict[Path, str] = field(default_factory=dict)
    _named: set[str] = field(default_factory=set)

    def open(self, event: ObjectCreated) -> tuple[Stat, Lineage]:
        """Download the event's object and find out where it came from; waits for its set to be committed.

        Raises:
            InputVanishedError: It was deleted.
            SupersededError: It was overwritten, or is left from a run that never committed it.
            NotYetError: Its set is not committed yet.
        """
        self._key = event.key
        stat = self._stat(event) if event.size > LARGE else self._input(event)
        self.parent = self._producer(_named(event), stat)
        return stat, Lineage.of(event, stat.metadata)

    def members(self, noted: Iterable[StoredObject]) -> tuple[StoredObject, ...]:
        """Give the members of a set, and every other object version that was read; nothing if that is the input alone.

        ``noted`` is the set as it was named before it was read, without digests.
        """
        named = {_identity(one): one for one in noted}
        return tuple((named | self._read).values()) if named or len(self._read) > 1 else ()

    def of(self, event: ObjectCreated) -> StoredObject | None:
        """Describe the event's object as it was read; None when nobody asked for it."""
        return self._read.get(event.identity)

    def fetch(self, event: ObjectCreated) -> Path:
        """Give the file of the event's object."""
        if event.identity not in self._files:
            self._input(event)
        return self._files[event.identity]

    def sibling(self, suffix: str) -> Path | None:
        """Download the output with ``suffix`` of the committed set that the input belongs to.

        Of several, as there are of a video's frames, the one whose name has most in common with the input's.
        """
        outputs = self.parent.outputs if self.parent else ()
        ending = [output for output in outputs if output.key.endswith(suffix)]
        if not ending:
            return None
        found = max(ending, key=lambda output: len(commonprefix([_name(output.key), _name(self._key)])))  # noqa: RUF071
        try:
            return self.version(found)
        except MissingError as error:
            raise SupersededError(f"{found.bucket}/{found.key} is no longer what the input was made with") from error

    def producer(self) -> Run | None:
        """Give the record of the run that made the input."""
        return self._noted(self.parent)

    def record(self, name: str) -> Run | None:
        """Give any run's record."""
        return self._noted(self.ledger.find(name))

    def read(self, one: StoredObject) -> Path:
        """Download a version that a record given before names.

        Raises:
            MissingError: It is gone, or no record names it.
        """
        if _identity(one) not in self._named:
            raise MissingError(f"no record that was asked for names {one.bucket}/{one.key} in that version")
        return self.version(one)

    def member(self, one: StoredObject) -> Path:
        """Download exactly this version of an object that lies beside the input, once its own set is committed.

        Raises:
            NotYetError: It was deleted or overwritten, so the folder is to be looked at again; or its own set is not
                committed.
        """
        try:
            stat = self.store.stat(one.bucket, one.key)
            if stat.etag != one.etag:
                raise MissingError(f"{one.bucket}/{one.key} is another version now")
            path = self.version(one)
            parent = self._producer(one, stat)
        except MissingError as error:
            raise NotYetError(f"{one.bucket}/{one.key} was deleted or overwritten just now", delay=1) from error
        except SupersededError as error:  # that one is; the input is not
            raise NotYetError(f"{one.bucket}/{one.key}: {error.message}", delay=5) from error
        read = self._read[_identity(one)]
        self._read[_identity(one)] = read.model_copy(update={"parent": parent.name if parent else ""})
        return path

    def version(self, one: StoredObject) -> Path:
        """Download exactly this version.

        Raises:
            MissingError: It was deleted or overwritten.
        """
        if _identity(one) not in self._files:
            try:
                self._download(one, self.folder / f"input{len(self._files)}")
            except (ConflictError, MissingError) as error:
                raise MissingError(f"{one.bucket}/{one.key} was deleted or overwritten") from error
        return self._files[_identity(one)]

    def digest(self, path: Path) -> str:
        """Give the SHA-256 of a downloaded file."""
        return self._digests[path]

    def _stat(self, event: ObjectCreated) -> Stat:
        with _of_the_input():
            stat = self.store.stat(event.bucket, event.key)
            if stat.etag != event.etag:
                raise ConflictError(f"{event.bucket}/{event.key} is another version now")
            return stat

    def _input(self, event: ObjectCreated) -> Stat:
        with _of_the_input():
            return self._download(_named(event), self.folder / "input")

    def _download(self, one: StoredObject, path: Path) -> Stat:
        stat, sha256 = self.store.download(one.bucket, one.key, path, etag=one.etag, limit=self.limit)
        path.chmod(0o400)
        self._files[_identity(one)] = path
        self._digests[path] = sha256
        self._read[_identity(one)] = one.model_copy(update={"size": stat.size, "sha256": sha256})
        return stat

    def _noted(self, run: Run | None) -> Run | None:
        """Note what a record names, so that it may be read."""
        if run is not None:
            self._named |= {_identity(each) for each in (run.input, *run.members, *run.outputs)}
        return run

    def _producer(self, one: StoredObject, stat: Stat) -> Run | None:
        """Give the run that committed the object; None when the object only bears its name, and is a first upload.

        A copy that a person made keeps its metadata. What lies among the producer's outputs, or names one that did not
        commit, was left by an attempt that was lost, unless it came later than any attempt can have.
        """
        name = stat.metadata.get(PARENT, "")
        # An uploader may write any metadata, this run's name too.
        found = self._ended(name) if name and name != self.run else None
        if found is None:
            return None
        run, record = found
        here = [output for output in run.outputs if output.bucket == one.bucket]
        if run.state == "committed" and any((each.key, each.etag) == (one.key, one.etag) for each in here):
            return run
        if stat.modified > record.modified + LATEST:
            return None
        if run.state != "committed":
            raise SupersededError(f"the object is left from the run {name}, which ended as {run.state}")
        if any(PurePosixPath(each.key).parent == PurePosixPath(one.key).parent for each in here):
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


@contextmanager
def _of_the_input() -> Iterator[None]:
    """Say of what the store answers what it means for a run."""
    try:
        yield
    except MissingError as error:
        hint = "upload it again if it is still wanted"
        raise InputVanishedError("the object was deleted before it was read", hint=hint) from error
    except ConflictError as error:
        raise SupersededError("the object was overwritten before it was read") from error


def _named(event: ObjectCreated) -> StoredObject:
    return StoredObject(bucket=event.bucket, key=event.key, etag=event.etag, size=event.size)


def _identity(one: StoredObject) -> str:
    return f"{one.bucket}/{one.key}@{one.etag}"


def _name(key: str) -> str:
    return key.rpartition("/")[2]
