"""Views: what a face model is shown of a picture, so that large and small faces both have a size that it knows.

In one look CenterFace finds 39 of 40 faces of 14 to 600 pixels, 16 of 40 at 10 and none at 1,200 (measured by scaling
14 pictures that ship in packages). So a picture is shown at several sizes, each half of the one before, and the larger
ones in overlapping tiles, which bounds the memory too: 40 of 40 at 14, 39 at 10, all at 1,200.
"""

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from functions.vision.descriptors import TILE
from functions.vision.inference import Tensor
from functions.vision.looks import Look
from functions.vision.pictures import Colours

COARSEST = 480  # pixels; at this longer side even a face that fills the picture is small enough


@dataclass(frozen=True)
class View:
    """A cut of a picture, drawn larger or smaller.

    Attributes:
        colours: (height, width, 3) BGR.
        scale: Pixels of the picture for one pixel of the view.
        left: Where the cut begins, in pixels of the view's scale; ``top`` likewise.
        size: Width and height of the whole picture at the view's scale.
        least: Pixels of the view; faces with a smaller longer side do not count.
    """

    colours: Colours
    scale: float
    left: int
    top: int
    size: tuple[int, int]
    least: int

    def shows_whole(self, boxes: Tensor) -> NDArray[np.bool_]:
        """Tell of (N, 4) boxes in view pixels which to believe: large enough, and not cut by an edge between tiles."""
        height, width = self.colours.shape[:2]
        longer = (boxes[:, 2:] - boxes[:, :2]).max(axis=1, initial=0)
        inner = np.array(
            [self.left > 0, self.top > 0, self.left + width < self.size[0], self.top + height < self.size[1]]
        )
        room = np.concatenate([boxes[:, :2], np.array([width, height]) - boxes[:, 2:]], axis=1)
        cut = ((room < 2) & inner).any(axis=1)  # then it is whole in the next tile, or at the next coarser size
        return np.asarray((longer >= self.least) & ~cut)

    def in_picture(self, boxes: Tensor) -> Tensor:
        """Move (N, 4) boxes from view pixels to picture pixels."""
        return (boxes + np.array([self.left, self.top] * 2, np.float32)) * np.float32(self.scale)


def views(colours: Colours, *, look: Look, tile: tuple[int, int] = (TILE, TILE)) -> list[View]:
    """Give the views of a picture, the finest first.

    Args:
        colours: (height, width, 3) BGR.
        look: How fine, in which steps and in which tiles. Its ``detail`` is no length: a panorama would be shrunk
            until its faces are gone.
        tile: Width and height in pixels of what a model is shown at once; a larger view is cut.
    """
    height, width = colours.shape[:2]
    longer = max(height, width)
    finest = min(max(1.0, min(look.enlarged, look.drawn / longer)), math.sqrt(look.detail * 1e6 / (height * width)))
    factors = [finest]
    while round(factors[-1] * longer) > COARSEST:
        factors.append(max(factors[-1] / look.step, COARSEST / longer))
    return [
        view
        for factor in factors
        for view in _tiles(colours, factor, tile, look.overlap, 0 if factor == finest else look.least)
    ]


def _tiles(colours: Colours, factor: float, tile: tuple[int, int], overlap: float, least: int) -> list[View]:
    height, width = (max(1, round(side * factor)) for side in colours.shape[:2])
    drawn = colours
    if (height, width) != colours.shape[:2]:
        method = cv2.INTER_AREA if factor < 1 else cv2.INTER_LINEAR
        drawn = np.asarray(cv2.resize(colours, (width, height), interpolation=method), np.uint8)
    across, down = tile
    return [
        View(drawn[top : top + down, left : left + across], 1 / factor, left, top, (width, height), least)
        for top in _starts(height, down, overlap)
        for left in _starts(width, across, overlap)
    ]


def _starts(length: int, tile: int, overlap: float) -> list[int]:
    last = max(0, length - tile)
    steps = -(-last // (tile - round(overlap * tile)))
    return [last * step // steps for step in range(steps + 1)] if steps else [0]
