"""What blur-faces can be told about video."""

from typing import Literal

from pydantic import Field

from functions.vision.video.settings import VideoLimits


class VideoSettings(VideoLimits):
    """The part of blur-faces' settings that is about video."""

    video: Literal["whole", "frames"] = Field(default="whole", description="Blur all of a video, or take frames of it.")
    every: float = Field(default=5, ge=0.04, description="Seconds from one frame that is taken to the next.")
    max_taken: int = Field(default=1000, ge=1, le=10_000, description="Most frames taken of one video.")
    detect_every: int | None = Field(default=None, ge=1, le=30, description="Frames from one look to the next.")
    carry: float = Field(default=0.5, ge=0, le=2, description="Seconds that a face is blurred before and after.")
    keep_audio: bool = Field(default=False, description="Keep a video's sound; a voice names its speaker.")
    keep_metadata: bool = Field(default=False, description="Keep what a video says about itself, places too.")
