"""The bodies of the API's answers: AIBoMGen's names and meanings where it has them, what it has not at the end."""

from datetime import datetime
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field

from local.api.jobs import ENDED, Job, State
from local.api.members import JOB_ID

_EXAMPLE = "019a9c3e-7c1d-7b52-9d3f-0c7f4a2b9e11"


class Body(BaseModel):
    """Base of all of them."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Error(Body):
    """What is wrong in one sentence, and what can be done about it."""

    detail: str
    hint: str = ""


class Submitted(Body):
    """A job was taken."""

    job_id: str = Field(pattern=JOB_ID, examples=[_EXAMPLE])
    status: Literal["Training started"] = "Training started"
    unique_dir: str = Field(description="The job's folder: its inputs and results lie in folders of this name.")


class Result(Body):
    """What came of a job that has ended."""

    training_status: Literal["training job completed", "training job failed", "training job cancelled"]
    unique_dir: str
    job_id: str
    message: str
    output_artifacts: list[str]
    hint: str = Field(default="", description="What to do about it, where it failed.")

    @classmethod
    def of(cls, job: Job) -> Self:
        """Describe the end of a job."""
        return cls.model_validate(
            {
                "training_status": f"training job {job.state}",
                "unique_dir": job.id,
                "job_id": job.id,
                "message": job.reason,
                "output_artifacts": list(job.artifacts),
                "hint": job.hint,
            }
        )


class JobStatus(Body):
    """How far a job is; ``result`` once it has ended."""

    job_id: str
    status: State
    result: Result | None = None
    progress: dict[str, float] = Field(default={}, description="Epoch, loss and so on while it trains.")
    message: str = Field(default="", description="Why it is waiting or tried again.")
    submitted: datetime

    @classmethod
    def of(cls, job: Job) -> Self:
        """Describe a job."""
        has_ended = job.state in ENDED
        return cls(
            job_id=job.id,
            status=job.state,
            result=Result.of(job) if has_ended else None,
            progress=dict(job.progress),
            message="" if has_ended else job.reason,
            submitted=job.submitted,
        )


class JobList(Body):
    """Some jobs, the newest first; ``next`` goes into ``after`` for those before them."""

    jobs: list[JobStatus]
    next: str | None = None


class Artifacts(Body):
    """Where what came of a job lies: ``BUCKET/KEY`` of each file."""

    job_id: str
    artifacts: list[str]


class Link(Body):
    """A URL that gives the file to whoever has it."""

    artifact_name: str
    url: str
    expires: datetime
    sha256: str = Field(description="Of the file as the ledger knows it; compare it with what comes.")


class Health(Body):
    """Whether the API can do its work."""

    status: Literal["ok"] = "ok"
    version: str
