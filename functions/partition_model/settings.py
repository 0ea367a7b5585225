"""The settings of partition-model."""

from pydantic import Field

from functions.models.facts import ModelLimits
from functions.partitioning.partitioned import Bounds
from functions.partitioning.request import Request
from functions.runtime import Settings
from functions.sandbox.walls import Setting


class PartitionModel(Settings):
    """Set from the environment as ``PARTITION_MODEL_BANDWIDTH`` and so on; what a request says is stronger."""

    settle: float = Field(default=2, ge=0, le=3600, description="Seconds to wait for a request beside a network.")
    patience: float = Field(default=300, ge=0, description="Seconds until a request without its network is reported.")
    bandwidth: float | None = Field(default=None, gt=0, le=1e15, description="kbit/s between the two machines.")
    delay: float = Field(default=0, ge=0, le=3600, description="Seconds until the first bit is there.")
    first_speed: float = Field(default=1, ge=1e-6, le=1e6, description="Times as fast as here the first machine is.")
    second_speed: float = Field(default=1, ge=1e-6, le=1e6, description="Times as fast as here the second is.")
    may_measure: bool = Field(default=True, description="Whether a request may have the network run.")
    measure_seconds: float = Field(default=60, gt=0, le=3600, description="After which nothing new is measured.")
    measure_memory: int = Field(default=2 << 30, ge=1 << 26, description="Bytes that measuring may use.")
    sandbox: Setting = Field(default="auto", description="What walls measuring in: bubblewrap, landlock or none.")
    max_bytes: int = Field(default=1 << 30, gt=0, le=1 << 30, description="Of a network.")

    @property
    def defaults(self) -> Request:
        """Give what holds where a request says nothing."""
        return Request(
            bandwidth=self.bandwidth, delay=self.delay, first_speed=self.first_speed, second_speed=self.second_speed
        )

    @property
    def bounds(self) -> Bounds:
        """Give what one partitioning may use."""
        limits = ModelLimits(max_bytes=self.max_bytes)
        return Bounds(seconds=self.measure_seconds, memory=self.measure_memory, model=limits)
