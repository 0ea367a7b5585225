"""A picture whose faces are known: blurred and written, with the record of it."""

from typing import Any

from functions.runtime import Context
from functions.vision.blurs import blurred
from functions.vision.faces import Blur, FaceModel, FaceSet, Found
from functions.vision.pictures import Picture, write_picture


def write_blurred(
    picture: Picture, found: list[Found], *, name: str, model: FaceModel, blur: Blur, ctx: Context[Any]
) -> None:
    """Write ``<name>.blurred.png`` and ``<name>.faces.json``, and count the faces.

    Args:
        picture: As it was uploaded.
        found: Its faces.
        name: What the picture was uploaded as.
        model: Which model found them, and how.
        blur: What is done to them.
        ctx: Of the run.
    """
    output, faces = blurred(picture, found, blur)
    record = FaceSet(width=picture.width, height=picture.height, model=model, blur=blur, faces=faces)
    write_picture(ctx.output(f"{name}.blurred.png"), output)
    ctx.output(f"{name}.faces.json").write_text(record.model_dump_json(indent=1) + "\n")
    ctx.metric("faces", len(faces))
    ctx.log.info("blurred", extra={"faces": len(faces), "width": picture.width, "height": picture.height})
