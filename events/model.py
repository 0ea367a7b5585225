"""The typed event that every function takes."""

from datetime import UTC, datetime

from pydantic import BaseModel, ConfigDict, Field


class ObjectCreated(BaseModel):
    """One new object, named the way the store names it; ``key`` is always decoded.

    ``metadata`` is the user metadata as far as the store's announcement carried it: names in lower case, without
    ``x-amz-meta-``. It is a hint; the runtime believes only what it reads from the object itself.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    bucket: str = Field(min_length=3)
    key: str = Field(min_length=1)
    etag: str = Field(default="", description="Without quotes; empty when the announcement had none.")
    size: int = Field(default=0, ge=0, description="Bytes.")
    version_id: str | None = Field(default=None, description="Only of a versioned bucket.")
    time: datetime = Field(default_factory=lambda: datetime.now(UTC), description="When the store says it happened.")
    sequencer: str = Field(default="", description="The store's own order of events on one key, as hex digits.")
    source: str = Field(default="", description="Who announced it: minio:s3, rustfs:s3, aws:s3.")
    content_type: str = Field(default="", description="As the announcement had it; empty when it had none.")
    metadata: dict[str, str] = Field(default_factory=dict)
    hops: int = Field(default=0, ge=0, description="Functions already passed through.")

    @property
    def name(self) -> str:
        """The last part of the key: ``a.jpg`` of ``in/trip/a.jpg``."""
        return self.key.rsplit("/", 1)[-1]

    @property
    def identity(self) -> str:
        """The same content under the same name, however often it is announced."""
        return f"{self.bucket}/{self.key}@{self.etag}"
