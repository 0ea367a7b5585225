"""What the job API lets its clients do: sizes, rates and patience."""

from typing import Annotated

from pydantic import BeforeValidator, Field

from functions.runtime.settings import Settings

LARGEST = 75 * 2**30
"""Bytes; what goes into the 10,000 parts of an upload."""


def _comma_separated(value: object) -> object:
    return [each for each in value.split(",") if each] if isinstance(value, str) else value


class JobApi(Settings):
    """Read once, at start, from ``JOB_API_MODEL_LIMIT`` and so on."""

    model_limit: int = Field(default=2 * 2**30, gt=0, le=LARGEST, description="Bytes of a model.")
    dataset_limit: int = Field(default=5 * 2**30, gt=0, le=LARGEST, description="Bytes of a data set.")
    dataset_definition_limit: int = Field(default=2**18, gt=0, le=2**22, description="Bytes of a definition.")
    total_limit: int = Field(default=6 * 2**30, gt=0, description="Bytes of a whole submission, headers of parts too.")
    uploads: int = Field(default=4, ge=1, description="Submissions that are received at once; each takes 25 MiB.")
    streams: int = Field(default=64, ge=1, description="Followers of job events at once.")
    requests_per_minute: int = Field(default=1200, ge=1, description="For each key.")
    submissions_per_minute: int = Field(default=30, ge=1, description="For each key.")
    silence: float = Field(default=60, gt=0, description="Seconds for which an uploading client may say nothing.")
    upload_seconds: float = Field(default=3600, gt=0, description="In which a submission has to be over.")
    look_every: float = Field(default=0.5, gt=0, description="Seconds between two looks at a job that is followed.")
    heartbeat: float = Field(default=15, gt=0, description="Seconds between two signs of life to a follower.")
    stream_seconds: float = Field(default=3600, gt=0, description="After so long a follower has to come again.")
    link_seconds: int = Field(default=900, ge=1, le=7 * 86400, description="For how long a presigned link works.")
    cors_origins: Annotated[tuple[str, ...], BeforeValidator(_comma_separated)] = Field(
        default=(), description="Web pages whose scripts may call; none by default."
    )

    def limit_of(self, role: str) -> int:
        """Give the most bytes that the part ``model``, ``dataset`` or ``dataset_definition`` may have."""
        return int(getattr(self, f"{role}_limit"))
