"""The settings of optimize."""

from pydantic import Field

from functions.runtime import Settings


class Optimize(Settings):
    """Set from the environment as ``OPTIMIZE_SECONDS`` and so on."""

    settle: float = Field(default=2, ge=0, le=3600, description="Seconds that a complete set must stay as it is.")
    patience: float = Field(default=900, ge=0, description="Seconds until an incomplete set is reported.")
    seconds: float = Field(default=60, gt=0, le=86400, description="Of looking for one answer, where none are asked.")
    most_seconds: float = Field(default=600, gt=0, le=86400, description="More may not be asked for.")
    event_seconds: float = Field(default=1.5, gt=0, le=3600, description="Of looking for an answer to an event.")
    front_points: int = Field(default=12, ge=0, le=100, description="Of the Pareto front; 0 for none.")
    max_bytes: int = Field(default=64_000_000, gt=0, description="A set with more is refused.")
    max_files: int = Field(default=1000, gt=0, description="Of one set.")
