"""Small videos of every kind, made on the spot from package pictures."""

import io
from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any, cast

import av
import cv2
import numpy as np
from av.container import OutputContainer
from PIL import Image

from functions.vision.pictures import Colours, read_picture
from functions.vision.video.kinds import form_of
from functions.vision.video.messages import Header
from functions.vision.video.reader import Frame, Sound, opened
from functions.vision.video.settings import VideoLimits
from tests.unit.vision.images import example

CODECS = {".mp4": "libx264", ".mov": "libx264", ".mkv": "libx264", ".webm": "libvpx-vp9", ".avi": "mpeg4"}
LIMITS = VideoLimits(max_seconds=60, max_frames=200, max_frame_megapixels=1)


@cache
def portrait(width: int = 192, height: int = 144) -> Colours:
    """Give the astronaut's head and shoulders at a size, BGR."""
    whole = read_picture(example("astronaut.png")).colours()[:256, 85:427]
    return np.asarray(cv2.resize(whole, (width, height), interpolation=cv2.INTER_AREA), np.uint8)


def moved(count: int, *, step: int = 4, width: int = 192, height: int = 144) -> list[Colours]:
    """Give pictures in which the head goes to the right."""
    return [np.roll(portrait(width, height), number * step, axis=1) for number in range(count)]


def clip(
    path: Path,
    pictures: Iterable[Colours],
    *,
    times: Sequence[int] | None = None,
    base: Fraction = Fraction(1, 25),
    sound: float = 0,
    metadata: Mapping[str, str] | None = None,
    matrix: Sequence[int] | None = None,
    **stream_fields: Any,
) -> Path:
    """Write a video in the container that the file's ending names.

    Args:
        path: Where to.
        pictures: BGR, all of one size.
        times: When each is shown, in units of ``base`` seconds.
        base: Seconds.
        sound: Seconds of a tone of 440 Hz.
        metadata: What the file says about itself.
        matrix: How a player is to turn it.
        **stream_fields: Set on the video stream's codec.
    """
    waiting = list(pictures)
    with av.open(str(path), "w", options={"fflags": "+bitexact"}) as container:
        container.metadata.update(metadata or {})
        stream = cast("av.VideoStream", container.add_stream(CODECS[path.suffix], rate=Fraction(25)))
        stream.height, stream.width = waiting[0].shape[:2]
        stream.pix_fmt = "yuv420p"
        stream.codec_context.time_base = base
        if path.suffix == ".mp4":
            stream.codec_context.options = {"preset": "ultrafast", "crf": "12"}
        for name, value in stream_fields.items():
            setattr(stream.codec_context, name, value)
        if matrix:
            stream.set_display_matrix(matrix)
        if sound:
            codec = "libopus" if path.suffix == ".webm" else "aac"
            _tone(container, cast("av.AudioStream", container.add_stream(codec, rate=48_000)), sound)
        for number, colours in enumerate(waiting):
            picture = av.VideoFrame.from_ndarray(np.ascontiguousarray(colours), format="bgr24")
            picture.pts, picture.time_base = (times[number] if times else number), base
            container.mux(stream.encode(picture))
        container.mux(stream.encode(None))
    return path


def _tone(container: OutputContainer, stream: av.AudioStream, seconds: float) -> None:
    samples = (8000 * np.sin(np.arange(int(48_000 * seconds)) * 440 * 2 * np.pi / 48_000)).astype(np.int16)
    frame = av.AudioFrame.from_ndarray(samples[None], format="s16", layout="mono")
    frame.sample_rate, frame.pts = 48_000, 0
    container.start_encoding()
    container.mux(stream.encode(frame))
    container.mux(stream.encode(None))


def moving_gif(count: int, *, width: int = 64, height: int = 48, duration: int = 40) -> bytes:
    """Give a GIF of ``count`` frames, each shown for ``duration`` milliseconds."""
    frames = [Image.fromarray(each[..., ::-1]) for each in moved(count, width=width, height=height)]
    buffer = io.BytesIO()
    frames[0].save(buffer, "GIF", save_all=True, append_images=frames[1:], duration=duration, loop=0)
    return buffer.getvalue()


def endless_gif(count: int) -> bytes:
    """Give a GIF that shows one pixel ``count`` times, 25 bytes a frame; no library would write it."""
    start = b"GIF89a\1\0\1\0\x80\0\0\0\0\0\xff\xff\xff"
    control, picture = b"!\xf9\4\0\4\0\0\0", b",\0\0\0\0\1\0\1\0\0\2\2\x44\1\0"
    return start + (control + picture) * count + b";"


def read(path: Path, limits: VideoLimits = LIMITS, **bounds: Any) -> tuple[Header, list[Frame], list[Sound]]:
    """Decode a video as functions do, all of it."""
    form = form_of(path)
    assert form is not None
    with opened(path, form, limits, limits.bounds(**bounds)) as video:
        parts = list(video.parts())
    frames = [each for each in parts if isinstance(each, Frame)]
    return video.header, frames, [each for each in parts if isinstance(each, Sound)]
