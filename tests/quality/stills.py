"""Pictures that packages ship, and where their faces are; none of them is in this repository."""

from collections.abc import Iterable
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

import cv2
import numpy as np

from functions.vision.faces import Box
from functions.vision.pictures import Colours, read_picture
from tests.unit.vision.images import ASTRONAUT, CAMERAMAN, HOPPER, example

FACELESS = ("chelsea.png", "coffee.png", "rocket.jpg", "brick.png")
PORTRAITS = {"astronaut.png": ASTRONAUT, "camera.png": CAMERAMAN, "grace_hopper.jpg": HOPPER}


@dataclass(frozen=True)
class Scene:
    """A still with faces that are known.

    Attributes:
        colours: (height, width, 3) BGR.
        faces: Boxes around brows, ears and chin in pixels, drawn by hand, or moved exactly with the pixels in them.
    """

    name: str
    colours: Colours
    faces: tuple[Box, ...]


def portraits() -> list[Scene]:
    """Give the three pictures with one face each, as they are."""
    return [Scene(Path(name).stem, read_picture(example(name)).colours(), (box,)) for name, box in PORTRAITS.items()]


def faceless() -> list[Scene]:
    """Give pictures without faces: a cat, a cup, a rocket, bricks, a temple and a flower."""
    images = Path(str(files("sklearn.datasets") / "images"))
    paths = [*(example(name) for name in FACELESS), images / "china.jpg", images / "flower.jpg"]
    return [Scene(path.stem, read_picture(path).colours(), ()) for path in paths]


def crowd(*, height: int = 512) -> Scene:
    """Give one wide picture of all portraits side by side, each ``height`` pixels high: three faces that pass by."""
    return beside([scaled(scene, height / scene.colours.shape[0]) for scene in portraits()], name="crowd")


def square(*, height: int = 512) -> Scene:
    """Give a large picture with the portraits in its middle and pictures without faces above and below."""
    others = [scaled(each, height / each.colours.shape[0]) for each in faceless()]
    rows = [beside(others[:3], name=""), crowd(height=height), beside(others[3:], name="")]
    return stacked(rows, name="square")


def beside(scenes: Iterable[Scene], *, name: str) -> Scene:
    """Put scenes of one height side by side."""
    shown, faces, left = [], [], 0
    for scene in scenes:
        shown.append(scene.colours)
        faces += [shifted(face, left, 0) for face in scene.faces]
        left += scene.colours.shape[1]
    return Scene(name, np.ascontiguousarray(np.hstack(shown)), tuple(faces))


def stacked(scenes: Iterable[Scene], *, name: str) -> Scene:
    """Put scenes one under the other; narrower ones get grey at their right."""
    rows = list(scenes)
    width = max(row.colours.shape[1] for row in rows)
    shown, faces, top = [], [], 0
    for row in rows:
        shown.append(padded(row, width=width).colours)
        faces += [shifted(face, 0, top) for face in row.faces]
        top += row.colours.shape[0]
    return Scene(name, np.ascontiguousarray(np.vstack(shown)), tuple(faces))


def padded(scene: Scene, *, width: int = 0, height: int = 0) -> Scene:
    """Put grey at the right and below until a scene has this size."""
    right, below = max(0, width - scene.colours.shape[1]), max(0, height - scene.colours.shape[0])
    colours = np.pad(scene.colours, ((0, below), (0, right), (0, 0)), constant_values=128)
    return Scene(scene.name, colours, scene.faces)


def scaled(scene: Scene, factor: float) -> Scene:
    """Draw a scene larger or smaller."""
    height, width = (round(side * factor) for side in scene.colours.shape[:2])
    method = cv2.INTER_AREA if factor < 1 else cv2.INTER_CUBIC
    colours = np.asarray(cv2.resize(scene.colours, (width, height), interpolation=method), np.uint8)
    across, down = width / scene.colours.shape[1], height / scene.colours.shape[0]
    moved = [
        Box(left=face.left * across, top=face.top * down, right=face.right * across, bottom=face.bottom * down)
        for face in scene.faces
    ]
    return Scene(scene.name, colours, tuple(moved))


def shifted(box: Box, across: float, down: float) -> Box:
    """Move a box by pixels."""
    return Box(left=box.left + across, top=box.top + down, right=box.right + across, bottom=box.bottom + down)
