"""What every request is answered with: the store, the jobs, the keys and the limits; and who may ask for what."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Annotated

from fastapi import Depends, Path, Request, Security
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer, SecurityScopes

from fdl import Service
from functions.runtime.configuration import Configuration
from functions.runtime.errors import Rejected
from functions.runtime.ledger import Ledger
from functions.runtime.settings import nearest
from functions.runtime.store import Store
from local.api.jobs import Job, Jobs
from local.api.keys import SCOPES, ApiKey, KeyFile
from local.api.members import ARTIFACT_NAME, JOB_ID
from local.api.objects import Objects
from local.api.rates import Rate, Room
from local.api.refusal import Refusal
from local.api.settings import JobApi


@dataclass
class Parts:
    """One API's own; ``trained`` is None where no function that trains is served.

    ``is_stopping`` tells whether the server has been told to stop: streams end then.
    """

    settings: JobApi
    keys: KeyFile
    store: Store
    ledger_bucket: str
    services: Sequence[Service]
    trained: Jobs | None
    is_stopping: Callable[[], bool] = lambda: False
    requests: Rate = field(init=False)
    submissions: Rate = field(init=False)
    uploads: Room = field(init=False)
    streams: Room = field(init=False)

    def __post_init__(self) -> None:
        self.requests = Rate("requests", self.settings.requests_per_minute)
        self.submissions = Rate("submissions", self.settings.submissions_per_minute)
        self.uploads = Room("submissions", self.settings.uploads)
        self.streams = Room("followers", self.settings.streams)

    @property
    def jobs(self) -> Jobs:
        """The jobs.

        Raises:
            Refusal: 404; nothing trains here.
        """
        if self.trained is None:
            raise Refusal(404, "no function that trains is served here", hint="noria up fdl/trusted-training.yaml")
        return self.trained

    def find(self, job_id: str) -> Job:
        """Give a job.

        Raises:
            Refusal: 404; there is none.
        """
        job = self.jobs.find(job_id)
        if job is None:
            raise Refusal(404, f"there is no job {job_id}", hint="GET /jobs lists them")
        return job


def jobs_of(given: Configuration, store: Store, ledger: Ledger, services: tuple[Service, ...], trainer: str) -> Jobs:
    """Give the jobs of the service ``trainer``.

    Raises:
        Rejected: It is not served, or has no input.
    """
    found = next((service for service in services if service.name == trainer), None)
    if found is None:
        names = [service.name for service in services]
        raise Rejected(
            f"no function {trainer} is served here{nearest(trainer, names)}",
            hint="noria up fdl/trusted-training.yaml, or name another with --service",
        )
    if not found.inputs:
        raise Rejected(f"{trainer} has no input in its FDL", hint="give it one, such as training/in")
    return Jobs(store, Objects(given), ledger, given.ledger, services, found)


def parts_of(request: Request) -> Parts:
    """Give what the application was made with."""
    parts: Parts = request.app.state.parts
    return parts


Here = Annotated[Parts, Depends(parts_of)]
_BEARER = HTTPBearer(auto_error=False, scheme_name="key", description="Made by noria api key new.")


def allowed(
    needed: SecurityScopes,
    request: Request,
    parts: Here,
    given: Annotated[HTTPAuthorizationCredentials | None, Security(_BEARER)],
) -> ApiKey:
    """Find out who asks, and whether they may.

    Raises:
        Refusal: 401, it is nobody; 403, the key is for other things; 429, they have had their share.
    """
    key = parts.keys.bearer(given.credentials) if given else None
    if key is None:
        parts.requests.take(f"address {request.client.host if request.client else ''}")
        what = "the API key does not count" if given else "there is no API key"
        hint = "noria api key new makes one; send it as Authorization: Bearer KEY"
        raise Refusal(401, what, hint=hint, headers={"WWW-Authenticate": "Bearer"})
    request.scope["noria.key"] = key.id
    parts.requests.take(f"key {key.id}")
    for scope in SCOPES:
        if scope in needed.scopes and not key.may(scope):
            raise Refusal(403, f"the API key may not {scope}", hint=f"noria api key new NAME --scope {scope}")
    return key


Submitter = Annotated[ApiKey, Security(allowed, scopes=["submit"])]
Reader = Annotated[ApiKey, Security(allowed, scopes=["read"])]
Canceller = Annotated[ApiKey, Security(allowed, scopes=["cancel"])]
JobIdPath = Annotated[str, Path(pattern=JOB_ID, description="As the submission was answered.")]
NamePath = Annotated[str, Path(pattern=ARTIFACT_NAME, description="One of output_artifacts.")]
