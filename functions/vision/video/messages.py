"""What the decoding process says, on its standard output: a header, frames and sound, then an end or a refusal.

Each message is ``MESSAGE`` and as many bytes as that says.
"""

import json
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

MESSAGE = struct.Struct("<cqqI")
"""Kind, time, duration, bytes that follow. Of a frame both are counted in the header's ``time_base``, of sound in
samples, from the first frame on."""
HEADER, FRAME, SKIPPED, SOUND, END, REFUSAL, LOST = b"H", b"F", b"S", b"A", b"E", b"R", b"L"
TEXT_LIMIT = 65_536
"""Bytes of a message that is text."""
SOUND_LIMIT = 1 << 18
"""Bytes of a piece of sound: 16-bit samples, the channels' in turn."""


class RefusedError(Exception):
    """The video cannot be used; one sentence and what a person can do."""

    def __init__(self, sentence: str, hint: str) -> None:
        super().__init__(sentence)
        self.sentence, self.hint = sentence, hint


@dataclass(frozen=True)
class Header:
    """What a video is, the right way up.

    Attributes:
        width: Pixels; ``height`` likewise.
        time_base: Seconds of one unit of time.
        rate: Frames a second, about.
        aspect: Width of a pixel in heights of it.
        total: Frames that the file says it has; 0 if it does not.
        sound: Samples a second, and channels; None without sound.
        metadata: What the file says about itself.
    """

    width: int
    height: int
    time_base: Fraction
    rate: Fraction
    aspect: Fraction
    total: int = 0
    sound: tuple[int, int] | None = None
    metadata: Mapping[str, str] | None = None

    def to_json(self) -> bytes:
        """Write it for another process."""
        return json.dumps(vars(self), default=str).encode()

    @classmethod
    def from_json(cls, text: bytes) -> "Header":
        """Read it again.

        Raises:
            ValueError: It is not one: the process that decodes is not believed.
        """
        try:
            fields: dict[str, Any] = json.loads(text)
            base, rate, aspect = (Fraction(str(fields[name])) for name in ("time_base", "rate", "aspect"))
            width, height, total = (int(fields[name]) for name in ("width", "height", "total"))
            sound = (int(fields["sound"][0]), int(fields["sound"][1])) if fields["sound"] else None
            metadata = {str(name): str(value) for name, value in (fields["metadata"] or {}).items()}
        except (TypeError, KeyError, IndexError, ZeroDivisionError, AttributeError) as error:
            raise ValueError("not a header") from error
        if min(width, height, *(sound or ())) <= 0 or min(base, rate, aspect) <= 0:
            raise ValueError("a video without size or time")
        return cls(width, height, base, rate, aspect, total, sound, metadata)


@dataclass(frozen=True)
class Bounds:
    """What is wanted of a video, and how much of it there may be.

    Attributes:
        seconds: Longest video.
        frames: Most frames of it.
        pixels: Most of one frame.
        every: Seconds between the frames that are wanted; 0 for all.
        sound: Whether sound is wanted.
    """

    seconds: float
    frames: int
    pixels: int
    every: float = 0
    sound: bool = False
