"""Blurring boxes of a picture beyond recognition, and nothing else of it."""

import cv2
import numpy as np
from cv2.typing import MatLike

from functions.vision.faces import Blur, Box, Face, Found
from functions.vision.pictures import Picture

SPREAD = 12**-0.5
"""Standard deviation of a box of side 1: a Gaussian of that many kernels is as wide as the box blur."""
EDGE = cv2.BORDER_REPLICATE
"""Only pixels inside of the area count: what is beside a face must not be smeared into it."""


def kernel(box: Box, blur: Blur) -> int:
    """Give the side of the box blur for a face in pixels: odd, and never less than ``blur.least``.

    Half of a face's longer side: at a third of its width a face net (dlib's, 22 probes against a gallery of 28) still
    named 2, under a fixed 10 pixels 11, unblurred 21.
    """
    return max(blur.least, round(blur.strength * max(box.width, box.height))) | 1


def blurred(picture: Picture, found: list[Found], blur: Blur) -> tuple[Picture, tuple[Face, ...]]:
    """Give the picture with each face blurred, and what was done to each; other pixels stay exactly as they are.

    Transparency is blurred like a colour: a face can be drawn with it.
    """
    pixels = picture.pixels.copy()
    faces = []
    for each in found:
        area = each.box.grown(blur.growth, width=picture.width, height=picture.height)
        size = kernel(each.box, blur)
        pixels[area.slices] = unreadable(pixels[area.slices], size, blur)
        faces.append(Face(box=each.box, score=each.score, blurred=area, kernel=size))
    return Picture(pixels), tuple(faces)


def unreadable(pixels: MatLike, size: int, blur: Blur) -> MatLike:
    """Give the pixels of one face's area as the blur leaves them, of the same shape and type."""
    match blur.kind:
        case "box":
            return smeared(pixels, size, grid=blur.grid)
        case "gaussian":  # thinned out like the box: it can be undone too, as far as 8 bits go
            even = cv2.GaussianBlur(np.ascontiguousarray(pixels), (0, 0), SPREAD * size, borderType=EDGE)
            return _thinned(even, blur.grid * size, cv2.INTER_LINEAR)
        case "mosaic":
            return _thinned(np.ascontiguousarray(pixels), size, cv2.INTER_NEAREST)
        case "solid":
            return _grey(pixels)


def smeared(pixels: MatLike, size: int, *, grid: float) -> MatLike:
    """Give the pixels box-blurred by ``size`` and thinned out to one sample every ``grid * size`` pixels.

    The box blur alone can be undone: its size is known, the PNG keeps every grey level, and least squares then gave
    back the smile of scikit-image's astronaut. Of some 5 x 7 samples there is no more to be had than 5 x 7 pixels.
    """
    even = cv2.blur(np.ascontiguousarray(pixels), (size, size), borderType=EDGE)
    return _thinned(even, grid * size, cv2.INTER_LINEAR)


def _thinned(pixels: MatLike, every: float, drawn: int) -> MatLike:
    """Keep one mean every so many pixels, and draw the area from these."""
    height, width = pixels.shape[:2]
    samples = (max(1, round(width / every)), max(1, round(height / every)))
    few = cv2.resize(pixels, samples, interpolation=cv2.INTER_AREA)
    return cv2.resize(few, (width, height), interpolation=drawn)


def _grey(pixels: MatLike) -> MatLike:
    """Give one grey, opaque; not the area's mean, which is the colour of a skin."""
    most = 65535 if pixels.dtype == np.uint16 else 255
    grey = np.full_like(pixels, most // 2 + 1)
    if grey.ndim == 3 and grey.shape[2] == 4:
        grey[..., 3] = most
    return grey
