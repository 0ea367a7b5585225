"""Boxes for every frame from sightings in some: between two of them, and before the first and after the last."""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from functions.vision.faces import Box
from functions.vision.video.tracking import AHEAD, Rows, Track, shared

UNSURE = 0.2
"""Share of the way between two sightings by which a face may have strayed from the straight line."""
STEADY = 0.3
"""Overlap from which on what the frames around expect is a face's place as well as what the model says."""


@dataclass(frozen=True)
class Carried:
    """One face in one frame.

    Attributes:
        track: Its number.
        box: As it was seen, or expected, in pixels.
        cover: What must be blurred so that nothing of the face is left.
        score: Of the sighting, or the lower one of those around it.
        detected: Whether it was seen in this frame.
    """

    track: int
    box: Box
    cover: Box
    score: float
    detected: bool


@dataclass
class Carrier:
    """Gives the faces of one frame after the other.

    Attributes:
        tracks: What ``Linker`` gave.
        size: Width and height of a frame.
        carry: Seconds that a face is expected before it is first seen, and after it is last seen.
    """

    tracks: Sequence[Track]
    size: tuple[int, int]
    carry: float
    _waiting: list[int] = field(init=False)
    _active: list[int] = field(default_factory=list, init=False)

    def __post_init__(self) -> None:
        self._waiting = sorted(range(len(self.tracks)), key=lambda one: self.tracks[one].times[0], reverse=True)

    def faces(self, frame: int, time: float) -> list[Carried]:
        """Give the faces of a frame that is shown at ``time`` seconds; frames are asked for in order."""
        while self._waiting and self.tracks[self._waiting[-1]].times[0] - self.carry <= time:
            self._active.append(self._waiting.pop())
        self._active = [one for one in self._active if self.tracks[one].times[-1] + self.carry >= time]
        return [face for one in sorted(self._active) for face in self._face(one, frame, time)]

    def _face(self, number: int, frame: int, time: float) -> Iterator[Carried]:
        track = self.tracks[number]
        at = bisect_left(track.frames, frame)
        detected = at < len(track) and track.frames[at] == frame
        if detected:
            sides = track.sides(at)
            cover = _steadied(track, at)
        elif 0 < at < len(track):
            sides, cover = _between(track, at, time)
        else:
            sides, cover = _beyond(track, min(at, len(track) - 1), time)
        score = track.scores[at] if detected else min(track.scores[max(0, at - 1) : at + 1])
        box, whole = self._inside(sides), self._inside(cover)
        if box and whole:
            yield Carried(number, box, whole, round(float(score), 4), detected)

    def _inside(self, sides: Rows) -> Box | None:
        """Cut a box at the frame's edges; None when less than a pixel is left."""
        left, top, right, bottom = np.clip(sides, 0, [*self.size, *self.size]).round(2).tolist()
        if right - left < 1 or bottom - top < 1:
            return None
        return Box(left=left, top=top, right=right, bottom=bottom)


def _between(track: Track, at: int, time: float) -> tuple[Rows, Rows]:
    """Give the box on the way from sighting ``at - 1`` to ``at``, and one with room for what is unsure."""
    before, after = track.sides(at - 1), track.sides(at)
    start, end = track.times[at - 1], track.times[at]
    sides = before + (after - before) * ((time - start) / (end - start))
    way = np.abs(after - before).max() * UNSURE
    return sides, sides + np.array([-way, -way, way, way])


def _beyond(track: Track, at: int, time: float) -> tuple[Rows, Rows]:
    """Give the box before the first or after the last sighting; it may have stood still, or moved on as it did."""
    last = track.sides(at)
    away = float(np.clip(time - track.times[at], -AHEAD, AHEAD))
    moved = last + track.speed(at) * away
    return moved, _around(last, moved)


def _steadied(track: Track, at: int) -> Rows:
    """Give the box of a sighting, and around it what those before and after expect: one alone may be too small."""
    sides = track.sides(at)
    if not 0 < at < len(track) - 1 or track.times[at + 1] - track.times[at - 1] > AHEAD:
        return sides
    start, end = track.times[at - 1], track.times[at + 1]
    share = (track.times[at] - start) / (end - start)
    expected = track.sides(at - 1) + (track.sides(at + 1) - track.sides(at - 1)) * share
    return _around(sides, expected) if shared(sides[None], expected[None])[0, 0] > STEADY else sides


def _around(one: Rows, other: Rows) -> Rows:
    return np.concatenate([np.minimum(one[:2], other[:2]), np.maximum(one[2:], other[2:])])
