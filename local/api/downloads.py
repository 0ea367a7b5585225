"""Downloads: artifacts as they were committed, whole or in part."""

from collections.abc import Mapping
from http import HTTPStatus

from fastapi import Request, Response
from fastapi.responses import StreamingResponse

from functions.runtime.errors import ConflictError, MissingError
from functions.runtime.runs import StoredObject
from functions.runtime.settings import nearest
from local.api.jobs import Job
from local.api.members import media_type, printable
from local.api.objects import Objects
from local.api.ranges import matches, wanted
from local.api.refusal import Refusal


def artifact(job: Job, name: str) -> StoredObject:
    """Give the artifact of this name.

    Raises:
        Refusal: 404; the job has none, or none yet.
    """
    found = job.artifacts.get(name)
    if found is None:
        hint = f"GET /job_artifacts/{job.id} lists them"
        raise Refusal(404, f"the job has no artifact {printable(name)!r}{nearest(name, job.artifacts)}", hint=hint)
    return found


def download(request: Request, objects: Objects, one: StoredObject) -> Response:
    """Answer a GET or HEAD for exactly the version that the ledger names.

    Raises:
        Refusal: 409, it was overwritten; 410, it was deleted; 416, the range begins after the end.
    """
    name = one.key.rpartition("/")[2]
    headers = _headers(one, name)
    if matches(request.headers.get("if-none-match"), one.etag, weakly=True):
        return Response(status_code=HTTPStatus.NOT_MODIFIED, headers=headers)
    asked = request.headers.get("range")
    if "if-range" in request.headers and not matches(request.headers["if-range"], one.etag):
        asked = None
    part = wanted(asked if request.method == "GET" else None, one.size)
    headers["Content-Length"] = str(part.end - part.start)
    if not part.is_whole:
        headers["Content-Range"] = part.header
    status = HTTPStatus.OK if part.is_whole else HTTPStatus.PARTIAL_CONTENT
    try:
        if request.method == "HEAD":
            objects.check(one)
            return Response(status_code=status, headers=headers, media_type=media_type(name))
        content = objects.read(one, part.start, part.end)
    except ConflictError as error:
        raise Refusal(409, f"{name} was overwritten after it was committed", hint="noria verify says more") from error
    except MissingError as error:
        raise Refusal(410, f"{name} was deleted after it was committed") from error
    return StreamingResponse(content, status_code=status, headers=headers, media_type=media_type(name))


def _headers(one: StoredObject, name: str) -> dict[str, str]:
    headers: Mapping[str, str] = {
        "ETag": f'"{one.etag}"',
        "Accept-Ranges": "bytes",
        "Cache-Control": "private, no-cache",
        "Content-Disposition": f'attachment; filename="{name}"',
    }
    return dict(headers) | ({"X-Content-SHA256": one.sha256} if one.sha256 else {})
