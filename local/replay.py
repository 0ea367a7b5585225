"""Replay: recorded events are looked at one by one, and rung for once more where their object is still there."""

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from events import ObjectCreated
from events.recordings import Recording
from fdl import Service
from functions.runtime.errors import FunctionError, Rejected, StoreUnavailableError, TryAgain
from functions.runtime.ledger import Ledger
from functions.runtime.publication import watched
from functions.runtime.runs import FINAL, run_id
from functions.runtime.store import Store
from local.redrive import current


@dataclass(frozen=True)
class Part:
    """The part of what was recorded that is replayed: all by default; ``prefix`` as S3 has it, not only folders."""

    since: datetime | None = None
    until: datetime | None = None
    bucket: str = ""
    prefix: str = ""

    def in_time(self, recording: Recording) -> Recording:
        """Give the recording with those of its events that happened then."""
        events = (
            event
            for event in recording.events
            if (not self.since or event.time >= self.since) and (not self.until or event.time <= self.until)
        )
        return replace(recording, events=tuple(events))

    def holds(self, event: ObjectCreated) -> bool:
        """Tell whether the event's object is in this part."""
        return not self.bucket or (event.bucket == self.bucket and event.key.startswith(self.prefix))


@dataclass(frozen=True)
class Look:
    """One event and what its functions know of it: each one's state, empty where it has no run; or why it is left."""

    event: ObjectCreated
    states: dict[str, str] = field(default_factory=dict)
    left: str = ""


@dataclass(frozen=True)
class Looker:
    """Looks at events before they are rung; safe from any thread.

    Args:
        store: Where the objects are.
        ledger: Where the runs are.
        services: Those that may be fired.
        force: Let runs that have ended begin anew.
    """

    store: Store
    ledger: Ledger
    services: Sequence[Service]
    force: bool = False

    def look(self, event: ObjectCreated) -> Look:
        """See whether the event's object is still there, and how far its runs are."""
        watching = [service for service in self.services if watched(service, event)]
        if not watching:
            return Look(event, left="no function watches it")
        try:
            stat = current(self.store, event.bucket, event.key, event.etag)
        except Rejected as error:
            return Look(event, left=error.message)
        event = event.model_copy(update={"etag": stat.etag, "size": stat.size})
        try:
            return Look(event, {service.name: self._state(service, event) for service in watching})
        except StoreUnavailableError:
            raise
        except FunctionError:
            return Look(event, left="its ledger object is not a run")

    def _state(self, service: Service, event: ObjectCreated) -> str:
        run = self.ledger.find(f"{service.name}/{run_id(service.name, event)}")
        return run.state if run else ""

    def begin_anew(self, look: Look) -> int:
        """Reopen the event's ended runs, and take their dead letters away; gives how many.

        A run that somebody else changes meanwhile is left to them.
        """
        names = [name for name, state in look.states.items() if state in FINAL]
        return sum(self._reopen(f"{name}/{run_id(name, look.event)}") for name in names)

    def _reopen(self, name: str) -> bool:
        try:
            run = self.ledger.find(name)
            if run is None or self.ledger.reopen(name) is None:
                return False
        except StoreUnavailableError:
            raise
        except TryAgain:
            return False
        for letter in run.outputs if run.state == "failed" else ():
            self.store.delete_version(letter.bucket, letter.key, letter.etag)
        return True


class Sieve:
    """Lets each event through once, however often it was recorded; remembers 16 bytes of each."""

    def __init__(self) -> None:
        self._seen: set[bytes] = set()

    def is_new(self, event: ObjectCreated) -> bool:
        """Tell whether the event comes for the first time."""
        name = hashlib.sha256(event.identity.encode()).digest()[:16]
        new = name not in self._seen
        self._seen.add(name)
        return new


@dataclass
class Tally:
    """What became of the recorded events; ``states`` counts the runs that had ended before, by state."""

    documents: int = 0
    unreadable: int = 0
    repeated: int = 0
    found: int = 0
    rung: int = 0
    reopened: int = 0
    states: Counter[str] = field(default_factory=Counter)
    left: Counter[str] = field(default_factory=Counter)

    def read(self, recording: Recording) -> None:
        """Count a document that was read."""
        self.documents += 1
        self.unreadable += len(recording.problems)

    def look(self, look: Look) -> None:
        """Count an event that was looked at."""
        self.found += 1
        self.states.update(state for state in look.states.values() if state in FINAL)
        if look.left:
            self.left[look.left] += 1

    @property
    def document(self) -> dict[str, object]:
        """Give it all, for programs."""
        return {
            "documents": self.documents,
            "unreadable": self.unreadable,
            "repeated": self.repeated,
            "found": self.found,
            "rung": self.rung,
            "reopened": self.reopened,
            "already": dict(self.states),
            "left_out": dict(self.left),
        }
