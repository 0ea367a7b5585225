"""The ledger: one object a run, first a lease, at the end the commit record; each step replaces exactly the one before.

A run is one function on one object version. Its ledger object is created once (``If-None-Match: *``) and every later
state is written over the state that its writer has seen (``If-Match``), so a writer that lost its lease is refused.
"""

import hashlib
import re
import threading
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from events import ObjectCreated
from functions.runtime.errors import TryAgain
from functions.runtime.store import ConflictError, MissingError, Stat, Store

State = Literal["running", "retrying", "committed", "failed", "superseded"]
_RUN = re.compile(r"[^/]+/[0-9a-f]{64}\.json")
FINAL: frozenset[State] = frozenset({"committed", "failed", "superseded"})


class StoredObject(BaseModel):
    """One object version; ``sha256`` is of its content, ``size`` in bytes."""

    model_config = ConfigDict(frozen=True)

    bucket: str
    key: str
    etag: str
    size: int = 0
    sha256: str = ""


class Failure(BaseModel):
    """Why an attempt did not commit."""

    model_config = ConfigDict(frozen=True)

    reason: str
    hint: str = ""
    error: str = ""
    attempt: int = 1
    at: datetime = Field(default_factory=lambda: datetime.now(UTC))


class Run(BaseModel):
    """The state of one run; ``committed``, ``failed`` and ``superseded`` are final. Times are UTC, memory in bytes."""

    model_config = ConfigDict(frozen=True)

    state: State
    id: str
    function: str
    version: str = ""
    image: str = ""
    host: str = ""
    holder: str = ""
    attempt: int = 1
    beat: int = 0
    input: StoredObject
    outputs: tuple[StoredObject, ...] = ()
    failures: tuple[Failure, ...] = ()
    queued: datetime | None = None
    started: datetime | None = None
    finished: datetime | None = None
    not_before: datetime | None = None
    waiting_since: datetime | None = None
    cpu_seconds: float = 0
    peak_memory: int = 0
    metrics: Mapping[str, float] = Field(default_factory=dict)
    trace: str = ""
    hops: int = 0
    parent: str = ""

    @property
    def name(self) -> str:
        """How an output's metadata names its run: ``blur-faces/<id>``."""
        return f"{self.function}/{self.id}"


def run_id(function: str, event: ObjectCreated) -> str:
    """Name the run of ``function`` on the event's object version: the same however often it is announced.

    SHA-256 over function, bucket, key and ETag, each ended by a NUL, in 64 hex digits.
    """
    parts = (function, event.bucket, event.key, event.etag)
    return hashlib.sha256("".join(f"{part}\0" for part in parts).encode()).hexdigest()


@dataclass(eq=False)
class Claim:
    """The right to finish a run, as long as nobody has replaced the ledger object it was written in."""

    run: Run
    etag: str

    def __post_init__(self) -> None:
        self.lock = threading.Lock()

    def note(self, **known: object) -> None:
        """Add what has become known of the run; it is written with the run's next state."""
        with self.lock:
            self.run = self.run.model_copy(update=known)


@dataclass(frozen=True)
class Held:
    """A run that is not ours to begin: it has ended, or somebody else has it for ``wait`` more seconds."""

    run: Run
    wait: float = 0


class LeaseLostError(TryAgain):
    """Another worker holds the run now, so this one's result must not count."""


class Ledger:
    """Leases and commit records as objects ``<function>/<id>.json`` in one bucket."""

    def __init__(self, store: Store, bucket: str, *, lease: float) -> None:
        self._store = store
        self._bucket = bucket
        self._lease = timedelta(seconds=lease)

    def claim(self, run: Run, *, again: Callable[[Run], bool] = lambda _: False) -> Claim | Held:
        """Begin a run, or give the state it is in when it is not ours to begin.

        ``again`` is asked whether a run that has ended begins anew all the same, as its first attempt.

        A first claim creates the ledger object. A run that is ``retrying``, or whose lease is older than ``lease``
        seconds by the store's clock, is taken over as its next attempt.
        """
        run = run.model_copy(update={"holder": uuid.uuid4().hex})
        try:
            return Claim(run, self._store.create(self._bucket, _key(run.name), _json(run)))
        except ConflictError:
            return self._take_over(run, again)
        except MissingError as error:
            raise TryAgain(f"the ledger's bucket {self._bucket} does not exist", hint="noria up makes it") from error

    def _take_over(self, run: Run, again: Callable[[Run], bool]) -> Claim | Held:
        found, stat = self._read(run.name)
        if found.holder == run.holder:  # the answer to our own write was lost
            return Claim(run, stat.etag)
        wait = self._wait(found, stat)
        if wait > 0 or (found.state in FINAL and not again(found)):
            return Held(found, wait)
        run = _next(found, run)
        try:
            return Claim(run, self._store.replace(self._bucket, _key(run.name), _json(run), etag=stat.etag))
        except ConflictError:
            return Held(self._read(run.name)[0], self._lease.total_seconds())

    def _wait(self, found: Run, stat: Stat) -> float:
        """Give the seconds until the run may be taken over; none when it may be now."""
        if found.state == "running":
            # The store's times have whole seconds: what looks a second older than the lease is as old at least.
            return (self._lease + timedelta(seconds=1) - self._store.age(self._bucket, stat)).total_seconds()
        return (found.not_before - datetime.now(UTC)).total_seconds() if found.not_before else 0

    def renew(self, claim: Claim) -> None:
        """Keep the lease young.

        Raises:
            LeaseLostError: Another worker holds it.
        """
        with claim.lock:
            if claim.run.state == "running":
                self._advance(claim, claim.run.model_copy(update={"beat": claim.run.beat + 1}))

    def finish(self, claim: Claim, run: Run) -> None:
        """Write the run's next state over the lease: its commit record, its failure, or its wish to be tried again.

        Raises:
            LeaseLostError: Another worker holds it; nothing was written.
        """
        with claim.lock:
            self._advance(claim, run)

    def _advance(self, claim: Claim, run: Run) -> None:
        body = _json(run)
        try:
            claim.etag = self._store.replace(self._bucket, _key(run.name), body, etag=claim.etag)
        except ConflictError as conflict:
            # A write whose answer was lost looks like a conflict with ourselves.
            found, stat = self._read(run.name)
            if found != run:
                raise LeaseLostError(f"run {run.name} was taken over by another worker") from conflict
            claim.etag = stat.etag
        claim.run = run

    def find(self, name: str) -> Run | None:
        """Give the run ``<function>/<id>``, or None."""
        try:
            return _parsed(name, self._store.read(self._bucket, _key(name))[0])
        except MissingError:
            return None

    def runs(self, function: str = "") -> list[Stat]:
        """List the ledger objects of one function or all, newest last."""
        found = (stat for stat in self._store.list(self._bucket, function) if _RUN.fullmatch(stat.key))
        return sorted(found, key=lambda stat: (stat.modified, stat.key))

    def _read(self, name: str) -> tuple[Run, Stat]:
        """Read a run that must be there."""
        try:
            body, stat = self._store.read(self._bucket, _key(name))
        except MissingError as error:
            raise TryAgain(f"the ledger object of {name} was deleted", delay=1) from error
        return _parsed(name, body), stat


def _next(found: Run, run: Run) -> Run:
    """Give the attempt after the one that ``found`` tells of."""
    if found.state in FINAL:
        return run
    failures = found.failures
    if found.state == "running":
        failures += (Failure(reason="the worker was lost before it finished", attempt=found.attempt),)
    return run.model_copy(
        update={
            "attempt": found.attempt + 1,
            "failures": failures,
            "queued": found.queued,
            "waiting_since": found.waiting_since,
        }
    )


def _parsed(name: str, body: bytes) -> Run:
    try:
        return Run.model_validate_json(body)
    except ValidationError as error:
        hint = "delete it or mend it"
        raise TryAgain(f"the ledger object of {name} is not a run", hint=hint, delay=60) from error


def _key(name: str) -> str:
    return f"{name}.json"


def _json(run: Run) -> bytes:
    return run.model_dump_json(exclude_defaults=True).encode()
