"""Tell which faces of a video wear a mask; a face counts once, however many frames it is in."""

from dataclasses import replace
from pathlib import Path

from events import ObjectCreated
from functions.mask_detect.drawing import annotated, enlargement
from functions.mask_detect.filmed import Filmed, Seen, from_one_stage, from_sidecar
from functions.mask_detect.judges import Judge, TwoStage, needed
from functions.mask_detect.masks import MaskedFace, MaskedTrack, MaskFilm, status
from functions.mask_detect.settings import MaskDetect
from functions.runtime import Context
from functions.vision.pictures import Picture
from functions.vision.video.progress import told
from functions.vision.video.reader import opened
from functions.vision.video.writer import VideoWriter


def judge_video(
    event: ObjectCreated, ctx: Context[MaskDetect], path: Path, *, form: str, sidecar: Path | None, judge: Judge
) -> None:
    """Write ``<name>.masks.mp4``, the video with a box and a label at each face, and ``<name>.masks.json``.

    Raises:
        Rejected: The video cannot be decoded, or no ``.faces.json`` that is about it came with it.
    """
    if isinstance(judge, TwoStage):
        filmed = from_sidecar(needed(sidecar, "video"), path, form=form, ctx=ctx, judge=judge)
    else:
        filmed = from_one_stage(path, form=form, ctx=ctx, judge=judge)
    record = _record(filmed, judge, ctx.settings.least_seen)
    ctx.output(f"{event.name}.masks.json").write_text(record.model_dump_json(indent=1) + "\n")
    _draw(ctx.output(f"{event.name}.masks.mp4"), path, form=form, ctx=ctx, filmed=filmed, record=record)
    ctx.metric("masks_count", record.masks_count)
    ctx.metric("no_masks_count", record.no_masks_count)
    numbers = {"masks": record.masks_count, "no_masks": record.no_masks_count, "status": record.status}
    ctx.log.info("masks counted", extra={**numbers, "frames": record.frames_count})


def _record(filmed: Filmed, judge: Judge, least: int) -> MaskFilm:
    """Count faces; one that was plain in fewer looks than ``least`` is taken for a mistake, if there were as many."""
    tracks = tuple(
        _labelled(number, seen, judge)
        for number, seen in sorted(filmed.seen.items())
        if seen.plain >= min(least, filmed.looks)
    )
    masks = sum(track.label == "mask" for track in tracks)
    return MaskFilm(
        width=filmed.header.width,
        height=filmed.header.height,
        frames_count=filmed.frames_count,
        seconds=filmed.seconds,
        model=judge.model,
        masks_count=masks,
        no_masks_count=len(tracks) - masks,
        status=status(masks, len(tracks) - masks),
        tracks=tracks,
    )


def _labelled(number: int, seen: Seen, judge: Judge) -> MaskedTrack:
    threshold = judge.threshold if isinstance(judge, TwoStage) else 0.5
    masked = seen.score >= threshold
    return MaskedTrack(
        track=number,
        label="mask" if masked else "no_mask",
        score=round(seen.score if masked else 1 - seen.score, 4),
        seen=seen.looks,
        first=round(seen.first, 6),
        last=round(seen.last, 6),
    )


def _draw(output: Path, path: Path, *, form: str, ctx: Context[MaskDetect], filmed: Filmed, record: MaskFilm) -> None:
    """Write the video with each face's label, the same in all of its frames."""
    labels = {track.track: track for track in record.tracks}
    boxes = filmed.boxes()
    settings, header = ctx.settings, filmed.header
    factor = enlargement(header.width, header.height)
    larger = replace(header, width=header.width * factor, height=header.height * factor, metadata=None, sound=None)
    total = 2 * filmed.frames_count
    with (
        opened(path, form, settings, settings.bounds()) as video,
        VideoWriter(output, larger, settings.crf, settings.threads) as writer,
    ):
        for frame in told(video.frames(), ctx, "drawing", total, done=filmed.frames_count):
            assert frame.colours is not None
            faces = tuple(
                MaskedFace(box=box, label=labels[track].label, score=labels[track].score)
                for track, box in boxes(frame.index, float(frame.time * header.time_base))
                if track in labels
            )
            drawn = annotated(Picture(frame.colours), faces)
            writer.write(drawn.colours(), time=frame.time, duration=frame.duration)
