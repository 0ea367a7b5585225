"""Forgotten events: objects that no ledger knows, and runs that nobody goes on with."""

import logging
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime

from events import ObjectCreated
from fdl import Service, StoragePath
from functions.runtime.errors import FunctionError
from functions.runtime.ledger import Ledger
from functions.runtime.runs import FINAL, Run, run_id
from functions.runtime.store import MissingError, Stat, Store
from local.bell import again

MOST = 5000
"""Ledger objects that one look reads, the newest first; each is read once after it has ended."""
READERS = 8
log = logging.getLogger("noria.reconcile")


@dataclass
class Forgotten:
    """Looks for what one service has missed, again and again; remembers which runs have ended."""

    service: Service
    store: Store
    ledger: Ledger
    _ended: set[int] = field(default_factory=set)

    def look(self, before: datetime | None = None) -> Iterator[tuple[ObjectCreated, str]]:
        """Give each event that nobody will think of, and a name for this way of having been forgotten.

        Args:
            before: The announcement of an object that came later may still be in the queue; None when that is empty.
        """
        runs = self.ledger.runs(self.service.name)
        for run, state in self._stale(runs):
            yield again(run.input), f"{run.name}@{state}"
        for event in self._unknown(runs, before):
            yield event, f"{self.service.name}\0{event.identity}"

    def _stale(self, runs: Sequence[Stat]) -> Iterator[tuple[Run, str]]:
        """Find runs with a lease that nobody renews, and retries that nobody came for."""
        open_ = [stat for stat in runs if _state(stat) not in self._ended][-MOST:]
        with ThreadPoolExecutor(READERS) as pool:
            for stat, run in zip(open_, pool.map(self._read, open_), strict=True):
                if run is not None and run.state in FINAL:
                    self._ended.add(_state(stat))
                elif run is not None and self.ledger.is_stale(run, stat):
                    yield run, stat.etag

    def _read(self, stat: Stat) -> Run | None:
        try:
            return self.ledger.find(stat.key.removesuffix(".json"))
        except FunctionError as error:
            log.warning("not read", extra={"run": stat.key, "reason": error.message})
            return None

    def _unknown(self, runs: Sequence[Stat], before: datetime | None) -> Iterator[ObjectCreated]:
        known = {stat.key.rpartition("/")[2].removesuffix(".json") for stat in runs}
        for path in self.service.inputs:
            for stat in _listed(self.store, path):
                event = _event(path.bucket, stat)
                new = path.holds(event.bucket, event.key) and run_id(self.service.name, event) not in known
                if new and (before is None or stat.modified < before) and _is_there(self.store, event):
                    yield event


def _event(bucket: str, stat: Stat) -> ObjectCreated:
    return ObjectCreated(
        bucket=bucket,
        key=stat.key,
        etag=stat.etag,
        size=stat.size,
        time=stat.modified,
        sequencer=f"{int(stat.modified.timestamp() * 1e9):016X}",
        source="minio:s3",
    )


def _state(stat: Stat) -> int:
    return hash((stat.key, stat.etag))


def _listed(store: Store, path: StoragePath) -> Iterator[Stat]:
    """List a folder as far as it can be listed: one key that the client refuses ends it there."""
    try:
        yield from store.list(path.bucket, path.prefix)
    except FunctionError as error:
        log.warning("not listed to the end", extra={"folder": path.path, "reason": str(error)})


def _is_there(store: Store, event: ObjectCreated) -> bool:
    """Look at the object itself: a listing shows a console's folder ``a/`` as ``a``, and spoils control characters."""
    try:
        return store.stat(event.bucket, event.key).etag == event.etag
    except MissingError:
        return False
