"""How much of a video a function takes, and how its decoder is kept in."""

from pydantic import Field

from functions.runtime import Settings
from functions.sandbox.walls import Setting
from functions.vision.video.messages import Bounds


class VideoLimits(Settings):
    """What functions that take video have in common."""

    max_seconds: float = Field(default=3600, gt=0, le=86_400, description="Longer videos are rejected.")
    max_frames: int = Field(default=90_000, ge=1, description="Videos with more frames are rejected.")
    max_frame_megapixels: float = Field(default=9, gt=0, le=50, description="Videos with larger frames are rejected.")
    max_video_bytes: int = Field(default=4_000_000_000, gt=0, description="Larger video files are rejected.")
    decoder_memory: int = Field(default=512 << 20, ge=128 << 20, description="Bytes for decoding; part of the FDL's.")
    sandbox: Setting = Field(default="auto", description="For decoding: bubblewrap, landlock, the better one, or none.")
    crf: int = Field(default=20, ge=0, le=40, description="Loss of a written video: 0 none, 23 usual, 40 much.")

    def bounds(self, *, every: float = 0, sound: bool = False) -> Bounds:
        """Give what the decoding process is told."""
        pixels = int(self.max_frame_megapixels * 1e6)
        return Bounds(self.max_seconds, self.max_frames, pixels, every, sound)
