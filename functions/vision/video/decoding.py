"""The process that decodes: ``python -m functions.vision.video.decoding FILE FORM BOUNDS``, in a sandbox.

Whatever a hostile file makes of FFmpeg happens here, where there is no network, no other file and little memory.
"""

import json
import os
import sys
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path

import av
from av.container import InputContainer
from av.stream import Disposition

from functions.vision.video.messages import (
    END,
    FRAME,
    HEADER,
    LOST,
    MESSAGE,
    REFUSAL,
    SKIPPED,
    TEXT_LIMIT,
    Bounds,
    Header,
    RefusedError,
)
from functions.vision.video.orientation import Upright
from functions.vision.video.refusals import FAILURES, NO_MEMORY, check_length, check_pixels, refused
from functions.vision.video.sound import Listening

Say = Callable[[bytes, int, int, bytes | memoryview], None]
# What phones, cameras, browsers and editors write; FFmpeg has 300 more, each a way in.
_CODECS = """
h264 hevc av1 libdav1d vp8 vp9 libvpx libvpx-vp9 mpeg4 mpeg2video mpeg1video mjpeg gif h263 msmpeg4v3 msmpeg4v2
msmpeg4 wmv1 wmv2 wmv3 vc1 theora prores dnxhd ffv1 huffyuv ffvhuff utvideo rawvideo png dvvideo
"""
CODECS = frozenset(_CODECS.split())
FINEST = 1_000_000  # units of time in a second; MP4 cannot say all that MKV can
EARLY = 500
"""Pieces of sound that may come before the first frame; ten seconds of AAC."""
METADATA = 32
"""Entries that are kept, of 1,000 characters each."""


def decode(path: Path, form: str, bounds: Bounds, say: Say) -> None:
    """Decode a file and say what is in it.

    Raises:
        RefusedError: It cannot be decoded, or has more of something than it may.
    """
    # A form that is named is not guessed: no playlist, list of files or address is ever followed.
    options = {"protocol_whitelist": "file", "max_streams": "32"}
    try:
        container = av.open(str(path), "r", format=form, options=options, metadata_errors="replace")
    except FAILURES as error:
        raise refused(error, "the video cannot be opened") from error
    with container:
        _Decoding(container, bounds, say).run()


class _Decoding:
    """One file being decoded."""

    def __init__(self, container: InputContainer, bounds: Bounds, say: Say) -> None:
        self._bounds, self._say = bounds, say
        self._container = container
        self._stream = _video_stream(container)
        base = self._stream.time_base or Fraction(1, 1000)
        # Only where MP4 could not count it: elsewhere every time stays exactly as it is.
        self._base = base if base.denominator <= FINEST and base > 0 else Fraction(1, 90_000)
        self._factor = base / self._base
        rate = self._stream.average_rate or self._stream.guessed_rate or Fraction(25)
        self._rate = min(max(Fraction(rate), Fraction(1, 100)), Fraction(240))
        self._step = max(1, round(1 / self._rate / self._base))
        self._origin = self._stream.start_time
        self._upright: Upright | None = None
        self._listening = Listening.to(container, base, self._origin) if bounds.sound else None
        self._early: list[tuple[bytes, int, int, bytes]] = []
        self._packets, self._frames, self._last, self._next = 0, 0, -1, Fraction(0)

    def run(self) -> None:
        check_pixels(self._stream.codec_context.width, self._stream.codec_context.height, self._bounds)
        self._stream.codec_context.options = {"max_pixels": str(self._bounds.pixels)}  # where the file's header lies
        for packet in self._demuxed():
            if packet.stream is not self._stream:
                if self._listening:
                    self._listening.hear(packet, self._say_sound, limit=self._bounds.seconds)
                continue
            self._packets += bool(packet.size)
            try:
                frames = packet.decode()
            except FAILURES as error:
                raise refused(error, f"the video is damaged or cut off after {self._seconds:.2f} s") from error
            for frame in frames:
                if isinstance(frame, av.VideoFrame):
                    self._take(frame)
        if self._upright is None:
            raise RefusedError("the video has no frame in it", "upload the video again; it may have been cut off")
        # MOV and MP4 list their frames; what is missing at the end FFmpeg passes over in silence.
        if self._container.format.name.startswith("mov") and self._packets < self._stream.frames:
            raise RefusedError(f"the video is cut off after {self._seconds:.2f} s", "upload the video again")
        self._say(END, self._frames, 0, b"")

    def _demuxed(self) -> Iterator["av.Packet[av.stream.Stream]"]:
        streams = [self._stream, *([self._listening.stream] if self._listening else [])]
        try:
            yield from self._container.demux(*streams)
        except FAILURES as error:
            raise refused(error, f"the video is damaged or cut off after {self._seconds:.2f} s") from error

    def _say_sound(self, kind: bytes, time: int, duration: int, content: bytes | memoryview) -> None:
        if self._upright:
            self._say(kind, time, duration, content)
        elif len(self._early) < EARLY:
            self._early.append((kind, time, duration, bytes(content)))
        else:
            raise RefusedError("the video's sound begins long before its first frame", "set KEEP_AUDIO to false")

    @property
    def _seconds(self) -> float:
        return float(max(0, self._last) * self._base)

    def _take(self, frame: "av.VideoFrame") -> None:
        if frame.is_corrupt:
            raise RefusedError(
                f"the video is damaged after {self._seconds:.2f} s", "upload it again, or mend it with an editor"
            )
        check_pixels(frame.width, frame.height, self._bounds)
        if self._upright is None:
            self._upright = Upright.of(frame)
            self._head(self._upright)
        time = self._time(frame)
        self._frames += 1
        check_length(self._frames, float(time * self._base), self._bounds)
        longest = max(1, round(self._bounds.seconds / self._base))  # of what a file says anything may be said
        duration = min(max(1, round(frame.duration * self._factor)) if frame.duration else self._step, longest)
        self._last = time
        if time * self._base < self._next:
            self._say(SKIPPED, time, duration, b"")
            return
        if self._bounds.every:
            every = Fraction(self._bounds.every).limit_denominator(1000)
            self._next = (time * self._base // every + 1) * every
        self._say(FRAME, time, duration, self._upright.colours(frame).data.cast("B"))

    def _time(self, frame: "av.VideoFrame") -> int:
        """Give when a frame is shown, always later than the one before."""
        if frame.pts is None:
            return self._last + self._step if self._last >= 0 else 0
        if self._origin is None:
            self._origin = frame.pts
        return max(round((frame.pts - self._origin) * self._factor), self._last + 1)

    def _head(self, upright: Upright) -> None:
        width, height = upright.size
        aspect = self._stream.sample_aspect_ratio or Fraction(1)
        aspect = aspect if Fraction(1, 16) <= aspect <= 16 else Fraction(1)
        entries = list(self._container.metadata.items())[:METADATA]
        header = Header(
            width=width,
            height=height,
            time_base=self._base,
            rate=self._rate,
            aspect=1 / aspect if upright.is_turned else aspect,
            total=max(0, self._stream.frames),
            sound=self._listening.form if self._listening else None,
            metadata={name[:100]: value[:1000] for name, value in entries},
        )
        self._say(HEADER, 0, 0, header.to_json())
        for each in self._early:
            self._say(*each)
        self._early.clear()


def _video_stream(container: InputContainer) -> "av.VideoStream":
    for stream in container.streams.video:
        if Disposition.attached_pic not in stream.disposition:
            break
    else:
        raise RefusedError("the file has no video in it", "upload a video, or a picture as a PNG or JPEG file")
    name = stream.codec_context.name if stream.codec_context else "unknown"
    if name not in CODECS:
        raise RefusedError(f"the video's codec {name} is not one that is decoded", "save the video as H.264 in MP4")
    stream.thread_count = 1  # memory: each thread keeps frames of its own
    return stream


def main(path: str, form: str, bounds: str) -> None:
    """Decode for the process that reads our standard output."""
    output = os.fdopen(os.dup(1), "wb", buffering=0)
    os.dup2(2, 1)  # what a library prints must not get in between

    def say(kind: bytes, time: int, duration: int, content: bytes | memoryview) -> None:
        output.write(MESSAGE.pack(kind, time, duration, len(content)))
        view = memoryview(content)
        while view:
            view = view[output.write(view) :]

    def tell(kind: bytes, *words: str) -> None:
        say(kind, 0, 0, json.dumps(words).encode()[:TEXT_LIMIT])

    try:
        decode(Path(path), form, Bounds(**json.loads(bounds)), say)
    except RefusedError as error:
        tell(REFUSAL, error.sentence, error.hint)
    except (MemoryError, BlockingIOError):  # FFmpeg says "try again" where it found no memory for a frame
        tell(REFUSAL, *NO_MEMORY)
    except Exception as error:  # noqa: BLE001 - whatever it is, who reads must hear it
        tell(LOST, f"{type(error).__name__}: {error}"[:500])


if __name__ == "__main__":
    main(*sys.argv[1:])
