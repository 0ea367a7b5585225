"""Blur every face in a video, or in frames taken of it."""

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from events import ObjectCreated
from functions.blur_faces.settings import BlurFaces
from functions.blur_faces.still import write_blurred
from functions.runtime import Context, Rejected
from functions.vision.blurs import kernel, unreadable
from functions.vision.detectors import FaceFinder
from functions.vision.faces import Blur
from functions.vision.films import FilmedFace, FilmSet
from functions.vision.films import Frame as FilmedFrame
from functions.vision.pictures import Colours, Picture
from functions.vision.video import film
from functions.vision.video.carrying import Carried, Carrier
from functions.vision.video.looking import Watch
from functions.vision.video.messages import Header
from functions.vision.video.progress import told
from functions.vision.video.reader import Sound, opened
from functions.vision.video.tracking import Linker
from functions.vision.video.writer import VideoWriter

FAINT = 0.6
"""Share of the threshold from which on a face counts where it was seen better before or after."""
LOOKS = {"fast": 5, "standard": 3, "private": 1}
"""Frames from one look to the next, by profile."""


def blur_video(event: ObjectCreated, ctx: Context[BlurFaces], path: Path, *, form: str, finder: FaceFinder) -> None:
    """Write what the settings want of a video: all of it with its faces blurred, or frames taken of it.

    Raises:
        Rejected: The object is no video that can be decoded, or is longer or larger than it may be.
    """
    if ctx.settings.video == "frames":
        _Taking(event, ctx, finder).run(path, form)
    else:
        _Blurring(event, ctx, finder).run(path, form)


class _Blurring:
    """One video, gone through twice: first its faces are found, then, knowing what comes, it is written."""

    def __init__(self, event: ObjectCreated, ctx: Context[BlurFaces], finder: FaceFinder) -> None:
        self._event, self._ctx, self._finder = event, ctx, finder
        self._settings = ctx.settings
        self._look = self._settings.look(finder.detector.threshold)
        self._blur = self._settings.blurring()

    def run(self, path: Path, form: str) -> None:
        watch, header = self._watch(path, form)
        tracks = watch.linker.tracks()
        head = FilmSet(
            width=header.width,
            height=header.height,
            frames_count=watch.frames,
            seconds=watch.seconds,
            every=watch.every,
            tracks_count=len(tracks),
            model=self._finder.described(self._look),
            blur=self._blur,
            frames=(),
        )
        carrier = Carrier(tracks, (header.width, header.height), self._settings.carry)
        self._write(path, form, head, carrier)
        self._ctx.metric("faces", len(tracks))
        self._ctx.metric("frames", watch.frames)
        numbers = {"faces": len(tracks), "frames": watch.frames, "looks": watch.looks, "seconds": watch.seconds}
        self._ctx.log.info("video blurred", extra=numbers)

    def _watch(self, path: Path, form: str) -> tuple[Watch, Header]:
        usual = self._finder.detector.threshold
        share = FAINT if self._look.threshold >= usual else 1  # or it looks for the faint anyway
        faint = replace(self._look, threshold=self._look.threshold * share)
        every = self._settings.detect_every or LOOKS[self._settings.profile]
        with opened(path, form, self._settings, self._settings.bounds()) as video:
            watch = Watch(
                look=lambda colours: self._finder.find(Picture(colours), faint),
                linker=Linker(self._look.threshold),
                every=every,
                time_base=video.header.time_base,
            )
            for _ in told(watch.watch(video.frames()), self._ctx, "looking", 2 * video.header.total):
                pass
            return watch, video.header

    def _write(self, path: Path, form: str, head: FilmSet, carrier: Carrier) -> None:
        settings, name = self._settings, self._event.name
        bounds = settings.bounds(sound=settings.keep_audio)
        with (
            opened(path, form, settings, bounds) as video,
            self._ctx.output(f"{name}.faces.json").open("w", encoding="utf-8") as file,
            VideoWriter(
                self._ctx.output(f"{name}.blurred.mp4"), self._kept(video.header), settings.crf, settings.threads
            ) as writer,
        ):
            lines = film.begin(file, head, "frames")
            for part in told(video.parts(), self._ctx, "blurring", 2 * head.frames_count, done=head.frames_count):
                if isinstance(part, Sound):
                    writer.hear(part.samples, at=part.at)
                    continue
                assert part.colours is not None
                time = float(part.time * video.header.time_base)
                faces = covered(part.colours, carrier.faces(part.index, time), self._blur)
                writer.write(part.colours, time=part.time, duration=part.duration)
                if faces:
                    lines.add(FilmedFrame(index=part.index, time=round(time, 6), faces=faces))
            lines.end()

    def _kept(self, header: Header) -> Header:
        return header if self._settings.keep_metadata else replace(header, metadata=None)


class _Taking:
    """Frames taken of one video, each a picture of its own from then on."""

    def __init__(self, event: ObjectCreated, ctx: Context[BlurFaces], finder: FaceFinder) -> None:
        self._event, self._ctx, self._finder = event, ctx, finder
        self._look = ctx.settings.look(finder.detector.threshold)
        self._faces = self._taken = 0

    def run(self, path: Path, form: str) -> None:
        settings = self._ctx.settings
        with opened(path, form, settings, settings.bounds(every=settings.every)) as video:
            for frame in told(video.frames(), self._ctx, "taking", video.header.total):
                if frame.colours is not None:
                    self._take(frame.colours, float(frame.time * video.header.time_base))
        self._ctx.metric("faces", self._faces)
        self._ctx.metric("frames", self._taken)
        self._ctx.log.info("frames taken", extra={"faces": self._faces, "frames": self._taken})

    def _take(self, colours: Colours, time: float) -> None:
        settings = self._ctx.settings
        if self._taken == settings.max_taken:
            raise Rejected(
                f"more than {settings.max_taken:,} frames would be taken, one every {settings.every:g} s",
                hint="take them further apart (EVERY), upload the video in parts, or raise the MAX_TAKEN setting",
            )
        picture = Picture(colours)
        found = self._finder.find(picture, self._look)
        name = f"{self._event.name}.{time:010.3f}s"  # in the order of time when sorted by name
        model, blur = self._finder.described(self._look), settings.blurring()
        write_blurred(picture, found, name=name, model=model, blur=blur, ctx=self._ctx)
        self._faces += len(found)
        self._taken += 1


def covered(colours: Colours, faces: Iterable[Carried], blur: Blur) -> tuple[FilmedFace, ...]:
    """Blur a frame's faces in place, and give what was done to each."""
    height, width = colours.shape[:2]
    done = []
    for face in faces:
        area = face.cover.grown(blur.growth, width=width, height=height)
        size = kernel(face.cover, blur)
        colours[area.slices] = unreadable(colours[area.slices], size, blur)
        done.append(
            FilmedFace(
                box=face.box,
                score=face.score,
                blurred=area,
                kernel=size,
                track=face.track,
                detected=face.detected,
            )
        )
    return tuple(done)
