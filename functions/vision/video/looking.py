"""The first way through a video: which frames a model is shown, and what it finds handed to a linker."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

import cv2
import numpy as np
from numpy.typing import NDArray

from functions.vision.faces import Found
from functions.vision.pictures import Colours
from functions.vision.video.reader import Frame
from functions.vision.video.tracking import Linker, Rows, shared

Look = Callable[[Colours], list[Found]]
Cells = NDArray[np.float32]

STILL = 0.5
"""Overlap of a face in two frames from which on it has hardly moved between them."""
CALM = Fraction(1, 4)
"""Seconds that two looks may be apart where the frames between are passed over; slow videos are looked at whole."""
FLASH = 12
"""Levels of a colour by which a cell may differ from what both ends expect of it: more, and something was there."""
CELLS, LEAST = 128, 8
"""Cells of a frame's longer side, and least pixels of a cell's side: less is noise of the codec."""


KEPT = 96 << 20
"""Bytes of frames that are kept from one look to the next: three of 9 megapixels, whatever ``every`` is."""


@dataclass
class Watch:
    """Looks at every ``every``-th frame, and at those between where faces came, went, moved far or may have flashed.

    No frame is passed over between looks that are more than ``CALM`` apart.

    Attributes:
        look: Gives the faces of a frame, the faint ones too.
        linker: Is told what was seen.
        every: Frames from one look to the next.
        time_base: Seconds of one unit of a frame's time.
        looks: Frames that were looked at.
    """

    look: Look
    linker: Linker
    every: int
    time_base: Fraction
    looks: int = 0
    frames: int = 0
    end: int = 0
    _between: list[Frame] = field(default_factory=list)
    _last: list[Found] | None = None
    _seen: int = 0
    _thumb: Cells | None = None

    def watch(self, frames: Iterable[Frame]) -> Iterator[int]:
        """Look through all frames; gives how many have been seen, now and then, and keeps ``KEPT`` bytes of them."""
        for frame in frames:
            self.frames, self.end = frame.index + 1, frame.time + frame.duration
            self._between.append(frame)
            if self._is_due():
                self._look()
            yield self.frames
        if self._between:
            self._look()

    @property
    def seconds(self) -> float:
        """From the first frame to the end of the last."""
        return round(float(self.end * self.time_base), 6)

    def _is_due(self) -> bool:
        """Tell whether the newest frame is looked at anyhow: the next one would come too late."""
        late = self.end - self._seen > CALM / self.time_base
        colours = self._between[-1].colours
        assert colours is not None
        most = min(self.every, max(1, KEPT // colours.nbytes))
        return self._last is None or late or len(self._between) >= most

    def _look(self) -> None:
        """Look at the newest frame, and at those before it that were passed over if that is not enough."""
        *before, newest = self._between
        self._between = []
        found, thumb = self._found(newest), thumbnail(newest)
        is_late = newest.time - self._seen > CALM / self.time_base
        if before and (is_late or not self._is_calm(before, newest, found, thumb)):
            for frame in before:
                self._see(frame, self._found(frame))
        self._see(newest, found)
        self._last, self._thumb, self._seen = found, thumb, newest.time

    def _is_calm(self, before: Sequence[Frame], newest: Frame, found: Sequence[Found], thumb: Cells) -> bool:
        """Tell whether what is seen at both ends says enough about the frames between."""
        assert self._last is not None
        if not agree(self._last, found, self.linker.threshold):
            return False
        return not any(self._flashes(each, newest, thumb) for each in before)

    def _flashes(self, frame: Frame, newest: Frame, thumb: Cells) -> bool:
        """Tell whether any cell is not on its way from the last look to the newest."""
        assert self._thumb is not None
        share = (frame.time - self._seen) / (newest.time - self._seen)
        expected = self._thumb + (thumb - self._thumb) * share
        return bool(np.abs(thumbnail(frame) - expected).max() > FLASH)

    def _found(self, frame: Frame) -> list[Found]:
        assert frame.colours is not None
        self.looks += 1
        return self.look(frame.colours)

    def _see(self, frame: Frame, found: list[Found]) -> None:
        self.linker.see(frame.index, float(frame.time * self.time_base), found)


def thumbnail(frame: Frame) -> Cells:
    """Give the mean colours of a frame's cells, ``CELLS`` along its longer side or fewer."""
    assert frame.colours is not None
    height, width = frame.colours.shape[:2]
    side = max(LEAST, max(width, height) / CELLS)
    size = max(1, round(width / side)), max(1, round(height / side))
    return np.asarray(cv2.resize(frame.colours, size, interpolation=cv2.INTER_AREA), np.float32)


def agree(one: Sequence[Found], other: Sequence[Found], threshold: float) -> bool:
    """Tell whether every face that was surely seen in one frame is in the other too, in nearly the same place."""
    return _all_in(one, other, threshold) and _all_in(other, one, threshold)


def _all_in(one: Sequence[Found], other: Sequence[Found], threshold: float) -> bool:
    sure = _rows([each for each in one if each.score >= threshold])
    if not len(sure):
        return True
    return bool(other) and bool((shared(sure, _rows(other)).max(axis=1) >= STILL).all())


def _rows(found: Sequence[Found]) -> Rows:
    return np.array([(each.box.left, each.box.top, each.box.right, each.box.bottom) for each in found]).reshape(-1, 4)
