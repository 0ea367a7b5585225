"""Sets: objects of one folder that a function works on together, whichever of their events comes last.

Each member's event looks at the folder after its own object was stored, and a store's listing shows what was stored
before: so the event of the member that came last sees the whole set, and no order of events loses it. Of those that see
it, the run of the first to create ``<function>/<digest of the set>.set`` in the ledger works on it. The others wait for
how that run ends, and end with it; should it end without having worked on the set, one of them takes its place.
"""

import hashlib
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice

from events import ObjectCreated
from functions.runtime.desk import Beside
from functions.runtime.errors import AccessDeniedError, ConflictError, MissingError, NotYetError, Rejected
from functions.runtime.ledger import Claim, Ledger
from functions.runtime.runs import FINAL, Run, StoredObject
from functions.runtime.store import Store

MOST = 10_000
"""Objects of one folder, and of the folders below it, that are looked at."""
LONGEST = 30 * 86400.0
"""Seconds that a set's other events wait for the one that works on it."""


@dataclass(frozen=True)
class Folder:
    """The folder of the event that ``claim`` is for; claims of sets are kept in the ledger's ``bucket``.

    ``top``: the folder that the function watches, above which nothing is listed.
    """

    store: Store
    ledger: Ledger
    bucket: str
    event: ObjectCreated
    claim: Claim
    top: str = ""

    def beside(self, up: int = 0) -> tuple[Beside, ...]:
        """List the objects of the folder itself, or all below the one ``up`` levels above, by name.

        Raises:
            Rejected: It has too many, or is not watched.
        """
        prefix = self._prefix(up)
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
            Beside(
                name=name,
                etag=stat.etag,
                size=stat.size,
                modified=stat.modified,
                age=self.store.age(self.bucket, stat).total_seconds(),  # where the function may write
                up=up,
            )
            for name, stat in named
            if name and (up or "/" not in name)
        ]
        return tuple(sorted(here, key=lambda one: one.name))

    def stored(self, one: Beside) -> StoredObject:
        """Name an object beside as a record does."""
        key = f"{self._prefix(one.up)}{one.name}"
        return StoredObject(bucket=self.event.bucket, key=key, etag=one.etag, size=one.size)

    def lead(self, members: Sequence[Beside]) -> bool:
        """Tell whether the event is the one that works on the set, and note what it is part of in the run.

        Raises:
            NotYetError: Another member's event is at it; or the event's object is not of the set any more.
        """
        whole = tuple(sorted(map(self.stored, members), key=lambda one: one.key))
        if (self.event.key, self.event.etag) not in _versions(whole):
            raise NotYetError("the object was replaced while its set was looked at", delay=1)
        name = self._worker(whole)
        if name == self.claim.run.name:
            self.claim.note(members=whole)
            self.ledger.renew(self.claim)
            return True
        self.claim.note(member_of=name)
        return False

    def _worker(self, whole: Sequence[StoredObject]) -> str:
        """Give the run that works or has worked on a set: this one, if no other does."""
        ours, key = self.claim.run.name, f"{self.claim.run.function}/{_digest(whole)}.set"
        with suppress(ConflictError):
            self.store.create(self.bucket, key, ours.encode())
            return ours
        try:
            body, stat = self.store.read(self.bucket, key)
            name = body.decode()
            run = self.ledger.find(name) if name != ours else None
            if name == ours or (run is not None and _has_worked(run, whole)):
                return name
            if run is not None and run.state not in FINAL:
                delay = min(max(2.0, self.claim.run.waited / 4), 300.0)
                raise NotYetError(f"{name} works on the same objects", delay=delay, patience=LONGEST)
            self.store.replace(self.bucket, key, ours.encode(), etag=stat.etag)
        except (ConflictError, MissingError) as error:
            raise NotYetError("another event of the same set came at the same time", delay=0.5) from error
        return ours

    def _prefix(self, up: int) -> str:
        folders = self.event.key.split("/")[:-1]
        chosen = folders[: len(folders) - up]
        if not 0 <= up <= len(folders) - len(self.top.split("/") if self.top else ()):
            raise Rejected(f"{self.event.bucket}/{'/'.join(chosen)} lies above the folder that is watched")
        return "".join(f"{each}/" for each in chosen)


def _has_worked(run: Run, whole: Sequence[StoredObject]) -> bool:
    """Tell whether a run has brought just this set to its end, with results or a dead letter."""
    return run.state in {"committed", "failed"} and not run.member_of and _versions(run.members) >= _versions(whole)


def _versions(members: Sequence[StoredObject]) -> set[tuple[str, str]]:
    return {(one.key, one.etag) for one in members}


def _digest(whole: Sequence[StoredObject]) -> str:
    """Name a set: SHA-256 over bucket, key and ETag of each member in the order of keys, each ended by a NUL."""
    text = "".join(f"{one.bucket}\0{one.key}\0{one.etag}\0" for one in whole)
    return hashlib.sha256(text.encode()).hexdigest()
