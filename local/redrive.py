"""Redrive: the event of a dead letter is sent round again once its cause is gone.

Each step can be cut off by a crash: first the run is reopened in the ledger, then the letter goes, then the bell rings.
A reopened run that nobody rang for is found by reconcile, and a letter left beside one goes with the next attempt.
"""

import asyncio
import uuid
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass

from nats.js import JetStreamContext

from events import ObjectCreated
from fdl import Service
from functions.runtime.dead_letters import DeadLetter
from functions.runtime.errors import FunctionError, MissingError, Rejected, StoreUnavailableError
from functions.runtime.ledger import Ledger
from functions.runtime.publication import watched
from functions.runtime.runs import Run, StoredObject, run_id
from functions.runtime.store import Stat, Store
from local.bell import ring
from local.letters import StoredLetter
from local.pace import Pace

Outcome = tuple[StoredLetter, str]
"""A letter, and why it was left; empty when it was not."""


@dataclass(frozen=True)
class Redrive:
    """Sends the events of dead letters round again."""

    store: Store
    ledger: Ledger
    services: Sequence[Service]

    def event_of(self, letter: DeadLetter) -> ObjectCreated:
        """Give the announcement of a letter's object, as its store would make it now.

        Raises:
            Rejected: The event cannot be sent again; says why.
        """
        if letter.input is None:
            raise Rejected("it tells of a message that was no event")
        event = announced(self.store, letter.input)
        service = next((each for each in self.services if each.name == letter.function), None)
        if service is None:
            raise Rejected(f"no function {letter.function} is served here")
        if letter.run != f"{service.name}/{run_id(service.name, event)}":
            raise Rejected("it is not the letter of its object: somebody has changed it")
        if watched(service, event) is None:
            raise Rejected(f"{event.bucket}/{event.key} lies below no input of {service.name}")
        run = self.ledger.find(letter.run)
        if run is not None and run.state in {"running", "retrying"} and not _is_from_before(letter, run):
            raise Rejected("its run has not ended yet")
        return event

    def release(self, letter: StoredLetter) -> None:
        """Let the letter's run begin anew with its next event, and take the letter away.

        Raises:
            TryAgain: The run was changed by somebody else just now; the letter stays.
        """
        run = self.ledger.find(letter.letter.run)
        if run is not None and run.state in {"failed", "superseded"}:
            self.ledger.reopen(run.name)
        self.store.delete_version(letter.bucket, letter.key, letter.etag)

    def released(self, letter: StoredLetter, *, dry_run: bool = False) -> tuple[ObjectCreated | None, str]:
        """Release a letter unless this is a dry run; gives the event to ring for, or why the letter stays.

        Raises:
            StoreUnavailableError: The store does not answer.
        """
        try:
            event = self.event_of(letter.letter)
            if not dry_run:
                self.release(letter)
        except StoreUnavailableError:
            raise
        except FunctionError as error:
            return None, error.message
        return event, ""

    async def send_again(
        self, js: JetStreamContext, letters: Sequence[StoredLetter], *, pace: Pace, dry_run: bool = False
    ) -> AsyncIterator[Outcome]:
        """Send the events of letters round again, one a turn of ``pace``; each outcome comes as soon as it is known.

        Raises:
            StoreUnavailableError: The store does not answer; what came before was sent.
            nats.errors.Error: Nor the broker; reconcile rings for what was released.
        """
        for each in letters:
            await pace.turn()
            event, reason = await asyncio.to_thread(self.released, each, dry_run=dry_run)
            if event and not dry_run:
                await ring(js, event, f"retry {each.letter.run} {uuid.uuid4().hex}")
            yield each, reason


def announced(store: Store, one: StoredObject) -> ObjectCreated:
    """Give the announcement of an object that must still be there in the version named, if one is.

    Raises:
        Rejected: It was deleted or overwritten since.
    """
    stat = current(store, one.bucket, one.key, one.etag)
    sequencer = f"{int(stat.modified.timestamp() * 1e9):016X}"
    return ObjectCreated(
        bucket=one.bucket,
        key=one.key,
        etag=stat.etag,
        size=stat.size,
        time=stat.modified,
        sequencer=sequencer,
        source="minio:s3",
    )


def current(store: Store, bucket: str, key: str, etag: str) -> Stat:
    """Look at an object that must still be there, in the version ``etag`` unless that is empty.

    Raises:
        Rejected: It was deleted or overwritten since, or has a key that is not served.
    """
    try:
        stat = store.stat(bucket, key)
    except MissingError as error:
        raise Rejected("its object was deleted") from error
    except Rejected as error:
        raise Rejected("its key is one that not every store serves", hint=error.hint) from error
    if etag and stat.etag != etag:
        raise Rejected("its object was overwritten; the newer version has an event of its own")
    return stat


def _is_from_before(letter: DeadLetter, run: Run) -> bool:
    """Tell whether the run was sent round again after this letter; else the letter is just being written."""
    return bool(run.reopened) and len(run.failures) >= len(letter.failures)
