"""Origins: where an object came from, though it or its run may be gone or may have failed."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from fdl import Service
from functions.runtime.errors import FunctionError, MissingError, Rejected
from functions.runtime.ledger import Ledger
from functions.runtime.lineage import PARENT, TRACE
from functions.runtime.publication import FAILURE_SUFFIX, failure_folder
from functions.runtime.runs import Run, StoredObject
from functions.runtime.store import Store
from local.letters import StoredLetter, read_letter
from local.progress import Reader


@dataclass(frozen=True)
class Origin:
    """What is known of one name: its versions (the newest first), and the run, ``<function>/<id>``, that made it.

    ``is_gone`` when nothing lies there now: then it is known from the ledger alone. ``letter`` if it is a dead letter.
    """

    versions: tuple[StoredObject, ...]
    parent: str = ""
    trace: str = ""
    is_gone: bool = False
    letter: StoredLetter | None = None


@dataclass(frozen=True)
class Finder:
    """Finds origins in the store, else in the ledger."""

    store: Store
    ledger: Ledger
    services: Sequence[Service]
    reader: Reader

    def find(self, bucket: str, key: str) -> Origin:
        """Give the origin of an object.

        Raises:
            Rejected: Neither the store nor the ledger knows it.
        """
        try:
            stat = self.store.stat(bucket, key)
        except MissingError:
            return self._remembered(bucket, key)
        one = StoredObject(bucket=bucket, key=key, etag=stat.etag, size=stat.size)
        letter = self._letter(bucket, key)
        if letter:
            return Origin((one,), letter.letter.run, letter.letter.trace, letter=letter)
        return Origin((one,), stat.metadata.get(PARENT, ""), stat.metadata.get(TRACE, ""))

    def _letter(self, bucket: str, key: str) -> StoredLetter | None:
        if not key.endswith(FAILURE_SUFFIX):
            return None
        try:
            return read_letter(self.store, bucket, key)
        except FunctionError:  # an object of somebody's that is only called so
            return None

    def _remembered(self, bucket: str, key: str) -> Origin:
        """Look for an object that is gone among the inputs and the outputs of runs."""
        inputs: list[StoredObject] = []
        makers: list[tuple[Run, StoredObject]] = []
        for run in self._runs(bucket, key):
            if (run.input.bucket, run.input.key) == (bucket, key):
                inputs.append(run.input)
            makers += [(run, each) for each in run.outputs if (each.bucket, each.key) == (bucket, key)]
        if not inputs and not makers:
            looked = f"none of the newest {self.reader.most:,} runs of a function knows it"
            raise Rejected(f"{bucket}/{key} does not exist, and {looked}", hint=f"noria ls {bucket}")
        versions = {one.etag: one for one in (*inputs, *(output for _, output in makers))}
        parent, trace = (makers[0][0].name, makers[0][0].trace) if makers else ("", "")
        return Origin(tuple(versions.values()), parent, trace, is_gone=True)

    def _runs(self, bucket: str, key: str) -> Iterator[Run]:
        """Go through the runs that may have read or written the name, the newest of each function first."""
        for service in self.services:
            failures, prefix = failure_folder(service, self.reader.bucket)
            touched = any(path.holds(bucket, key) for path in (*service.inputs, *service.outputs))
            if touched or (bucket == failures and key.startswith(prefix)):
                for seen in self.reader.newest_first(self.ledger.runs(service.name)):
                    yield seen.run
