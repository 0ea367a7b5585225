"""Plots and strips of pictures for the page."""

import io
from collections.abc import Sequence
from typing import TYPE_CHECKING

import cv2
import numpy as np

from functions.vision.faces import Box
from functions.vision.pictures import Colours

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

GREEN, RED = (60, 160, 40), (40, 40, 220)  # BGR


def axes(*, width: float = 8, height: float = 4) -> "tuple[Figure, Axes]":
    """Give an empty plot, inches."""
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), layout="constrained")
    FigureCanvasSVG(figure)
    return figure, figure.add_subplot()


def svg(figure: "Figure") -> bytes:
    """Give a plot as SVG, the same bytes for the same plot."""
    import matplotlib as mpl

    buffer = io.BytesIO()
    with mpl.rc_context({"svg.hashsalt": "noria", "svg.fonttype": "path"}):
        figure.savefig(buffer, format="svg", metadata={"Date": None})
    return buffer.getvalue()


def strip(pictures: Sequence[Colours], *, height: int = 200, columns: int = 5) -> bytes:
    """Give pictures in rows, each drawn ``height`` pixels high, as one PNG."""
    drawn = [_resized(each, height) for each in pictures]
    rows = [drawn[start : start + columns] for start in range(0, len(drawn), columns)]
    lines = [np.hstack([np.pad(each, ((2, 2), (2, 2), (0, 0)), constant_values=255) for each in row]) for row in rows]
    width = max(line.shape[1] for line in lines)
    whole = np.vstack(
        [np.pad(line, ((0, 0), (0, width - line.shape[1]), (0, 0)), constant_values=255) for line in lines]
    )
    return cv2.imencode(".png", whole)[1].tobytes()


def outlined(colours: Colours, boxes: Sequence[Box], colour: tuple[int, int, int]) -> Colours:
    """Give a copy with boxes drawn on it."""
    copy = colours.copy()
    line = max(2, round(max(colours.shape[:2]) / 300))
    for box in boxes:
        corners = (round(box.left), round(box.top)), (round(box.right), round(box.bottom))
        cv2.rectangle(copy, *corners, colour, line, cv2.LINE_AA)
    return copy


def _resized(colours: Colours, height: int) -> Colours:
    width = max(1, round(colours.shape[1] * height / colours.shape[0]))
    method = cv2.INTER_AREA if height < colours.shape[0] else cv2.INTER_NEAREST
    return np.asarray(cv2.resize(colours, (width, height), interpolation=method), np.uint8)
