"""The sound of a video as plain samples, whatever it was stored as."""

from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, cast

import av
import av.error
from av.audio.resampler import AudioResampler
from av.container import InputContainer

from functions.vision.video.messages import SOUND, SOUND_LIMIT, RefusedError

Say = Callable[[bytes, int, int, bytes | memoryview], None]
RATES = (8_000, 11_025, 12_000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000)
"""Samples a second that AAC has (ISO/IEC 14496-3, 1.6.3.4) and MP4 players take."""
TOLERANCE = 0.1
"""Seconds by which a piece may be off: containers round times, some to milliseconds."""
LAYOUTS = {1: "mono", 2: "stereo"}
CODECS = frozenset(
    [
        "aac",
        "mp3",
        "mp3float",
        "opus",
        "libopus",
        "vorbis",
        "libvorbis",
        "flac",
        "alac",
        "ac3",
        "eac3",
        "mp2",
        "mp2float",
    ]
)


@dataclass
class Listening:
    """The first audio stream of a file; ``origin`` and ``base`` are the video's start and unit of time."""

    stream: av.AudioStream
    origin: Fraction
    form: tuple[int, int]
    _resampler: AudioResampler = field(init=False)
    _end: int = 0

    def __post_init__(self) -> None:
        rate, channels = self.form
        self._resampler = AudioResampler(format="s16", layout=LAYOUTS[channels], rate=rate)

    @classmethod
    def to(cls, container: InputContainer, base: Fraction, start: int | None) -> "Listening | None":
        """Listen to a file's sound, if it has any that is decoded.

        Raises:
            RefusedError: It has a codec that is not.
        """
        if not container.streams.audio:
            return None
        stream = container.streams.audio[0]
        name = stream.codec_context.name if stream.codec_context else "unknown"
        if name not in CODECS and not name.startswith("pcm_"):
            raise RefusedError(
                f"the video's sound is in {name}, which is not decoded", "set KEEP_AUDIO to false, or save it as AAC"
            )
        rate = next((rate for rate in RATES if RATES[0] <= (stream.rate or 0) <= rate), RATES[-1])
        return cls(stream, (start or 0) * base, (rate, min(2, max(1, stream.channels or 1))))

    def hear(self, packet: "av.Packet[Any]", say: Say, *, limit: float) -> None:
        """Decode a packet and say its samples, without those from before the first frame.

        Raises:
            RefusedError: It is damaged, or there are more than ``limit`` seconds of it.
        """
        try:
            for frame in packet.decode():
                for piece in self._resampler.resample(cast("av.AudioFrame", frame)):
                    self._say(piece, say, limit)
        except (av.error.FFmpegError, ValueError) as error:
            raise RefusedError("the video's sound is damaged", "set KEEP_AUDIO to false, or save it again") from error

    def _say(self, piece: av.AudioFrame, say: Say, limit: float) -> None:
        rate, channels = self.form
        width = 2 * channels
        content = bytes(piece.planes[0])[: piece.samples * width]
        at = self._end
        if piece.pts is not None and piece.time_base:
            told = round((piece.pts * piece.time_base - self.origin) * rate)
            at = at if at and abs(told - at) < TOLERANCE * rate else told
        early = max(0, self._end - at)  # before the first frame, or what was said already
        content, at = content[early * width :], at + early
        for start in range(0, len(content), SOUND_LIMIT):
            if at + start // width > limit * rate:
                raise RefusedError(f"the video's sound lasts longer than {limit:g} s", "set KEEP_AUDIO to false")
            part = content[start : start + SOUND_LIMIT]
            say(SOUND, at + start // width, len(part) // width, part)
            self._end = at + (start + len(part)) // width
