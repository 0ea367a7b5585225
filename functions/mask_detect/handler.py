"""Tell which of the faces that blur-faces found wear a mask."""

from functools import cache
from pathlib import Path

from pydantic import Field, ValidationError

from events import ObjectCreated
from functions.mask_detect import classifier
from functions.mask_detect.drawing import annotated
from functions.mask_detect.masks import MaskedFace, MaskModel, MaskSet, status
from functions.runtime import Context, Rejected, Settings, function
from functions.vision.faces import Box, FaceSet
from functions.vision.pictures import Picture, read_picture, write_picture


class MaskDetect(Settings):
    """Set from the environment as ``MASK_DETECT_THRESHOLD`` and so on."""

    threshold: float = Field(default=0.5, gt=0, lt=1, description="Score from which a face counts as masked.")
    threads: int = Field(default=1, ge=1, description="CPU threads of the model.")
    max_megapixels: float = Field(default=50, gt=0, description="Larger pictures are rejected.")
    max_bytes: int = Field(default=400_000_000, gt=0, description="Larger objects are rejected.")


@cache
def judge(settings: MaskDetect) -> classifier.MaskClassifier:
    """Load the network once per process, not once per event."""
    return classifier.load(threads=settings.threads)


@function(settings=MaskDetect, warm=judge)
def mask_detect(event: ObjectCreated, ctx: Context[MaskDetect]) -> None:
    """Write ``<name>.masks.png``, the picture with a box and a label at each face, and ``<name>.masks.json``.

    Raises:
        Rejected: The object is no picture, or no ``.faces.json`` came with it.
    """
    settings = ctx.settings
    sidecar = ctx.sibling(".faces.json")
    if sidecar is None:
        raise Rejected(
            "the picture has no .faces.json beside it",
            hint="upload the original picture to blur-faces' input; mask-detect reads what blur-faces writes",
        )
    picture = read_picture(ctx.fetch(event), max_bytes=settings.max_bytes, max_megapixels=settings.max_megapixels)
    boxes = _boxes(sidecar, picture)
    scores = judge(settings).scores(picture.colours(), boxes)
    faces = tuple(_labelled(box, score, settings.threshold) for box, score in zip(boxes, scores, strict=True))
    masks = sum(face.label == "mask" for face in faces)
    no_masks = len(faces) - masks
    record = MaskSet(
        width=picture.width,
        height=picture.height,
        model=MaskModel(sha256=classifier.SHA256, threshold=settings.threshold),
        masks_count=masks,
        no_masks_count=no_masks,
        status=status(masks, no_masks),
        faces=faces,
    )
    write_picture(ctx.output(f"{event.name}.masks.png"), annotated(picture, faces))
    ctx.output(f"{event.name}.masks.json").write_text(record.model_dump_json(indent=1) + "\n")
    ctx.metric("masks_count", masks)
    ctx.metric("no_masks_count", no_masks)
    ctx.log.info("masks counted", extra={"masks": masks, "no_masks": no_masks, "status": record.status})


def _boxes(sidecar: Path, picture: Picture) -> list[Box]:
    try:
        record = FaceSet.model_validate_json(sidecar.read_bytes())
    except ValidationError as error:
        raise Rejected("the .faces.json beside the picture is not one that blur-faces writes") from error
    if (record.width, record.height) != (picture.width, picture.height):
        raise Rejected(
            f"the .faces.json is about a picture of {record.width} x {record.height} pixels, "
            f"this one has {picture.width} x {picture.height}"
        )
    return [face.box for face in record.faces]


def _labelled(box: Box, score: float, threshold: float) -> MaskedFace:
    if score >= threshold:
        return MaskedFace(box=box, label="mask", score=score)
    return MaskedFace(box=box, label="no_mask", score=round(1 - score, 4))
