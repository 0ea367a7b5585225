"""What went wrong with a job, as one file that the supervisor uploads to the output which takes its suffix."""

import hashlib
from contextlib import suppress
from pathlib import Path

from events import NotAnEvent, ObjectCreated, wire
from functions.runtime.dead_letters import DeadLetter
from functions.runtime.errors import FunctionError, TryAgain
from functions.runtime.hosts.oscar.job import Job
from functions.runtime.outputs import with_folder
from functions.runtime.publication import FAILURE_SUFFIX, failure_folder, failure_place, joined
from functions.runtime.runs import StoredObject, run_id


class JobFailure(DeadLetter):
    """A dead letter of a job; ``retry``: uploading the object again may help."""

    retry: bool


def leave(job: Job, error: FunctionError, *, retry: bool, attempts: int = 1) -> Path:
    """Write the one file that the job gives, named for its object, and give its path."""
    event = event_of(job)
    name = run_id(job.service.name, event) if event else hashlib.sha256(job.document).hexdigest()
    letter = JobFailure(
        function=job.service.name,
        run=f"{job.service.name}/{name}",
        input=_described(event) if event else None,
        reason=error.message,
        hint=error.hint,
        error=type(error).__name__,
        attempts=attempts,
        host="oscar",
        retry=retry,
    )
    path = with_folder(job.outputs / _place(job, event, name))
    path.write_text(letter.model_dump_json(indent=2, exclude_none=True))
    return path


def unforeseen(error: Exception) -> TryAgain:
    """Give what stands for an error that nobody raised on purpose: another attempt may help."""
    return TryAgain(f"{type(error).__name__}: {error}"[:500])


def _place(job: Job, event: ObjectCreated | None, name: str) -> str:
    """Give where the letter lies below the output that takes it: where the engine would have put it."""
    if event is None:
        return f"events/{name}{FAILURE_SUFFIX}"
    _, prefix = failure_folder(job.service, "")
    return failure_place(job.service, event, name, "")[1].removeprefix(joined(prefix, ""))


def event_of(job: Job) -> ObjectCreated | None:
    """Give the event whose object the supervisor has downloaded: the first; None where there is none."""
    with suppress(NotAnEvent):
        return next(iter(wire.announcement(job.document).events), None)
    return None


def _described(event: ObjectCreated) -> StoredObject:
    return StoredObject(bucket=event.bucket, key=event.key, etag=event.etag, size=event.size)
