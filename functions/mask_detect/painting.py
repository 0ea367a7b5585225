"""Masks painted on faces, for training and for demonstrations: no picture of a masked person is needed."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from functions.vision.faces import Box
from functions.vision.pictures import Colours

Points = NDArray[np.float32]

# BGR of what people wear: surgical blue and green, white, black, greys, navy, red, rose, sand.
CLOTHS = (
    (206, 178, 140), (225, 205, 170), (180, 190, 120), (240, 240, 238), (250, 248, 245), (35, 32, 30), (60, 55, 52),
    (128, 125, 122), (110, 70, 35), (60, 50, 170), (185, 165, 225), (150, 185, 205),
)  # fmt: skip
# Where the eyes, the nose and the corners of the mouth are in a detector's box of a frontal face, as shares of it.
FRONTAL = np.array([(0.31, 0.42), (0.69, 0.42), (0.5, 0.62), (0.35, 0.79), (0.65, 0.79)], np.float32)


@dataclass(frozen=True)
class _Frame:
    """A face's own axes, in pixels: ``eyes`` and ``mouth`` are middles, ``turn`` is -1 to 1 with the head's yaw."""

    eyes: Points
    mouth: Points
    right: Points
    down: Points
    half: float
    turn: float

    def at(self, across: float, along: float) -> Points:
        """Give the point at ``across`` half face widths to the right and ``along`` of the way from eyes to mouth."""
        side = self.half * (1 - 0.45 * self.turn * np.sign(across))
        return np.asarray(self.eyes + across * side * self.right + along * self.down, np.float32)


def paint_mask(
    colours: Colours, box: Box, rng: np.random.Generator, *, landmarks: Points | None = None, cloth: int | None = None
) -> Colours:
    """Give a copy of the picture in which the face wears a mask over nose, mouth and chin.

    Args:
        colours: (height, width, 3) BGR.
        box: Of the face, as a detector gives it.
        rng: Draws colour, cut and folds.
        landmarks: (5, 2) left eye, right eye, nose, left and right mouth corner in pixels; a frontal face by default.
        cloth: Index in ``CLOTHS`` instead of one that is drawn.
    """
    points = box_points(box) if landmarks is None else landmarks
    frame = _frame(points, box)
    outline = _outline(frame, rng)
    output = colours.astype(np.float32)
    ink = np.array(CLOTHS[int(rng.integers(len(CLOTHS))) if cloth is None else cloth], np.float32)
    ink = np.clip(ink + rng.normal(0, 8, 3), 0, 255).astype(np.float32)
    _loops(output, frame, outline, ink, rng)
    fabric = _fabric(output, frame, ink, rng)
    cover = np.zeros(colours.shape[:2], np.float32)
    cv2.fillPoly(cover, [_fixed(outline)], 1.0, lineType=cv2.LINE_AA, shift=4)
    soft = cv2.GaussianBlur(cover, (0, 0), max(0.4, 0.012 * frame.half))[..., None]
    return np.clip(output * (1 - soft) + fabric * soft, 0, 255).astype(np.uint8)


def box_points(box: Box) -> Points:
    """Give the (5, 2) landmarks in pixels that a frontal face in this box has."""
    return FRONTAL * np.array([box.width, box.height], np.float32) + np.array([box.left, box.top], np.float32)


def _frame(points: Points, box: Box) -> _Frame:
    eyes, mouth = points[:2].mean(axis=0), points[3:].mean(axis=0)
    down = mouth - eyes
    length = float(np.hypot(*down)) or 1.0
    right = np.array([down[1], -down[0]], np.float32) / length
    half = 0.5 * max(min(box.width, 1.1 * box.height), 0.9 * length)
    offset = float((points[2] - (eyes + mouth) / 2) @ right) / half
    return _Frame(eyes, mouth, right, down, half, float(np.clip(2.2 * offset, -1, 1)))


def _outline(frame: _Frame, rng: np.random.Generator) -> Points:
    """Draw the cut of the mask: (N, 2) points of a closed curve."""
    top, cheek, jaw, chin = rng.uniform((0.2, 0.42, 1.1, 1.5), (0.5, 0.72, 1.35, 1.8))
    wide, low = rng.uniform((0.82, 0.55), (1.0, 0.8))
    bridge = 0.25 * frame.turn
    corners = np.array(
        [
            frame.at(-wide, cheek),
            frame.at(-0.35 + bridge, (top + cheek) / 2 - 0.05),
            frame.at(bridge, top),
            frame.at(0.35 + bridge, (top + cheek) / 2 - 0.05),
            frame.at(wide, cheek),
            frame.at(low + 0.1, jaw),
            frame.at(0.3 + 0.5 * bridge, chin),
            frame.at(-0.3 + 0.5 * bridge, chin),
            frame.at(-low - 0.1, jaw),
        ],
        np.float32,
    )
    return _smooth(corners)


def _smooth(corners: Points, *, steps: int = 8) -> Points:
    """Give a closed Catmull-Rom curve through the corners."""
    before, after, later = np.roll(corners, 1, 0), np.roll(corners, -1, 0), np.roll(corners, -2, 0)
    t = np.linspace(0, 1, steps, endpoint=False, dtype=np.float32)[None, :, None]
    p0, p1, p2, p3 = (each[:, None] for each in (before, corners, after, later))
    curve = 2 * p1 + (p2 - p0) * t + (2 * p0 - 5 * p1 + 4 * p2 - p3) * t**2 + (3 * p1 - p0 - 3 * p2 + p3) * t**3
    return np.asarray(curve.reshape(-1, 2) / 2, np.float32)


def _loops(output: NDArray[np.float32], frame: _Frame, outline: Points, ink: Points, rng: np.random.Generator) -> None:
    """Draw the bands that go to the ears."""
    thick = max(1, round(frame.half * float(rng.uniform(0.012, 0.03))))
    for corner, low, side in ((0, 8, -1.0), (4, 5, 1.0)):
        for start, along in ((corner, 0.3), (low, 0.55)):
            ends = _fixed(np.array([outline[start * 8], frame.at(1.03 * side, along)], np.float32))
            cv2.line(output, ends[0].tolist(), ends[1].tolist(), (ink * 0.9).tolist(), thick, cv2.LINE_AA, 4)


def _fabric(output: NDArray[np.float32], frame: _Frame, ink: Points, rng: np.random.Generator) -> NDArray[np.float32]:
    """Give (height, width, 3): the cloth, lit as the face under it is, with folds, a seam or dots."""
    light = cv2.GaussianBlur(output.mean(axis=2), (0, 0), max(1.0, 0.22 * frame.half))
    middle = frame.at(0, 0.9)
    row, column = (int(np.clip(middle[axis], 0, light.shape[1 - axis] - 1)) for axis in (1, 0))
    share = float(rng.uniform(0.4, 0.9))
    shade = 1 + share * (np.clip(light / max(light[row, column], 8.0), 0.5, 1.5) - 1)
    gain = float(np.clip(light[row, column] / 150, 0.35, 1.1)) ** float(rng.uniform(0.2, 0.8))
    fabric = ink * np.ones((*light.shape, 1), np.float32)
    kind = rng.choice(["folds", "seam", "dots", "plain"], p=[0.45, 0.2, 0.15, 0.2])
    dark, thick = (ink * 0.82).tolist(), max(1, round(frame.half * 0.03))
    if kind == "folds":
        for along in (0.8, 1.02, 1.24):
            line = np.array([frame.at(across, along + 0.06 * (1 - across**2)) for across in (-1, -0.5, 0, 0.5, 1)])
            cv2.polylines(fabric, [_fixed(line)], False, dark, thick, cv2.LINE_AA, 4)
    elif kind == "seam":
        line = np.array([frame.at(0.25 * frame.turn, along) for along in (0.2, 1.0, 1.8)])
        cv2.polylines(fabric, [_fixed(line)], False, dark, thick, cv2.LINE_AA, 4)
    elif kind == "dots":
        other = rng.uniform(0, 255, 3).tolist()
        for across, along in rng.uniform((-1, 0.2), (1, 1.8), (40, 2)):
            middle = _fixed(frame.at(across, along)[None])[0].tolist()
            cv2.circle(fabric, middle, round(frame.half * 16 * 0.06), other, -1, cv2.LINE_AA, 4)
    return np.asarray(fabric * (shade * gain)[..., None], np.float32)


def _fixed(points: Points) -> NDArray[np.int32]:
    """Give points in OpenCV's fixed point numbers, sixteenths of a pixel."""
    return np.asarray(np.round(points * 16), np.int32)
