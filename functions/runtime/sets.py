"""Sets: objects of one folder that a function works on together, whichever of their events comes last.

Each member's event looks at the folder after its own object was stored, and a store's listing shows what was stored
before: so the event of the member that came last sees the whole set, and no order of events loses it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice

from events import ObjectCreated
from functions.runtime.desk import Beside
from functions.runtime.errors import AccessDeniedError, NotYetError, Rejected
from functions.runtime.ledger import Claim, Ledger
from functions.runtime.runs import Run, StoredObject, run_id
from functions.runtime.store import Store

MOST = 10_000
"""Objects of one folder, and of the folders below it, that are looked at."""


@dataclass(frozen=True)
class Folder:
    """The folder of the event that ``claim`` is for."""

    store: Store
    ledger: Ledger
    event: ObjectCreated
    claim: Claim

    def beside(self) -> tuple[Beside, ...]:
        """List the objects of the folder itself, by name.

        Raises:
            Rejected: It has too many.
        """
        prefix = self._prefix
        try:
            found = list(islice(self.store.list(self.event.bucket, prefix), MOST + 1))
        except AccessDeniedError as error:
            hint = f"let {self.claim.run.function} list its input: NORIA_LISTS in its FDL's environment"
            raise AccessDeniedError(error.message, hint=hint) from error
        if len(found) > MOST:
            raise Rejected(
                f"more than {MOST:,} objects lie below {self.event.bucket}/{prefix}",
                hint="upload each set into a folder of its own",
            )
        named = [(stat.key.removeprefix(prefix), stat) for stat in found]
        here = [
            Beside(name=name, etag=stat.etag, size=stat.size, modified=stat.modified)
            for name, stat in named
            if name and "/" not in name
        ]
        return tuple(sorted(here, key=lambda one: one.name))

    def stored(self, one: Beside) -> StoredObject:
        """Name an object beside as a record does."""
        return StoredObject(bucket=self.event.bucket, key=f"{self._prefix}{one.name}", etag=one.etag, size=one.size)

    def lead(self, members: Sequence[Beside]) -> bool:
        """Tell whether the event is its set's latest member's, and note what it is part of in the run.

        Raises:
            NotYetError: Another member's event works on the same set, because it was the latest then.
        """
        last = max(members, key=lambda one: (one.modified, one.name))
        whole = tuple(map(self.stored, members))
        if (last.name, last.etag) != (self.event.name, self.event.etag):
            self.claim.note(member_of=self._run(self.stored(last)))
            return False
        for one in whole:
            name = self._run(one)
            other = self.ledger.find(name) if name != self.claim.run.name else None
            if other is not None and _is_same(other, whole):
                if other.state != "committed":
                    raise NotYetError(f"{name} works on the same objects", delay=2)
                self.claim.note(member_of=name)
                return False
        self.claim.note(members=whole)
        self.ledger.renew(self.claim)
        return True

    @property
    def _prefix(self) -> str:
        folder, slash, _ = self.event.key.rpartition("/")
        return folder + slash

    def _run(self, one: StoredObject) -> str:
        service = self.claim.run.function
        return f"{service}/{run_id(service, ObjectCreated(bucket=one.bucket, key=one.key, etag=one.etag))}"


def _is_same(other: Run, members: Sequence[StoredObject]) -> bool:
    """Tell whether another run works or has worked on these very versions."""
    if other.state in {"failed", "superseded"}:
        return False
    return {(one.key, one.etag) for one in other.members} >= {(one.key, one.etag) for one in members}
