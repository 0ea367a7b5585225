"""Videos as functions write them: H.264 in MP4, every frame at its own time, and nothing beside what is handed over."""

from contextlib import ExitStack
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Self

import av
import cv2
import numpy as np
from av.codec.context import Flags
from numpy.typing import NDArray

from functions.vision.pictures import Colours
from functions.vision.video.messages import Header

BT709, LIMITED = 1, 1  # ITU-T H.273, tables 2 to 4; AVCOL_RANGE_MPEG


@dataclass
class VideoWriter:
    """Writes ``path``; a context manager.

    Attributes:
        header: Of the video that is written; its sound and metadata only if there is any to keep.
        crf: Loss, see ``VideoLimits``.
        threads: Of the encoder; the same number gives the same bytes.
    """

    path: Path
    header: Header
    crf: int = 20
    threads: int = 1
    _stack: ExitStack = field(default_factory=ExitStack)

    def __enter__(self) -> Self:
        # The index first, so that a browser can play it while it loads.
        options = {"movflags": "+faststart", "fflags": "+bitexact"}
        self._container = self._stack.enter_context(av.open(str(self.path), "w", format="mp4", options=options))
        self._container.metadata.update(self.header.metadata or {})
        self._video = self._video_stream()
        self._audio = self._audio_stream() if self.header.sound else None
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._stack:
            if kind is None:
                self._container.mux(self._video.encode(None))
                if self._audio:
                    self._container.mux(self._audio.encode(None))

    def write(self, colours: Colours, *, time: int, duration: int) -> None:
        """Write a frame, later than the one before; its time and duration are in units of the header's time base."""
        frame = av.VideoFrame.from_ndarray(_even(colours), format="bgr24")
        frame = frame.reformat(format="yuv420p", dst_colorspace=BT709, dst_color_range=LIMITED)
        frame.pts, frame.duration, frame.time_base = time, duration, self.header.time_base
        self._container.mux(self._video.encode(frame))

    def hear(self, samples: NDArray[np.int16], *, at: int) -> None:
        """Write (samples, channels) of sound from sample ``at`` on."""
        assert self._audio is not None
        assert self.header.sound is not None
        rate, channels = self.header.sound
        layout = "stereo" if channels > 1 else "mono"
        frame = av.AudioFrame.from_ndarray(samples.reshape(1, -1), format="s16", layout=layout)
        frame.sample_rate, frame.pts, frame.time_base = rate, at, Fraction(1, rate)
        self._container.mux(self._audio.encode(frame))

    def _video_stream(self) -> av.VideoStream:
        header = self.header
        options = {"preset": "veryfast", "crf": str(self.crf), "x264-params": "rc-lookahead=10"}
        stream = self._container.add_stream("libx264", rate=header.rate, options=options)
        stream.width, stream.height = header.width + header.width % 2, header.height + header.height % 2
        stream.pix_fmt = "yuv420p"
        stream.time_base = header.time_base
        context = stream.codec_context
        context.time_base = header.time_base
        context.sample_aspect_ratio = header.aspect
        context.thread_count = self.threads
        context.max_b_frames = 0  # a frame is written when it is shown: no delay, and no time before zero
        context.flags |= Flags.frame_duration | Flags.bitexact
        context.colorspace = context.color_primaries = context.color_trc = BT709
        context.color_range = LIMITED
        return stream

    def _audio_stream(self) -> av.AudioStream:
        assert self.header.sound is not None
        rate, channels = self.header.sound
        stream = self._container.add_stream("aac", rate=rate)
        stream.codec_context.layout = "stereo" if channels > 1 else "mono"
        stream.codec_context.flags |= Flags.bitexact
        return stream


def _even(colours: Colours) -> Colours:
    """Repeat the last row or column of odd ones: H.264 stores one colour for each two by two pixels."""
    height, width = colours.shape[:2]
    if height % 2 or width % 2:
        colours = np.asarray(cv2.copyMakeBorder(colours, 0, height % 2, 0, width % 2, cv2.BORDER_REPLICATE), np.uint8)
    return np.ascontiguousarray(colours)
