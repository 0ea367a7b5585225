"""Blur every face in an uploaded picture or video."""

from functools import cache

from events import ObjectCreated
from functions.blur_faces.settings import BlurFaces
from functions.blur_faces.still import write_blurred
from functions.runtime import Context, function
from functions.vision import detectors
from functions.vision.pictures import read_picture
from functions.vision.video.kinds import form_of


@cache
def finder(settings: BlurFaces) -> detectors.FaceFinder:
    """Load the model once per process, not once per event."""
    return detectors.load(
        settings.model,
        file=settings.model_file,
        descriptor=settings.model_descriptor,
        threads=settings.threads,
    )


@function(settings=BlurFaces, warm=finder)
def blur_faces(event: ObjectCreated, ctx: Context[BlurFaces]) -> None:
    """Write ``<name>.blurred.png`` (of a video ``.mp4``), its faces made unreadable, and ``<name>.faces.json``.

    Raises:
        Rejected: The object is not one picture or video that can be read.
    """
    settings, path = ctx.settings, ctx.fetch(event)
    if form := form_of(path):
        from functions.blur_faces.video import blur_video

        blur_video(event, ctx, path, form=form, finder=finder(settings))
        return
    picture = read_picture(path, max_bytes=settings.max_bytes, max_megapixels=settings.max_megapixels)
    loaded = finder(settings)
    look = settings.look(loaded.detector.threshold)
    write_blurred(
        picture,
        loaded.find(picture, look),
        name=event.name,
        model=loaded.described(look),
        blur=settings.blurring(),
        ctx=ctx,
    )
