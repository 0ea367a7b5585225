"""Submissions: three files become the objects of one folder, all of them or none."""

from contextlib import suppress
from dataclasses import dataclass, field

from anyio import CancelScope, to_thread
from fastapi import Request
from starlette.requests import ClientDisconnect

from fdl import StoragePath
from functions.runtime.errors import FunctionError
from local.api.definition import check_definition
from local.api.form import Begin, Form, Piece, body, form_of
from local.api.members import SUFFIXES, media_type, member_name, new_job_id
from local.api.objects import Objects
from local.api.refusal import Refusal
from local.api.settings import JobApi
from local.api.upload import Upload

SUBMITTER = "noria-submitter"
"""Metadata of a member: the id of the key that it was sent with."""


@dataclass
class Submission:
    """The files of one job, on their way below the folder ``place``."""

    objects: Objects
    place: StoragePath
    settings: JobApi
    submitter: str
    job: str = field(default_factory=new_job_id)
    _uploads: dict[str, Upload] = field(default_factory=dict)
    _current: str = ""

    async def receive(self, request: Request) -> str:
        """Send the request's parts on to the store as they come; gives the job's id once the store has all of them.

        Raises:
            Refusal: Something is wrong with them; then nothing is stored.
            StoreUnavailableError: The store does not take them.
        """
        stored = False
        try:
            form = form_of(request)
            given = self.settings
            arriving = body(request, limit=given.total_limit, silence=given.silence, seconds=given.upload_seconds)
            async for content in arriving:
                for piece in form.feed(content):
                    await self._take(piece)
            self._check_parts(form)
            await to_thread.run_sync(self._publish)
            stored = True
        except ClientDisconnect as error:
            raise Refusal(400, "the client went away in the middle of the form") from error
        finally:
            if not stored:
                with CancelScope(shield=True):
                    await to_thread.run_sync(self._abort)
        return self.job

    async def _take(self, piece: Piece) -> None:
        if isinstance(piece, Begin):
            self._begin(piece)
            return
        upload, limit = self._uploads[self._current], self.settings.limit_of(self._current)
        upload.write(piece.content)
        if upload.size > limit:
            raise Refusal(413, f"the {self._current} has more than {limit:,} bytes", hint="send a smaller one")
        if upload.is_full:
            await to_thread.run_sync(upload.send)

    def _begin(self, part: Begin) -> None:
        name = member_name(part.role, part.file_name)
        if part.role in self._uploads:
            raise Refusal(422, f"there are two parts {part.role}", hint="send each once")
        key = "/".join((*filter(None, (self.place.prefix, self.job)), name))
        self._current = part.role
        self._uploads[part.role] = Upload(
            self.objects, self.place.bucket, key, media_type(name), {SUBMITTER: self.submitter}
        )

    def _check_parts(self, form: Form) -> None:
        if not form.is_complete:
            raise Refusal(400, "the body ends in the middle of the form", hint="send it again")
        missing = [role for role in SUFFIXES if role not in self._uploads]
        if missing:
            raise Refusal(422, f"there is no part {' and no part '.join(missing)}", hint="send all three files")
        empty = [role for role, upload in self._uploads.items() if not upload.size]
        if empty:
            raise Refusal(422, f"the {empty[0]} is empty", hint="send a file with something in it")

    def _check_definition(self) -> None:
        members = {role: (upload.name, upload.sha256()) for role, upload in self._uploads.items()}
        definition = self._uploads["dataset_definition"]
        del members["dataset_definition"]
        check_definition(definition.name, definition.content(), members)

    def _abort(self) -> None:
        for upload in self._uploads.values():
            upload.abort()

    def _publish(self) -> None:
        """Show them to the world if the definition fits them; it comes last, because it names the others."""
        self._check_definition()
        done: list[Upload] = []
        try:
            for role in SUFFIXES:
                self._uploads[role].publish()
                done.append(self._uploads[role])
        except FunctionError:
            for upload in done:
                with suppress(FunctionError):
                    upload.withdraw()
            raise
