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
STALE = 5.0
"""Seconds beyond its time after which a run counts as forgotten."""
FINAL: frozenset[State] = frozenset({"committed", "failed", "superseded"})


class StoredObject(BaseModel):
    """One object version; ``sha256`` is of its content, ``size`` in bytes."""

    model_config = ConfigDict(frozen=True)

    bucket: str
    key: str
    etag: str
    size: int = 0
    sha256: str = ""


WORKER_LOST = "WorkerLost"


class Failure(BaseModel):
    """Why an attempt did not commit.

    ``error`` is its kind, for machines: a class of ``functions.runtime.errors``, or ``WorkerLost``. ``left``: it ended
    without clearing up, so that outputs of it may lie in the store. ``suspect``: its handler may have ended the worker.
    """

    model_config = ConfigDict(frozen=True)

    reason: str
    hint: str = ""
    error: str = ""
    attempt: int = 1
    left: bool = False
    suspect: bool = False
    at: datetime = Field(default_factory=lambda: datetime.now(UTC))


class Run(BaseModel):
    """The state of one run; ``committed``, ``failed`` and ``superseded`` are final. Times are UTC, memory in bytes.

    ``retry_in``: seconds from when a ``retrying`` state was written, by the store's clock, to its next attempt.
    ``planned``: outputs, as ``bucket/key``, that an attempt was about to upload under names that do not begin with the
    input's. ``reopened``: when a person sent the ended run round again; ``before`` is how it had ended: a commit
    record stays in force should the new attempt fail, a dead letter goes should it not.
    """

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
    retry_in: float = 0
    waiting_since: datetime | None = None
    cpu_seconds: float = 0
    peak_memory: int = 0
    metrics: Mapping[str, float] = Field(default_factory=dict)
    trace: str = ""
    hops: int = 0
    parent: str = ""
    planned: tuple[str, ...] = ()
    reopened: tuple[datetime, ...] = ()
    before: "Run | None" = None

    @property
    def is_lost(self) -> bool:
        """Whether its last attempt ended because its worker did; the next one is on its way."""
        return self.state == "retrying" and bool(self.failures) and self.failures[-1].error == WORKER_LOST

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
    """The right to finish a run, as long as nobody has replaced the ledger object it was written in.

    ``uploading`` once outputs of this attempt may lie in the store.
    """

    run: Run
    etag: str
    uploading: bool = False

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
            found, stat = self._read(run.name)
            return Claim(run, stat.etag) if found.holder == run.holder else Held(found, self._lease.total_seconds())

    def _wait(self, found: Run, stat: Stat) -> float:
        """Give the seconds until the run may be taken over; none when it may be now."""
        if found.state == "running":
            # The store's times have whole seconds: what looks a second older than the lease is as old at least.
            return (self._lease + timedelta(seconds=1) - self._store.age(self._bucket, stat)).total_seconds()
        if found.retry_in <= 1:
            return 0
        # A second early rather than late: the broker keeps the time, this keeps repeated events from using up attempts.
        return found.retry_in - 1 - self._store.age(self._bucket, stat).total_seconds()

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
        body, etag = _json(run), claim.etag
        while True:
            try:
                claim.etag = self._store.replace(self._bucket, _key(run.name), body, etag=etag)
            except ConflictError as conflict:
                # A write of our own whose answer was lost looks like a conflict: this one, or an earlier beat.
                found, stat = self._read(run.name)
                if found != run and (found.state, found.holder) != ("running", claim.run.holder):
                    raise LeaseLostError(f"run {run.name} was taken over by another worker") from conflict
                etag = claim.etag = stat.etag
                if found != run:
                    continue
            claim.run = run
            return

    def reopen(self, name: str) -> Run | None:
        """Let an ended run begin anew with the next event of its object; gives its new state, None if it has not ended.

        What a committed run published stays, and stays its result unless the new attempt commits.

        Raises:
            TryAgain: Somebody else changed the run just now.
        """
        found, stat = self._read(name)
        if found.state not in FINAL:
            return None
        update = {
            "state": "retrying",
            "attempt": 0,
            "outputs": (),
            "retry_in": 0.0,
            "finished": None,
            "waiting_since": None,
            "reopened": (*found.reopened, datetime.now(UTC)),
            "before": found.model_copy(update={"before": None}) if found.state != "superseded" else None,
        }
        run = found.model_copy(update=update)
        self._replace(run, stat, "was changed by somebody else")
        return run

    def lose(self, name: str, holder: str, failure: Failure, *, counts: bool = True) -> Run | None:
        """Note that the worker ``holder`` of a running run is gone; None when the run is not its any more.

        The caller must know that the worker has ended. The run may be claimed again at once, as the same attempt once
        more unless this one ``counts``.
        """
        found, stat = self._read(name)
        if found.state != "running" or found.holder != holder:
            return None
        failure = failure.model_copy(update={"attempt": found.attempt})
        attempt = found.attempt if counts else found.attempt - 1
        update = {"state": "retrying", "attempt": attempt, "failures": (*found.failures, failure)}
        run = found.model_copy(update=update)
        self._replace(run, stat, "was taken over by another worker")
        return run

    def _replace(self, run: Run, stat: Stat, otherwise: str) -> None:
        try:
            self._store.replace(self._bucket, _key(run.name), _json(run), etag=stat.etag)
        except ConflictError as conflict:
            raise TryAgain(f"the run {run.name} {otherwise}", delay=1) from conflict

    def is_stale(self, run: Run, stat: Stat) -> bool:
        """Tell whether a run should have gone on long ago: nobody renews its lease, or nobody came for its retry."""
        if run.state in FINAL:
            return False
        due = self._lease.total_seconds() if run.state == "running" else run.retry_in * 1.5
        return self._store.age(self._bucket, stat) > timedelta(seconds=due + STALE)

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
        reason = "the worker fell silent before it finished"
        failures += (Failure(reason=reason, error=WORKER_LOST, attempt=found.attempt, left=True, suspect=True),)
    return run.model_copy(
        update={
            "attempt": found.attempt + 1,
            "failures": failures,
            "queued": found.queued,
            "waiting_since": found.waiting_since,
            "planned": found.planned,
            "reopened": found.reopened,
            "before": found.before,
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
