"""What mask-detect can be told."""

from pathlib import Path

from pydantic import Field

from functions.vision.video.settings import VideoLimits


class MaskDetect(VideoLimits):
    """Set from the environment as ``MASK_DETECT_THRESHOLD`` and so on."""

    threshold: float = Field(default=0.5, gt=0, lt=1, description="Score from which a face counts as masked.")
    model_descriptor: Path | None = Field(
        default=None, description="Of a model that finds faces and masks at once, in pictures that are not blurred."
    )
    least_seen: int = Field(default=2, ge=1, description="Looks of a video in which a face must be seen to be counted.")
    detect_every: int = Field(default=3, ge=1, le=30, description="Frames of a video from one look to the next.")
    threads: int = Field(default=1, ge=1, description="CPU threads of the model.")
    max_megapixels: float = Field(default=50, gt=0, description="Larger pictures are rejected.")
    max_bytes: int = Field(default=400_000_000, gt=0, description="Larger objects are rejected.")
