"""Forgotten events: objects that no ledger knows, and runs that nobody goes on with."""

import heapq
import logging
import time
from array import array
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from math import inf

from events import ObjectCreated
from fdl import Service, StoragePath
from functions.runtime.errors import FunctionError, MissingError, Rejected
from functions.runtime.ledger import Ledger
from functions.runtime.runs import FINAL, Run, run_id
from functions.runtime.store import Stat, Store
from local.bell import again

MOST = 5000
"""Ledger objects that one look reads, the oldest and the newest; each is read once after it has ended."""
READERS = 8
log = logging.getLogger("noria.reconcile")


@dataclass(frozen=True)
class Look:
    """What a look saw of a service's ledger: objects, unfinished runs, and the oldest lease's age in seconds.

    ``at``: when, on this machine's monotonic clock. Unfinished ones are counted among the ``MOST`` that are read.
    """

    at: float
    objects: int
    running: int
    retrying: int
    oldest_lease: float


@dataclass(frozen=True)
class Unfinished:
    """A run that has not ended; ``is_stale`` if nobody goes on with it: its lease is old, or its retry overdue."""

    run: Run
    stat: Stat
    is_stale: bool


class Marks:
    """Numbers of 64 bits in eight bytes each, where a set takes a hundred."""

    def __init__(self) -> None:
        self._sorted = array("q")

    def add(self, more: Iterable[int]) -> None:
        """Add many at once."""
        if new := sorted(more):
            self._sorted = array("q", heapq.merge(self._sorted, new))

    def __contains__(self, mark: int) -> bool:
        place = bisect_left(self._sorted, mark)
        return place < len(self._sorted) and self._sorted[place] == mark


@dataclass
class Forgotten:
    """Looks for what one service has missed, again and again; remembers which runs have ended."""

    service: Service
    store: Store
    ledger: Ledger
    last: Look | None = None
    _ended: Marks = field(default_factory=Marks)
    _rung: set[int] = field(default_factory=set)

    def look(self, before: datetime | None = None) -> Iterator[tuple[ObjectCreated, str]]:
        """Give each event that nobody will think of, and a name for this way of having been forgotten.

        Args:
            before: The announcement of an object that came later may still be in the queue; None when that is empty.
        """
        known, open_ = self._runs()
        seen = self._read_all(open_)
        self.last = self._summed(len(known), seen)
        for each in seen:
            if each.is_stale:
                yield again(each.run.input), f"{each.run.name}@{each.stat.etag}"
        for event in self._unknown(known, before):
            yield event, self._why(event)

    def rang(self, why: str) -> None:
        """Note that somebody was rung for: an object that came back is not found a second time."""
        self._rung.add(hash(why))

    def _runs(self) -> tuple[dict[int, float], list[Stat]]:
        """List the ledger: by the hash of its id when each run ended, and those that may not have, the newest last.

        A run that has not is ``inf``. A million of them are a hundred bytes each here; as they come, a thousand.
        """
        known: dict[int, float] = {}
        open_: list[Stat] = []
        for stat in self.ledger.objects(self.service.name):
            ended = _state(stat) in self._ended
            known[hash(stat.key.rpartition("/")[2].removesuffix(".json"))] = stat.modified.timestamp() if ended else inf
            open_ += [] if ended else [stat]
        open_.sort(key=lambda stat: stat.modified)
        return known, open_ if len(open_) <= MOST else open_[: MOST // 2] + open_[-MOST // 2 :]

    def _read_all(self, open_: Sequence[Stat]) -> list[Unfinished]:
        """Read runs, note which of them have ended, and give the others: some have a lease that nobody renews."""
        ended: list[int] = []
        unfinished: list[Unfinished] = []
        with ThreadPoolExecutor(READERS) as pool:
            for stat, run in zip(open_, pool.map(self._read, open_), strict=True):
                if run is not None and run.state in FINAL:
                    ended.append(_state(stat))
                elif run is not None:
                    unfinished.append(Unfinished(run, stat, self.ledger.is_stale(run, stat)))
        self._ended.add(ended)
        return unfinished

    def _summed(self, objects: int, unfinished: Sequence[Unfinished]) -> Look:
        leases = [self.ledger.age(each.stat) for each in unfinished if each.run.state == "running"]
        retrying = len(unfinished) - len(leases)
        return Look(time.monotonic(), objects, len(leases), retrying, max([0.0, *leases]))

    def _read(self, stat: Stat) -> Run | None:
        try:
            return self.ledger.find(stat.key.removesuffix(".json"))
        except FunctionError as error:
            log.warning("not read", extra={"run": stat.key, "reason": error.message})
            return None

    def _unknown(self, known: Mapping[int, float], before: datetime | None) -> Iterator[ObjectCreated]:
        """Find objects without a run, and those that came after theirs had ended: the engine knows what that means."""
        for path in self.service.inputs:
            for stat in _listed(self.store, path):
                event = _event(path.bucket, stat)
                ended = known.get(hash(run_id(self.service.name, event)))
                if ended is not None and stat.modified.timestamp() <= ended:
                    continue
                if ended is not None and hash(self._why(event)) in self._rung:
                    continue
                ours = path.holds(event.bucket, event.key) and (before is None or stat.modified < before)
                if ours and _is_there(self.store, event):
                    yield event

    def _why(self, event: ObjectCreated) -> str:
        return f"{self.service.name}\0{event.identity}\0{event.time}"


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
    """List a folder as far as it can be listed."""
    try:
        yield from store.list(path.bucket, path.prefix)
    except FunctionError as error:
        log.warning("not listed to the end", extra={"folder": path.path, "reason": str(error)})


def _is_there(store: Store, event: ObjectCreated) -> bool:
    """Look at the object itself: a listing shows a console's folder ``a/`` as ``a``, and spoils control characters."""
    if event.key.endswith("/"):
        return False
    try:
        return store.stat(event.bucket, event.key).etag == event.etag
    except MissingError:
        return False
    except Rejected:  # nobody can read it; that is for its function's dead letter to say
        return True
