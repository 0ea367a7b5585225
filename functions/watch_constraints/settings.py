"""Settings of watch-constraints."""

from functools import cache
from typing import Any

from pydantic import Field, field_validator

from functions.continuum.monitoring import Monitoring, read_monitoring
from functions.continuum.qos import FILE_NAME, DeploymentConstraints, read_qos
from functions.runtime import Settings
from functions.runtime.errors import Rejected
from functions.watching.advancing import Policy
from functions.watching.rules import Statistic


class WatchConstraints(Settings):
    """Set from the environment as ``WATCH_CONSTRAINTS_CONSTRAINTS`` and so on."""

    application: str = Field(
        default="", max_length=200, description="Whose constraints are watched; by default as the constraints say."
    )
    deployment: str = Field(
        default="", max_length=200, description="What alerts name for optimize; by default the application."
    )
    constraints: str = Field(
        default="", max_length=100_000, description=f"Text of a {FILE_NAME}; one that is uploaded takes its place."
    )
    monitoring: str = Field(
        default="", max_length=100_000, description="Text of AMS's monitoring file: width of windows, custom alerts."
    )
    window: float | None = Field(
        default=None, gt=0, le=86400, description="Seconds; by default as the monitoring file says, or 120."
    )
    statistic: Statistic = Field(default="mean", description="What must keep the threshold: mean, p50, p95 or p99.")
    margin: float = Field(
        default=0.1, ge=0, lt=1, description="Share of the threshold by which times must be better to end an alert."
    )
    least: int = Field(default=1, ge=1, description="Sessions that a window must have for an alert.")
    horizon: float = Field(default=86400, ge=60, description="Seconds for which sessions are remembered.")
    most_rows: int = Field(default=5000, ge=10, le=100_000, description="Runs that are remembered.")
    table_rows: int = Field(default=500, ge=1, le=100_000, description="Runs after which a table is written,")
    table_seconds: float = Field(default=3600, gt=0, description="or seconds, by the data's clock.")
    max_bytes: int = Field(default=64_000_000, gt=0, description="Of an object with records.")

    @field_validator("constraints", "monitoring")
    @classmethod
    def _readable(cls, text: str, info: Any) -> str:  # noqa: ANN401 - pydantic's
        """Refuse at start what nothing could be watched by."""
        if text:
            reader = read_qos if info.field_name == "constraints" else read_monitoring
            try:
                reader(text, source="it")
            except Rejected as error:
                raise ValueError(error.message) from None
        return text

    @property
    def qos(self) -> DeploymentConstraints | None:
        """Give the constraints of the settings."""
        return _qos(self.constraints) if self.constraints else None

    @property
    def rules(self) -> Monitoring | None:
        """Give the monitoring file of the settings."""
        return _monitoring(self.monitoring) if self.monitoring else None

    @property
    def name(self) -> str:
        """Name the application."""
        given = self.qos
        return self.application or (given.name if given else "noria")

    @property
    def policy(self) -> Policy:
        """Say how rules are looked at."""
        monitoring = self.rules
        width = monitoring.parameters.performance_metrics_time_window_width if monitoring else 120.0
        return Policy(
            window=self.window or width,
            statistic=self.statistic,
            margin=self.margin,
            least=self.least,
            horizon=self.horizon,
            most_rows=self.most_rows,
        )


@cache
def _qos(text: str) -> DeploymentConstraints:
    return read_qos(text, source="WATCH_CONSTRAINTS_CONSTRAINTS")


@cache
def _monitoring(text: str) -> Monitoring:
    return read_monitoring(text, source="WATCH_CONSTRAINTS_MONITORING")
