"""Dead letters: an event that can never succeed becomes one object that says why, and carries no content."""

import hashlib
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime

from pydantic import BaseModel, ConfigDict, Field

from events import ObjectCreated
from fdl import Service
from functions.runtime.errors import AccessDeniedError, MissingError
from functions.runtime.publication import FAILURE_SUFFIX, failure_folder, failure_place, joined, spare_folder
from functions.runtime.runs import Failure, Run, StoredObject
from functions.runtime.store import Store


class DeadLetter(BaseModel):
    """Why one event failed for good: ``reason`` in one sentence, ``hint`` for what a person can do."""

    model_config = ConfigDict(frozen=True)

    function: str
    run: str = Field(description="The ledger's name of the run, <function>/<id>.")
    input: StoredObject | None = None
    reason: str
    hint: str = ""
    error: str = Field(default="", description="The kind of error, for machines.")
    attempts: int = 1
    failures: tuple[Failure, ...] = ()
    trace: str = Field(default="", description="The same for everything that comes from one first upload.")
    version: str = ""
    host: str = ""
    at: datetime = Field(default_factory=lambda: datetime.now(UTC))


class DeadLetters:
    """Writes the dead letters of one service below its FDL's ``.failure.json`` output, or into the ledger's bucket."""

    def __init__(self, service: Service, store: Store, ledger: str) -> None:
        self._service = service
        self._store = store
        self._ledger = ledger

    def write(self, event: ObjectCreated, run: Run, failure: Failure) -> StoredObject:
        """Write the run's one dead letter; writing it again replaces it."""
        letter = DeadLetter(
            function=run.function,
            run=run.name,
            input=run.input,
            reason=failure.reason,
            hint=failure.hint,
            error=failure.error,
            attempts=run.attempt,
            failures=run.failures,
            trace=run.trace,
            version=run.version,
            host=run.host,
        )
        return self._save(*failure_place(self._service, event, run.id, self._ledger), letter)

    def write_unreadable(self, payload: bytes, reason: str, hint: str) -> StoredObject:
        """Write the dead letter of a message that is no event at all, named by the SHA-256 of its bytes."""
        name = hashlib.sha256(payload).hexdigest()
        letter = DeadLetter(
            function=self._service.name,
            run=f"{self._service.name}/{name}",
            reason=reason,
            hint=hint,
            error="NotAnEvent",
        )
        bucket, prefix = failure_folder(self._service, self._ledger)
        return self._save(bucket, joined(prefix, f"events/{name}{FAILURE_SUFFIX}"), letter)

    def withdraw(self, letters: Iterable[StoredObject]) -> None:
        """Take letters back, as they were then: what they tell of has come to a good end."""
        for letter in letters:
            self._store.delete_version(letter.bucket, letter.key, letter.etag)

    def _save(self, bucket: str, key: str, letter: DeadLetter) -> StoredObject:
        body = letter.model_dump_json(indent=2, exclude_none=True).encode()
        metadata: Mapping[str, str] = {"Content-Type": "application/json"}
        try:
            etag = self._store.write(bucket, key, body, metadata=metadata)
        except (MissingError, AccessDeniedError):  # the FDL names a place that is not there, or not this function's
            bucket, key = self._ledger, f"{spare_folder(self._service)}/{key}"
            etag = self._store.write(bucket, key, body, metadata=metadata)
        return StoredObject(bucket=bucket, key=key, etag=etag, size=len(body), sha256=hashlib.sha256(body).hexdigest())
