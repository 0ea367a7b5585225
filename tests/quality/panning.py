"""A video from stills with boxes that are exact: a camera that pans, zooms and tilts over a picture.

Each shot is the still under an affine map; boxes go through the same map, so they are as exact as those of the still.
Faces come into the picture, leave it, grow and shrink; at a cut the camera is somewhere else from one shot to the next.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import chain
from pathlib import Path
from typing import cast

import av
import cv2
import numpy as np
from numpy.typing import NDArray

from functions.vision.faces import Box
from functions.vision.pictures import Colours
from tests.quality.stills import Scene

Affine = NDArray[np.float64]

LEG = 24  # shots from one place where the camera stops to the next
TILT = 4.0  # degrees, at most


@dataclass(frozen=True)
class Visible:
    """A face in a shot: its box as it is, beyond the picture's edges too, and the share of it that is inside.

    ``index`` is its place among the scene's faces.
    """

    box: Box
    share: float
    index: int

    def inside(self, *, width: int, height: int) -> Box:
        """Give the part of the box that is in the picture."""
        return Box(
            left=max(0.0, self.box.left),
            top=max(0.0, self.box.top),
            right=min(float(width), self.box.right),
            bottom=min(float(height), self.box.bottom),
        )


@dataclass(frozen=True)
class Shot:
    """One frame: (height, width, 3) BGR, and the faces of which anything is to be seen."""

    colours: Colours
    faces: tuple[Visible, ...]


def panned(
    scene: Scene, count: int, *, size: tuple[int, int] = (640, 480), seed: int = 0, least: float = 28
) -> Iterator[Shot]:
    """Give ``count`` shots of (width, height) ``size``; the same seed gives the same shots.

    Args:
        scene: The still.
        count: Of shots.
        size: Width and height in pixels.
        seed: Draws where the camera goes.
        least: Pixels; faces are never drawn with a smaller longer side.
    """
    for matrix in _path(scene, count, size, np.random.default_rng(seed), least):
        yield shot(scene, matrix, size)


def shot(scene: Scene, matrix: Affine, size: tuple[int, int]) -> Shot:
    """Draw the still under a (2, 3) map from its pixels to those of the shot, and move its boxes likewise."""
    factor = float(np.hypot(matrix[0, 0], matrix[1, 0]))
    method = cv2.INTER_AREA if factor < 1 else cv2.INTER_CUBIC
    drawn = cv2.warpAffine(scene.colours, matrix, size, flags=method, borderMode=cv2.BORDER_REFLECT_101)
    seen = (_visible(face, matrix, size, index) for index, face in enumerate(scene.faces))
    return Shot(np.asarray(drawn, np.uint8), tuple(each for each in seen if each.share > 0))


def harder(shots: Iterable[Shot], *, seed: int = 0) -> Iterator[Shot]:
    """Film the same in bad light: exposure that wanders down to a quarter, noise, and the smear of a moving hand."""
    rng = np.random.default_rng(seed)
    exposure = 0.7
    for one in shots:
        exposure = float(np.clip(exposure + rng.normal(0, 0.06), 0.25, 1.0))
        smear = np.zeros((9, 9), np.float32)
        x, y = (round(float(side)) for side in rng.uniform(-4, 4, 2))
        cv2.line(smear, (4, 4), (4 + x, 4 + y), 1.0)
        moved = cv2.filter2D(one.colours, -1, smear / smear.sum()).astype(np.float32)
        lit = moved * exposure + rng.normal(0, 9, one.colours.shape[:2])[..., None]
        yield Shot(np.clip(lit, 0, 255).astype(np.uint8), one.faces)


def encoded(path: Path, shots: Iterable[Shot], *, rate: int = 25, codec: str = "libx264", crf: int = 20) -> Path:
    """Write shots as a video of ``rate`` frames a second, in the container that the file's ending names."""
    waiting = iter(shots)
    first = next(waiting)
    with av.open(str(path), "w") as container:
        stream = cast("av.VideoStream", container.add_stream(codec, rate=Fraction(rate), options={"crf": str(crf)}))
        stream.height, stream.width = first.colours.shape[:2]
        stream.pix_fmt = "yuv420p"
        for one in chain([first], waiting):
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(one.colours), format="bgr24")
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def _path(scene: Scene, count: int, size: tuple[int, int], rng: np.random.Generator, least: float) -> Iterator[Affine]:
    """Go from stop to stop, slowly at its ends; after every third leg there is a cut instead."""
    here = _stop(scene, size, rng, least)
    for number in range(-(-count // LEG)):
        there = _stop(scene, size, rng, least)
        if number % 4 == 3:
            here = _stop(scene, size, rng, least)
        for step in range(min(LEG, count - number * LEG)):
            share = (1 - np.cos(np.pi * step / LEG)) / 2
            yield _matrix(here + share * (there - here), size)
        here = there


def _stop(scene: Scene, size: tuple[int, int], rng: np.random.Generator, least: float) -> NDArray[np.float64]:
    """Draw (x, y, log zoom, degrees): the middle of what is seen, often near a face, which may be cut by an edge."""
    height, width = scene.colours.shape[:2]
    smallest = min((max(face.width, face.height) for face in scene.faces), default=least)
    largest = max((max(face.width, face.height) for face in scene.faces), default=least)
    widest = max(least / smallest, size[0] / width, size[1] / height)
    closest = max(widest, 0.7 * min(size) / largest)
    zoom = float(rng.uniform(np.log(widest), np.log(closest)))
    room = np.minimum(np.array(size) / np.exp(zoom) / 2, np.array([width, height]) / 2)
    at = rng.uniform(room, np.array([width, height]) - room)
    if scene.faces and rng.random() < 0.7:
        face = scene.faces[int(rng.integers(len(scene.faces)))]
        middle = np.array([face.left + face.right, face.top + face.bottom]) / 2
        at = np.clip(middle + rng.uniform(-0.9, 0.9, 2) * room, room, np.array([width, height]) - room)
    return np.array([*at, zoom, rng.uniform(-TILT, TILT)])


def _matrix(stop: NDArray[np.float64], size: tuple[int, int]) -> Affine:
    x, y, zoom, tilt = (float(each) for each in stop)
    matrix = np.asarray(cv2.getRotationMatrix2D((x, y), tilt, float(np.exp(zoom))), np.float64)
    matrix[:, 2] += np.array(size) / 2 - np.array([x, y])
    return matrix


def _visible(face: Box, matrix: Affine, size: tuple[int, int], index: int) -> Visible:
    sides = [(face.left, face.top), (face.right, face.top), (face.right, face.bottom), (face.left, face.bottom)]
    moved = np.array(sides) @ matrix[:, :2].T + matrix[:, 2]
    (left, top), (right, bottom) = moved.min(axis=0), moved.max(axis=0)
    box = Box(left=float(left), top=float(top), right=float(right), bottom=float(bottom))
    across = min(box.right, size[0]) - max(box.left, 0)
    down = min(box.bottom, size[1]) - max(box.top, 0)
    return Visible(box, max(0.0, across) * max(0.0, down) / (box.width * box.height), index)
