"""The settings of train-on-upload."""

from typing import Literal

from pydantic import Field

from functions.datasets.limits import Limits
from functions.models.facts import ModelLimits
from functions.runtime import Settings
from functions.sandbox.walls import Setting


class TrainOnUpload(Settings):
    """Set from the environment as ``TRAIN_ON_UPLOAD_SANDBOX`` and so on."""

    sandbox: Setting = Field(default="auto", description="bubblewrap, landlock, the better one, or none at all.")
    settle: float = Field(default=2, ge=0, le=3600, description="Seconds that a complete set must stay as it is.")
    patience: float = Field(default=900, ge=0, description="Seconds until an incomplete set is reported.")
    time_limit: float = Field(default=21_600, gt=0, description="Seconds of training, all attempts together.")
    memory: int = Field(default=3_758_096_384, ge=2**30, description="Bytes; below the FDL's memory.")
    max_epochs: int = Field(default=10_000, ge=1, description="More are refused.")
    max_dataset_bytes: int = Field(default=2_000_000_000, gt=0, description="A larger data set is refused.")
    max_model_bytes: int = Field(default=2 << 30, gt=0, description="A larger model is refused.")
    max_parameters: int = Field(default=500_000_000, gt=0, description="A model with more is refused.")
    threads: int = Field(default=1, ge=1, le=256, description="Of one operation; results may depend on it.")
    parallel_operations: int = Field(default=1, ge=1, le=256, description="Operations at a time.")
    isa: Literal["", "SSE41", "AVX", "AVX2", "AVX512_CORE"] = Field(
        default="AVX2", description="The most that is used of the processor; empty for all, results depend on it."
    )
    checkpoint_every: float = Field(default=10, ge=0, description="Seconds between checkpoints, after an epoch each.")
    image: str = Field(default="", description="Digest of the container image, for the record.")

    @property
    def thread_counts(self) -> tuple[int, int]:
        """(intra, inter), as frameworks call them."""
        return self.threads, self.parallel_operations

    @property
    def data_limits(self) -> Limits:
        """What a data set may be."""
        return Limits(bytes=self.max_dataset_bytes)

    @property
    def model_limits(self) -> ModelLimits:
        """What a model may be."""
        return ModelLimits(max_bytes=self.max_model_bytes, max_parameters=self.max_parameters)
