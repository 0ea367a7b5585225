"""Frames the right way up: phones store them as the sensor lies and write down how to turn them."""

import struct
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

import av
import numpy as np
from av.sidedata.sidedata import SideData, Type
from numpy.typing import NDArray

PLAIN = (1, 0, 0, 1)


@dataclass(frozen=True)
class Upright:
    """How the frames of a video are turned.

    Attributes:
        stored: Width and height in pixels, as stored; frames of other sizes are drawn within this one.
        turn: a, b, c, d of the display matrix as 1, 0 or -1: x' = a x + c y and y' = b x + d y, y downwards
            (ISO/IEC 14496-12, 8.3.2).
    """

    stored: tuple[int, int]
    turn: tuple[int, int, int, int] = PLAIN

    @classmethod
    def of(cls, frame: av.VideoFrame) -> "Upright":
        """Read it from a video's first frame."""
        return cls((frame.width, frame.height), _turn(frame))

    @property
    def is_turned(self) -> bool:
        """Whether width and height change places."""
        return self.turn[0] == 0

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels of what is shown."""
        return self.stored[::-1] if self.is_turned else self.stored

    def colours(self, frame: av.VideoFrame) -> NDArray[Any]:
        """Give a frame as (height, width, 3) BGR, contiguous."""
        pixels = self._fitted(frame)
        a, b, c, d = self.turn
        if self.is_turned:
            pixels = pixels.swapaxes(0, 1)
        across, down = (c, b) if self.is_turned else (a, d)
        return np.ascontiguousarray(pixels[:: down or 1, :: across or 1])

    def _fitted(self, frame: av.VideoFrame) -> NDArray[Any]:
        """Give a frame at the stored size, with black bars where it has another shape: no model knows a squeezed face.

        A call that goes on while the phone is turned has frames of both shapes in one stream.
        """
        width, height = self.stored
        share = min(width / frame.width, height / frame.height)
        across, down = max(1, round(frame.width * share)), max(1, round(frame.height * share))
        pixels = frame.to_ndarray(format="bgr24", width=across, height=down)
        if (across, down) == (width, height):
            return pixels
        whole = np.zeros((height, width, 3), np.uint8)
        left, top = (width - across) // 2, (height - down) // 2
        whole[top : top + down, left : left + across] = pixels
        return whole


def _turn(frame: av.VideoFrame) -> tuple[int, int, int, int]:
    """Round a display matrix to the nearest quarter turn, with or without a mirror; anything odd counts as none."""
    try:
        found = cast("Mapping[Type, SideData]", frame.side_data)[Type.DISPLAYMATRIX]
        matrix = struct.unpack("<9i", bytes(found))
    except (KeyError, struct.error):
        return PLAIN
    a, b, c, d = (matrix[at] for at in (0, 1, 3, 4))
    if abs(a) + abs(d) >= abs(b) + abs(c):
        return (_sign(a), 0, 0, _sign(d)) if a and d else PLAIN
    return (0, _sign(b), _sign(c), 0) if b and c else PLAIN


def _sign(value: int) -> int:
    return 1 if value > 0 else -1
