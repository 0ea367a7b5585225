"""Faces followed from frame to frame: which sightings are one face's, the faintest too if it was seen well elsewhere.

Sightings are matched by where a face is expected, at a steady speed, the closest first (greedy, as in SORT, Bewley et
al. 2016, arXiv:1602.00763, with the speed of the last sightings in the place of its filter). What a faint sighting
belongs to shows only later, so all are linked first and tracks judged at the end (BYTE does so
within a frame, Zhang et al. 2021, arXiv:2110.06864).
"""

from array import array
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from math import inf

import numpy as np
from numpy.typing import NDArray

from functions.vision.faces import Found

Rows = NDArray[np.float64]

GAP = 2.0
"""Seconds for which a face may be out of sight and still be the same."""
MISSED = 2
"""Looks at which it may be out of sight, however long they take: some videos show a frame every five seconds."""
AHEAD = 0.5
"""Seconds for which a speed is believed."""
NEAR = 0.75
"""Distance of two middles, in sides of a face, at which they may still be one face's."""
ALIKE = 2.0
"""How many times larger a face may have become."""


@dataclass
class Track:
    """One face's sightings in the order of their frames: 36 bytes each, and some 500 a track, however long it is."""

    frames: "array[int]" = field(default_factory=lambda: array("l"))
    times: "array[float]" = field(default_factory=lambda: array("d"))
    boxes: "array[float]" = field(default_factory=lambda: array("f"))
    scores: "array[float]" = field(default_factory=lambda: array("f"))

    def add(self, frame: int, time: float, found: Found) -> None:
        """Note a sighting, later than all before; ``time`` in seconds."""
        self.frames.append(frame)
        self.times.append(time)
        self.boxes.extend((found.box.left, found.box.top, found.box.right, found.box.bottom))
        self.scores.append(found.score)

    def __len__(self) -> int:
        """Count its sightings."""
        return len(self.frames)

    def sides(self, at: int) -> Rows:
        """Give left, top, right and bottom of sighting ``at`` in pixels."""
        return np.array(self.boxes[4 * at : 4 * at + 4])

    def speed(self, at: int) -> Rows:
        """Give how fast each side moves around sighting ``at``, in pixels a second; 0 where that is not known."""
        before, after = max(0, at - 1), min(len(self) - 1, at + 1)
        took = self.times[after] - self.times[before]
        return (self.sides(after) - self.sides(before)) / took if 0 < took <= 2 * AHEAD else np.zeros(4)


@dataclass
class Linker:
    """Links sightings to tracks.

    Attributes:
        threshold: A track counts if one of its sightings has this score.
    """

    threshold: float
    _active: list[Track] = field(default_factory=list)
    _ended: list[Track] = field(default_factory=list)
    _looks: deque[float] = field(default_factory=lambda: deque(maxlen=MISSED + 1))

    def see(self, frame: int, time: float, found: Sequence[Found]) -> list[Track]:
        """Take what was found in a frame at ``time`` seconds, and give each its track; frames come in order."""
        self._retire(time)
        boxes = np.array([(each.box.left, each.box.top, each.box.right, each.box.bottom) for each in found])
        given: dict[int, Track] = {}
        if self._active and found:
            expected = np.array([_expected(track, time) for track in self._active])
            for which, index in _pairs(closeness(expected, boxes)):
                self._active[which].add(frame, time, found[index])
                given[index] = self._active[which]
        for index, each in enumerate(found):
            if index not in given:
                given[index] = self.begin()
                given[index].add(frame, time, each)
                self._active.append(given[index])
        return [given[index] for index in range(len(found))]

    def begin(self) -> Track:
        """Give a track without a sighting."""
        return Track()

    def tracks(self) -> list[Track]:
        """Give the tracks that count, in the order of their first sightings."""
        real = [track for track in (*self._ended, *self._active) if max(track.scores) >= self.threshold]
        return sorted(real, key=lambda track: (track.frames[0], track.boxes[0], track.boxes[1]))

    def _retire(self, time: float) -> None:
        oldest = self._looks[0] if len(self._looks) > MISSED else -inf
        since = min(time - GAP, oldest)
        gone = [track for track in self._active if track.times[-1] < since]
        if gone:
            self._ended += [track for track in gone if max(track.scores) >= self.threshold]
            self._active = [track for track in self._active if track.times[-1] >= since]
        self._looks.append(time)


def closeness(one: Rows, other: Rows) -> Rows:
    """Give for (N, 4) and (M, 4) boxes an (N, M) table: above 0 where both may be one face, 2 where equal.

    The sum of what they share (IoU) and how near their middles are; it does not count between unlike sizes.
    """
    size_one, size_other = one[:, 2:] - one[:, :2], other[:, 2:] - other[:, :2]
    middles = (one[:, None, :2] + one[:, None, 2:] - other[None, :, :2] - other[None, :, 2:]) / 2
    side_one = np.sqrt(np.maximum(size_one.prod(axis=1), 1e-9))[:, None]
    side_other = np.sqrt(np.maximum(size_other.prod(axis=1), 1e-9))
    near = 1 - np.hypot(middles[..., 0], middles[..., 1]) / (NEAR * (side_one + side_other) / 2)
    ratio = np.maximum(side_one / side_other, side_other / side_one)
    table = shared(one, other) + np.maximum(near, 0)
    return np.where(ratio <= ALIKE, table, 0.0)


def shared(one: Rows, other: Rows) -> Rows:
    """Give the intersection over union of (N, 4) and (M, 4) boxes as an (N, M) table."""
    low = np.maximum(one[:, None, :2], other[None, :, :2])
    high = np.minimum(one[:, None, 2:], other[None, :, 2:])
    both = np.clip(high - low, 0, None).prod(axis=2)
    areas = (one[:, 2:] - one[:, :2]).prod(axis=1)[:, None] + (other[:, 2:] - other[:, :2]).prod(axis=1)[None]
    return np.asarray(both / np.maximum(areas - both, 1e-9))


def _expected(track: Track, time: float) -> Rows:
    last = len(track) - 1
    return track.sides(last) + track.speed(last) * min(time - track.times[last], AHEAD)


def _pairs(table: Rows) -> list[tuple[int, int]]:
    """Pair rows and columns, the highest first, each once."""
    pairs = []
    table = table.copy()
    while table.size and (best := int(table.argmax())) >= 0 and table.flat[best] > 0:
        row, column = divmod(best, table.shape[1])
        pairs.append((row, column))
        table[row, :] = table[:, column] = 0
    return pairs
