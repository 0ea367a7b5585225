"""Tell which faces in a picture or video wear a mask."""

from functools import cache

from events import ObjectCreated
from functions.mask_detect import judges
from functions.mask_detect.drawing import annotated
from functions.mask_detect.masks import MaskSet, status
from functions.mask_detect.settings import MaskDetect
from functions.runtime import Context, function
from functions.vision.pictures import read_picture, write_picture
from functions.vision.video.kinds import form_of


@cache
def judge(settings: MaskDetect) -> judges.Judge:
    """Load the model once per process, not once per event."""
    return judges.chosen(settings)


@function(settings=MaskDetect, warm=judge)
def mask_detect(event: ObjectCreated, ctx: Context[MaskDetect]) -> None:
    """Write ``<name>.masks.png`` (of a video ``.mp4``), a box and a label at each face, and ``<name>.masks.json``.

    Raises:
        Rejected: The object is no picture or video, or no ``.faces.json`` came with it.
    """
    settings, path = ctx.settings, ctx.fetch(event)
    chosen = judge(settings)
    sidecar = ctx.sibling(".faces.json")
    if form := form_of(path):
        from functions.mask_detect.video import judge_video

        judge_video(event, ctx, path, form=form, sidecar=sidecar, judge=chosen)
        return
    picture = read_picture(path, max_bytes=settings.max_bytes, max_megapixels=settings.max_megapixels)
    faces = chosen.faces(picture, sidecar)
    masks = sum(face.label == "mask" for face in faces)
    no_masks = len(faces) - masks
    record = MaskSet(
        width=picture.width,
        height=picture.height,
        model=chosen.model,
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
