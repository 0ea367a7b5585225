"""The ledger: one object a run, first a lease, at the end the commit record; each step replaces exactly the one before.

A run is one function on one object version. Its ledger object is created once (``If-None-Match: *``) and every later
state is written over the state that its writer has seen (``If-Match``), so a writer that lost its lease is refused.
"""

import re
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from pydantic import ValidationError

from functions.runtime.errors import ConflictError, MissingError, TryAgain
from functions.runtime.runs import FINAL, WORKER_LOST, Failure, Run
from functions.runtime.store import Stat, Store

_RUN = re.compile(r"[^/]+/[0-9a-f]{64}\.json")
STALE = 5.0
"""Seconds beyond its time after which a run counts as forgotten."""


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
        self.written = time.monotonic()

    @property
    def age(self) -> float:
        """Seconds since the lease was last written."""
        return time.monotonic() - self.written

    def is_old(self, seconds: float) -> bool:
        """Tell whether the lease was last written longer ago than this."""
        return self.age > seconds

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


class MissingRunError(TryAgain):
    """There is no such run."""


class Ledger:
    """Leases and commit records as objects ``<function>/<id>.json`` in one bucket."""

    def __init__(self, store: Store, bucket: str, *, lease: float) -> None:
        self._store = store
        self._bucket = bucket
        self._lease = timedelta(seconds=lease)

    @property
    def patience(self) -> float:
        """Seconds that a lease lasts."""
        return self._lease.total_seconds()

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
        run = _next(found, run, self._store.age(self._bucket, stat).total_seconds())
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
            claim.run, claim.written = run, time.monotonic()
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
            "waited": 0.0,
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
        failure = failure.model_copy(update={"attempt": found.attempt, "holder": holder})
        attempt = found.attempt if counts and not found.advanced else found.attempt - 1
        failures = (*found.failures, failure)
        update = {"state": "retrying", "attempt": attempt, "advanced": False, "failures": failures}
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

    def age(self, stat: Stat) -> float:
        """Tell how many seconds ago a ledger object was written, by the store's clock."""
        return self._store.age(self._bucket, stat).total_seconds()

    def find(self, name: str) -> Run | None:
        """Give the run ``<function>/<id>``, or None."""
        try:
            return _parsed(name, self._store.read(self._bucket, _key(name))[0])
        except MissingError:
            return None

    def look(self, name: str) -> tuple[Run, Stat] | None:
        """Give the run ``<function>/<id>`` and its ledger object, or None."""
        try:
            return self._read(name)
        except MissingRunError:
            return None

    def objects(self, function: str = "") -> Iterator[Stat]:
        """Go through the ledger objects of one function or all."""
        return (stat for stat in self._store.list(self._bucket, function) if _RUN.fullmatch(stat.key))

    def runs(self, function: str = "") -> list[Stat]:
        """List the ledger objects of one function or all, newest last."""
        return sorted(self.objects(function), key=lambda stat: (stat.modified, stat.key))

    def _read(self, name: str) -> tuple[Run, Stat]:
        """Read a run that must be there."""
        try:
            body, stat = self._store.read(self._bucket, _key(name))
        except MissingError as error:
            raise MissingRunError(f"the ledger object of {name} was deleted", delay=1) from error
        return _parsed(name, body), stat


def _next(found: Run, run: Run, age: float) -> Run:
    """Give the attempt after the one that ``found`` told of, ``age`` seconds ago."""
    if found.state in FINAL:
        return run
    failures = found.failures
    if found.state == "running":
        reason = "the worker fell silent before it finished"
        failures += (
            Failure(
                reason=reason, error=WORKER_LOST, attempt=found.attempt, left=True, suspect=True, holder=found.holder
            ),
        )
    return run.model_copy(
        update={
            "attempt": found.attempt + (0 if found.state == "running" and found.advanced else 1),
            "failures": failures,
            "queued": found.queued,
            "waiting_since": found.waiting_since,
            "waited": found.waited + max(age, 0.0) if found.waiting_since else 0.0,
            "planned": found.planned,
            "kept": found.kept,
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
