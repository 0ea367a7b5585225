"""Feeds: the progress of one job as server-sent events (HTML standard, section 9.2).

Each event says how the job is now, and its id is a digest of that. So a follower that comes again with the id that it
saw last is told what has changed since, also by another API process; one that has seen the end is told to stay away.
"""

import hashlib
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass

from anyio import sleep, to_thread

from functions.runtime.errors import FunctionError
from local.api.bodies import JobStatus
from local.api.jobs import ENDED, Job
from local.api.parts import Parts

RETRY_MS = 2000


@dataclass(frozen=True)
class Event:
    """What a follower is told: ``progress`` or, once, ``end``."""

    kind: str
    id: str
    data: str

    @classmethod
    def of(cls, job: Job) -> "Event":
        """Say how a job is."""
        data = JobStatus.of(job).model_dump_json()
        kind = "end" if job.state in ENDED else "progress"
        return cls(kind, hashlib.sha256(data.encode()).hexdigest()[:16], data)

    @property
    def text(self) -> str:
        """As it is sent."""
        return f"event: {self.kind}\nid: {self.id}\ndata: {self.data}\n\n"


async def feed(parts: Parts, job: Job, last_id: str) -> AsyncIterator[str]:
    """Tell what changes until the job has ended, the follower was here for long, or the server stops.

    ``last_id`` is what the follower knows already.
    """
    settings = parts.settings
    until, spoke = time.monotonic() + settings.stream_seconds, time.monotonic()
    yield f"retry: {RETRY_MS}\n\n"
    while True:
        event = Event.of(job)
        if event.id != last_id:
            last_id, spoke = event.id, time.monotonic()
            yield event.text
        if event.kind == "end" or time.monotonic() > until or parts.is_stopping():
            return
        if time.monotonic() - spoke > settings.heartbeat:
            spoke = time.monotonic()
            yield ": still there\n\n"
        await sleep(settings.look_every)
        try:
            found = await to_thread.run_sync(parts.jobs.find, job.id)
        except FunctionError:  # the store is away for a moment; the follower hears that we are not
            continue
        job = found or job
