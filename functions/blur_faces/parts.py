"""blur-faces as two functions: where the picture is, the first half of the face model; where there is more power, the
rest. Both together write the very bytes that ``blur_faces`` writes.

A service chooses one of them by ``NORIA_FUNCTION: functions.blur_faces.parts:blur_faces_head``.
"""

from functools import cache
from pathlib import Path
from typing import Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from events import ObjectCreated
from functions.blur_faces.settings import BlurSettings, LookSettings, ModelSettings, PictureSettings
from functions.blur_faces.still import write_blurred
from functions.partitioning.hand_over import HandOverError, load, save
from functions.runtime import Context, Rejected, function
from functions.runtime.workspace import private_folder
from functions.vision.halves import FirstHalf, Halved, SecondHalf, first_half, halved, second_half
from functions.vision.inference import Tensor
from functions.vision.pictures import read_picture
from functions.vision.video.kinds import form_of

ENDING = ".half.npz"
PICTURE = "picture"
MOST_BYTES = 1 << 30
"""What a hand-over may have at all; nothing in one is packed."""


class _Half(ModelSettings):
    cut: str | None = Field(default=None, description="Tensor that goes on; `noria partition` tells which there are.")


class BlurFacesHead(_Half, LookSettings, PictureSettings):
    """Set from the environment as ``BLUR_FACES_HEAD_PROFILE`` and so on."""

    max_handed: int = Field(default=300_000_000, gt=0, le=MOST_BYTES, description="Bytes that one picture may become.")


class BlurFacesTail(_Half, BlurSettings, PictureSettings):
    """Set from the environment as ``BLUR_FACES_TAIL_STRENGTH`` and so on; how hard to look is the head's."""

    max_bytes: int = Field(default=400_000_000, gt=0, le=MOST_BYTES, description="Larger hand-overs are rejected.")


class Handed(BaseModel):
    """What a hand-over says beside its tensors: ``picture``, the bytes of it, and ``0``, ``1``... for its views."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: Literal["noria.faces-half/1"] = "noria.faces-half/1"
    model: str = Field(pattern=r"^[0-9a-f]{64}$", description="SHA-256 of the whole model.")
    cut: str = Field(max_length=1000)
    look: LookSettings = Field(description="What the head was told.")
    views: int = Field(ge=1, le=900)


def _cut(settings: _Half) -> Halved:
    return halved(settings.model, file=settings.model_file, descriptor=settings.model_descriptor, cut=settings.cut)


@cache
def head(settings: BlurFacesHead) -> FirstHalf:
    """Cut and load the model once per process, not once per event."""
    return first_half(_cut(settings), threads=settings.threads)


@cache
def tail(settings: BlurFacesTail) -> SecondHalf:
    """Cut and load the model once per process, not once per event."""
    return second_half(_cut(settings), threads=settings.threads)


@function(settings=BlurFacesHead, warm=head)
def blur_faces_head(event: ObjectCreated, ctx: Context[BlurFacesHead]) -> None:
    """Write ``<name>.half.npz``: the picture as it was uploaded, and what the first half of the model saw in it.

    Raises:
        Rejected: The object is not one picture that can be read.
    """
    settings, path = ctx.settings, ctx.fetch(event)
    if form_of(path):
        raise Rejected("the object is a video, and blur-faces in two halves takes pictures", hint="use blur-faces")
    picture = read_picture(path, max_bytes=settings.max_bytes, max_megapixels=settings.max_megapixels)
    half = head(settings)
    look = settings.look(half.halved.detector.threshold)
    seen, size = [], path.stat().st_size
    for tensor in half.seen(picture, look):
        seen.append(tensor)
        size += tensor.nbytes
        if size > settings.max_handed:
            said = f"more than {settings.max_handed:,} bytes would be handed over"
            raise Rejected(said, hint="look at less detail, or raise MAX_HANDED and the memory of both halves")
    handed = Handed(
        model=half.halved.detector.sha256,
        cut=half.halved.tensor,
        look=LookSettings(**{name: getattr(settings, name) for name in LookSettings.model_fields}),
        views=len(seen),
    )
    tensors = {str(place): tensor for place, tensor in enumerate(seen)}
    values = {**handed.model_dump(), PICTURE: np.fromfile(path, np.uint8), **tensors}
    save(ctx.output(f"{event.name}{ENDING}"), values)
    ctx.metric("views", len(seen))
    ctx.metric("handed_bytes", size)
    ctx.log.info("first half seen", extra={"views": len(seen), "bytes": size})


@function(settings=BlurFacesTail, warm=tail)
def blur_faces_tail(event: ObjectCreated, ctx: Context[BlurFacesTail]) -> None:
    """Write what blur-faces writes of the picture in a hand-over, under the picture's name.

    Raises:
        Rejected: The object is no hand-over of the other half, or not of the same model and cut.
    """
    name = event.name.removesuffix(ENDING)
    if name in ("", event.name):
        raise Rejected(f"{event.name} is not named as a hand-over is", hint=f"it ends with {ENDING}")
    settings, path = ctx.settings, ctx.fetch(event)
    if path.stat().st_size > settings.max_bytes:
        raise Rejected(f"the hand-over has {path.stat().st_size:,} bytes, more than {settings.max_bytes:,}")
    half = tail(settings)
    content, handed, seen = _read(path, event.name)
    ours = half.halved.detector.sha256, half.halved.tensor
    if (handed.model, handed.cut) != ours:
        said = f"model {handed.model[:12]} cut at {handed.cut[:60]!r}, and this is {ours[0][:12]} cut at {ours[1]!r}"
        raise Rejected(f"the hand-over is of {said}", hint="let both halves have the same settings")
    with private_folder(ctx.folder.parent.resolve()) as private:  # the host clears that up whatever happens
        file = private / PICTURE
        file.write_bytes(content)
        picture = read_picture(file, max_bytes=settings.max_bytes, max_megapixels=settings.max_megapixels)
    look = handed.look.look(half.halved.detector.threshold)
    found = half.find(picture, look, seen)
    write_blurred(picture, found, name=name, model=half.whole.described(look), blur=settings.blurring(), ctx=ctx)


def _read(path: Path, name: str) -> tuple[bytes, Handed, list[Tensor]]:
    """Give the picture's bytes, what is said beside it, and the tensors of its views."""
    try:
        values, _ = load(path, name=name)
        tensors = {key: value for key, value in values.items() if isinstance(value, np.ndarray)}
        handed = Handed.model_validate({key: value for key, value in values.items() if key not in tensors})
    except HandOverError as error:
        raise Rejected(str(error), hint="it is what blur-faces-head writes") from None
    except ValidationError:
        raise Rejected(f"{name} is no hand-over of a half of blur-faces", hint="upload pictures to its head") from None
    picture = tensors.pop(PICTURE, None)
    views = [tensors.get(str(place)) for place in range(handed.views)]
    if picture is None or picture.dtype != np.uint8 or len(tensors) != len(views):
        raise Rejected(f"{name} has no picture in it, or other tensors than {handed.views} views")
    return picture.tobytes(), handed, [each for each in views if each is not None]
