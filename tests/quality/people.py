"""Pictures of many people: scikit-image's part of Labeled Faces in the Wild, 100 grey faces of 25 x 25 pixels."""

from collections.abc import Collection, Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from functions.mask_detect.painting import paint_mask
from functions.mask_detect.training.sources import SOURCES
from functions.vision.faces import Box
from functions.vision.pictures import Colours
from tests.quality.stills import Scene
from tests.unit.vision.images import example

EVERYBODY = range(100)
HELD_OUT: tuple[int, ...] = tuple(SOURCES["crops"]["held_out"])
"""Those that the mask network was not trained on."""
IN_ROW = 10
# Eyes, nose and corners of the mouth in a crop, and the box that a detector would give, as shares of its side.
_POINTS = np.array([(0.3, 0.32), (0.7, 0.32), (0.5, 0.56), (0.34, 0.79), (0.66, 0.79)], np.float32)
_BOX = (-0.08, -0.16, 1.08, 1.15)
_INSET = 0.125  # eyes, nose and mouth are between; where the ears are in a crop, nobody has drawn


def people(
    chosen: Sequence[int] = EVERYBODY,
    *,
    side: int = 75,
    backdrop: Colours | None = None,
    masked: Collection[int] = (),
    seed: int = 0,
) -> Scene:
    """Give one picture with a face for each that is chosen, in rows of ten, twice a face apart.

    Args:
        chosen: Indices of people.
        side: Pixels of a face from brows to chin.
        backdrop: What is behind them, stretched; plain grey by default.
        masked: Indices of the people who wear a mask.
        seed: Draws the masks.
    """
    rng = np.random.default_rng(seed)
    pitch, rows = 2 * side, -(-len(chosen) // IN_ROW)
    size = (min(IN_ROW, len(chosen)) * pitch, rows * pitch)
    canvas = np.full((size[1], size[0], 3), 128, np.uint8)
    if backdrop is not None:
        canvas = np.asarray(cv2.resize(backdrop, size, interpolation=cv2.INTER_AREA), np.uint8)
    crops, faces = lfw(), []
    for number, index in enumerate(chosen):
        left, top = number % IN_ROW * pitch, number // IN_ROW * pitch
        tile = canvas[top : top + pitch, left : left + pitch]
        _paste(tile, crops[index], side)
        if index in masked:
            tile[:] = _with_mask(tile, side, rng)
        left, top = left + side // 2, top + side // 2
        inset = _INSET * side
        faces.append(Box(left=left + inset, top=top, right=left + side - inset, bottom=top + side))
    return Scene(f"people-{side}", canvas, tuple(faces))


def lfw() -> NDArray[np.uint8]:
    """Give the faces, (100, 25, 25) grey."""
    return np.asarray(np.clip(np.load(example("lfw_subset.npy"))[:100], 0, 1) * 255, np.uint8)


def _paste(tile: Colours, crop: NDArray[np.uint8], side: int) -> None:
    """Draw a face into the middle of its tile, soft at its edge."""
    place = tile[side // 2 :, side // 2 :][:side, :side]
    cover = _oval(side)
    drawn = cv2.resize(crop, (side, side), interpolation=cv2.INTER_CUBIC)[..., None]
    place[:] = (place * (1 - cover) + drawn * cover).astype(np.uint8)


def _with_mask(tile: Colours, side: int, rng: np.random.Generator) -> Colours:
    """Paint a mask on the face in the middle of its tile; grey, as the face is, or its colour would tell."""
    start = side // 2
    left, top, right, bottom = (start + share * side for share in _BOX)
    box = Box(left=left, top=top, right=right, bottom=bottom)
    painted = paint_mask(tile, box, rng, landmarks=_POINTS * side + start)
    change = painted.astype(np.float32).mean(axis=2, keepdims=True)
    is_painted = (painted != tile).any(axis=2, keepdims=True)
    return np.where(is_painted, change, tile).astype(np.uint8)


def _oval(side: int) -> NDArray[np.float32]:
    cover = np.zeros((side, side), np.float32)
    cv2.ellipse(cover, (side // 2, side // 2), (round(0.5 * side), round(0.55 * side)), 0, 0, 360, 1.0, -1)
    return np.asarray(cv2.GaussianBlur(cover, (0, 0), max(0.5, 0.03 * side))[..., None], np.float32)
