"""Boxes and labels on a picture, sized so that a person can read them whatever the picture's size."""

from dataclasses import dataclass

import cv2
import numpy as np

from functions.mask_detect.masks import Label, MaskedFace
from functions.vision.faces import Box
from functions.vision.pictures import Colours, Picture

FONT = cv2.FONT_HERSHEY_SIMPLEX
# BGR; blue and orange differ for the colour-blind too, and the words say it anyway.
COLOURS: dict[Label, tuple[int, int, int]] = {"mask": (178, 114, 0), "no_mask": (0, 94, 213)}
WORDS: dict[Label, str] = {"mask": "mask", "no_mask": "no mask"}
SMALLEST = 320  # pixels; a smaller picture is drawn enlarged by a whole number, or no label would be legible


@dataclass(frozen=True)
class Tag:
    """A label's place: its filled box in pixels, the text's size and line, and where its baseline starts."""

    left: int
    top: int
    right: int
    bottom: int
    size: float
    thick: int
    start: tuple[int, int]


def annotated(picture: Picture, faces: tuple[MaskedFace, ...]) -> Picture:
    """Give an 8-bit colour copy with a box and a label at every face; small pictures come out enlarged."""
    factor = enlargement(picture.width, picture.height)
    colours = picture.colours(on_white=True)
    canvas = np.asarray(np.repeat(np.repeat(colours, factor, axis=0), factor, axis=1), np.uint8)
    for face in faces:
        _box(canvas, _scaled(face.box, factor), face)
    for face in faces:  # after all boxes, or a neighbour's box could cross a label
        _label(canvas, _scaled(face.box, factor), face)
    return Picture(canvas)


def enlargement(width: int, height: int) -> int:
    """Give how many times larger a picture of this size is drawn."""
    return max(1, -(-SMALLEST // max(width, height)))


def tag(text: str, box: Box, *, width: int, height: int) -> Tag:
    """Place a label above a box, or inside its upper edge when there is no room; never off the picture."""
    size = max(0.4, min(width, height) / 1000, min(box.width / 170, min(width, height) / 350))
    pad = 3
    while True:
        thick = max(1, round(size * 1.8))
        (wide, tall), below = cv2.getTextSize(text, FONT, size, thick)
        full, high = wide + 2 * pad, tall + below + 2 * pad
        if (full <= width and high <= height) or size <= 0.1:
            break
        size *= 0.8  # until it fits
    left = max(0, min(round(box.left), width - full))
    top = round(box.top) - high
    top = max(0, min(top if top >= 0 else round(box.top), height - high))
    return Tag(left, top, min(width, left + full), min(height, top + high), size, thick, (left + pad, top + pad + tall))


def _box(canvas: Colours, box: Box, face: MaskedFace) -> None:
    corners = (round(box.left), round(box.top)), (round(box.right) - 1, round(box.bottom) - 1)
    line = max(2, round(min(canvas.shape[:2]) / 350))
    cv2.rectangle(canvas, *corners, (255, 255, 255), line + 2, cv2.LINE_AA)  # seen on any background
    cv2.rectangle(canvas, *corners, COLOURS[face.label], line, cv2.LINE_AA)


def _label(canvas: Colours, box: Box, face: MaskedFace) -> None:
    text = f"{WORDS[face.label]} {face.score:.0%}"
    place = tag(text, box, width=canvas.shape[1], height=canvas.shape[0])
    canvas[place.top : place.bottom, place.left : place.right] = COLOURS[face.label]
    cv2.putText(canvas, text, place.start, FONT, place.size, (255, 255, 255), place.thick, cv2.LINE_AA)


def _scaled(box: Box, factor: int) -> Box:
    return Box(left=box.left * factor, top=box.top * factor, right=box.right * factor, bottom=box.bottom * factor)
