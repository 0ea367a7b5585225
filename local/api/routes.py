"""The API's routes. Paths and bodies of the first four are AIBoMGen's."""

from collections.abc import Iterator
from contextlib import suppress
from itertools import islice
from typing import Annotated, Any

from anyio import to_thread
from fastapi import APIRouter, Depends, Header, Query, Request, Response
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, ConfigDict, Field

from functions.runtime.engine import VERSION
from functions.runtime.errors import MissingError
from local.api.bodies import Artifacts, Error, Health, JobList, JobStatus, Link, Submitted
from local.api.downloads import artifact, download
from local.api.feed import Event, feed
from local.api.jobs import ENDED, State
from local.api.members import JOB_ID, SUFFIXES, media_type, member_name
from local.api.parts import Canceller, Here, JobIdPath, NamePath, Reader, Submitter
from local.api.refusal import Refusal
from local.api.submission import Submission

MOST_LOOKED_AT = 1000
"""Jobs that one request for a list looks at."""
_SAID = {
    400: "The request cannot be read.",
    401: "There is no API key, or none that counts.",
    403: "The key is for other things.",
    404: "There is no such job or file.",
    408: "The client said nothing for too long.",
    409: "The job or the file is not in a state for that.",
    410: "The file was deleted.",
    413: "It is too large.",
    415: "The body is of another kind.",
    416: "The range begins after the end.",
    422: "A part or parameter is wrong.",
    429: "Too many requests.",
    503: "The store does not answer, or too much is under way.",
}
router = APIRouter()


def said(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Describe the refusals of a route in the OpenAPI document."""
    return {status: {"model": Error, "description": _SAID[status]} for status in sorted({*statuses, 503})}


def _encoding(role: str) -> dict[str, Any]:
    """Say that a part's file has a name, and how it ends."""
    name = member_name(role, SUFFIXES[role][0])
    header = {"schema": {"type": "string"}, "example": f'form-data; name="{role}"; filename="{name}"'}
    return {"contentType": media_type(name), "headers": {"Content-Disposition": header}}


_LOCKED = (401, 403, 422, 429)
_FILE = {"type": "string", "format": "binary"}
_FORM: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": list(SUFFIXES),
                    "additionalProperties": False,
                    "properties": {
                        role: {**_FILE, "minLength": 1, "description": f"A file that ends with {', '.join(suffixes)}."}
                        for role, suffixes in SUFFIXES.items()
                    },
                },
                "encoding": {role: _encoding(role) for role in SUFFIXES},
            }
        },
    }
}
_TAKES_A_JOB = ("job_status", "job_artifacts", "job_events", "cancel")
_SUBMITTED: dict[int | str, dict[str, Any]] = {
    200: {
        "links": {
            name: {"operationId": name, "parameters": {"job_id": "$response.body#/job_id"}} for name in _TAKES_A_JOB
        }
    }
}
_BARE: dict[int | str, dict[str, Any]] = {
    status: {"description": _SAID[status]} for status in (404, 409, 410, *_LOCKED, 503)
}
_BYTES = {"content": {"application/octet-stream": {"schema": _FILE}}}
_EVENT = {
    "type": "object",
    "description": "One event; its data is a JobStatus.",
    "required": ["event", "id", "data"],
    "properties": {
        "event": {"enum": ["progress", "end"]},
        "id": {"type": "string"},
        "data": {"type": "string", "contentMediaType": "application/json"},
    },
}
_WHOLE = {"description": "The file.", **_BYTES}
_PARTLY = {"description": "The part that was asked for.", **_BYTES}


@router.post(
    "/submit_job_by_model_and_data",
    summary="Submit a training job",
    responses={**_SUBMITTED, **said(400, 408, 413, 415, *_LOCKED)},
    openapi_extra=_FORM,
)
async def submit(request: Request, parts: Here, key: Submitter) -> Submitted:
    """Take a model, a data set and its definition, and start to train.

    The parts go on to the store while they arrive; the job exists once all of them are there and fit each other.
    """
    parts.submissions.take(key.id)
    with parts.uploads.place():
        submission = Submission(parts.jobs.objects, parts.jobs.place, parts.settings, key.id)
        job = await submission.receive(request)
    return Submitted(job_id=job, unique_dir=job)


@router.get("/job_status/{job_id}", summary="Tell how far a job is", responses=said(404, *_LOCKED))
def job_status(job_id: JobIdPath, parts: Here, _: Reader) -> JobStatus:
    """Tell the state of a job, its progress while it trains, and its result once it has ended."""
    return JobStatus.of(parts.find(job_id))


@router.get("/job_artifacts/{job_id}", summary="List what came of a job", responses=said(404, *_LOCKED))
def job_artifacts(job_id: JobIdPath, parts: Here, _: Reader) -> Artifacts:
    """List the files that a job has committed so far, as BUCKET/KEY."""
    found = parts.find(job_id).artifacts.values()
    return Artifacts(job_id=job_id, artifacts=[f"{one.bucket}/{one.key}" for one in found])


@router.get(
    "/job_artifacts/{job_id}/{artifact_name}",
    summary="Download a file",
    response_class=Response,
    responses={200: _WHOLE, 206: _PARTLY, 304: {"description": "Unchanged."}, **said(404, 409, 410, 416, *_LOCKED)},
)
def job_artifact(job_id: JobIdPath, artifact_name: NamePath, request: Request, parts: Here, _: Reader) -> Response:
    """Give a file exactly as the ledger says that it was committed; Range, If-Range and If-None-Match are served."""
    return download(request, parts.jobs.objects, artifact(parts.find(job_id), artifact_name))


@router.head(
    "/job_artifacts/{job_id}/{artifact_name}",
    summary="Describe a file",
    response_class=Response,
    responses={200: {"description": "Its headers."}, 304: {"description": "Unchanged."}, **_BARE},
)
def job_artifact_head(job_id: JobIdPath, artifact_name: NamePath, request: Request, parts: Here, _: Reader) -> Response:
    """Give the headers that a download would have."""
    return download(request, parts.jobs.objects, artifact(parts.find(job_id), artifact_name))


@router.get(
    "/job_artifacts/{job_id}/{artifact_name}/link",
    summary="Link to a file",
    responses=said(404, *_LOCKED),
)
def job_artifact_link(job_id: JobIdPath, artifact_name: NamePath, parts: Here, _: Reader) -> Link:
    """Presign a URL of the store: whoever has it can download the file for a while, without an API key."""
    one = artifact(parts.find(job_id), artifact_name)
    url, expires = parts.jobs.objects.link(one, parts.settings.link_seconds)
    return Link(artifact_name=artifact_name, url=url, expires=expires, sha256=one.sha256)


def following(parts: Here) -> Iterator[None]:
    """Take a follower's place until its stream has ended."""
    with parts.streams.place():
        yield


@router.get(
    "/job_events/{job_id}",
    summary="Follow a job",
    response_class=Response,
    dependencies=[Depends(following)],
    responses={
        200: {"description": "Server-sent events.", "content": {"text/event-stream": {"schema": _EVENT}}},
        204: {"description": "The follower has seen the end."},
        **said(404, *_LOCKED),
    },
)
async def job_events(
    job_id: JobIdPath, parts: Here, _: Reader, last_event_id: Annotated[str, Header(max_length=64)] = ""
) -> Response:
    """Send ``progress`` with the body of job_status whenever that changes, and ``end`` once the job has ended."""
    job = await to_thread.run_sync(parts.find, job_id)
    if job.state in ENDED and Event.of(job).id == last_event_id:
        return Response(status_code=204)
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return StreamingResponse(feed(parts, job, last_event_id), media_type="text/event-stream", headers=headers)


@router.post("/jobs/{job_id}/cancel", status_code=202, summary="Cancel a job", responses=said(404, 409, *_LOCKED))
def cancel(job_id: JobIdPath, parts: Here, _: Canceller) -> JobStatus:
    """Ask for a job to end: the training sees it at its next step. What it was given stays in its folder."""
    job = parts.find(job_id)
    if job.state in ENDED or job.state == "signing":
        over = "the training is over" if job.state == "signing" else f"the job is {job.state} already"
        raise Refusal(409, over, hint="there is nothing left to cancel")
    parts.jobs.cancel(job)
    return JobStatus.of(parts.find(job_id))


class Page(BaseModel):
    """Which jobs to list."""

    model_config = ConfigDict(extra="forbid")

    limit: int = Field(default=20, ge=1, le=100)
    after: str = Field(default="", pattern=f"{JOB_ID}|^$", description="The job after which to go on: next of a page.")
    state: State | None = Field(default=None, description="Only jobs in this state.")


@router.get("/jobs", summary="List jobs", responses=said(*_LOCKED))
def jobs(page: Annotated[Page, Query()], parts: Here, _: Reader) -> JobList:
    """List jobs, the newest first, a page at a time; with ``state`` a page may have fewer than there is room for."""
    ids = parts.jobs.ids(page.after)
    found: list[JobStatus] = []
    last = ""
    for last in islice(ids, MOST_LOOKED_AT if page.state else page.limit):
        job = parts.jobs.find(last)
        if job and page.state in {None, job.state}:
            found.append(JobStatus.of(job))
        if len(found) == page.limit:
            break
    return JobList(jobs=found, next=last if last and last != ids[-1] else None)


@router.get("/health", summary="Tell whether the API can work", responses=said())
def health(parts: Here) -> Health:
    """Look at the store; no key is needed."""
    with suppress(MissingError):
        parts.store.stat(parts.ledger_bucket, "health")
    return Health(version=VERSION)
