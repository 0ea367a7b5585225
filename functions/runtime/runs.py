"""Runs: what the ledger keeps of each; a run is one function on one object version."""

import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from events import ObjectCreated

State = Literal["running", "retrying", "committed", "failed", "superseded"]
FINAL: frozenset[State] = frozenset({"committed", "failed", "superseded"})
WORKER_LOST = "WorkerLost"


class StoredObject(BaseModel):
    """One object version; ``sha256`` is of its content, ``size`` in bytes, ``parent`` the run that committed it."""

    model_config = ConfigDict(frozen=True)

    bucket: str
    key: str
    etag: str
    size: int = 0
    sha256: str = ""
    parent: str = ""


class Failure(BaseModel):
    """Why an attempt did not commit.

    ``error`` is its kind, for machines: a class of ``functions.runtime.errors``, or ``WorkerLost``. ``left``: it ended
    without clearing up, so that outputs of it may lie in the store. ``suspect``: its handler may have ended the worker.
    ``holder``: who held the lease.
    """

    model_config = ConfigDict(frozen=True)

    reason: str
    hint: str = ""
    error: str = ""
    attempt: int = 1
    left: bool = False
    suspect: bool = False
    holder: str = ""
    at: datetime = Field(default_factory=lambda: datetime.now(UTC))


class Run(BaseModel):
    """The state of one run; ``committed``, ``failed`` and ``superseded`` are final. Times are UTC, memory in bytes.

    ``resource``: what its worker ran on, as the deployment names it that ``noria deploy`` carried out; empty without.
    ``handler_seconds``: how long the handler took in the attempt that committed, without fetching and uploading.
    ``fetch_seconds``, ``wait_seconds``, ``publish_seconds``: how long that attempt read its input and where it came
    from, waited for a free handler process, and uploaded; 0 in records from before 2026-11-23 too.
    ``retry_in``: seconds from when a ``retrying`` state was written, by the store's clock, to its next attempt.
    ``waiting_for``: what it has waited for, for ``waited`` seconds by the store's clock.
    ``planned``: outputs, as ``bucket/key``, that an attempt was about to upload under names that do not begin with the
    input's. ``reopened``: when a person sent the ended run round again; ``before`` is how it had ended: a commit
    record stays in force should the new attempt fail, a dead letter goes should it not. ``members``: all object
    versions that a run read, where it read more than its input; ``member_of``: the run that worked on the set which
    this object belongs to; ``follows``: the run before it in its series. ``progress``: how far a running one is.
    ``kept``: an attempt has kept a checkpoint; ``advanced``: this one has, so that it does not count as one that was of
    no use.
    """

    model_config = ConfigDict(frozen=True, allow_inf_nan=False)

    state: State
    id: str
    function: str
    version: str = ""
    image: str = ""
    host: str = ""
    resource: str = ""
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
    waiting_for: str = ""
    waited: float = 0
    cpu_seconds: float = 0
    handler_seconds: float = 0
    fetch_seconds: float = 0
    wait_seconds: float = 0
    publish_seconds: float = 0
    peak_memory: int = 0
    metrics: Mapping[str, float] = Field(default_factory=dict)
    trace: str = ""
    hops: int = 0
    parent: str = ""
    members: tuple[StoredObject, ...] = ()
    member_of: str = ""
    follows: str = ""
    progress: Mapping[str, float] = Field(default_factory=dict)
    kept: bool = False
    advanced: bool = False
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
