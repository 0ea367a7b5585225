"""Real pictures, and files built from them, that the vision tests use."""

import io
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
import skimage
from numpy.typing import NDArray
from PIL import Image

from functions.vision.faces import Box

Pixels = NDArray[Any]

# Drawn by hand around brows, ears and chin; pixels.
ASTRONAUT = Box(left=185, top=65, right=267, bottom=175)
CAMERAMAN = Box(left=210, top=130, right=256, bottom=190)
HOPPER = Box(left=192, top=150, right=345, bottom=325)


def example(name: str) -> Path:
    """Give the file of a picture that scikit-image or matplotlib ships."""
    if name == "grace_hopper.jpg":
        return Path(mpl.get_data_path()) / "sample_data" / name
    return Path(skimage.__file__).parent / "data" / name


def pixels(data: bytes | Path) -> Pixels:
    """Decode a picture as Pillow does, colours in RGB order."""
    with Image.open(io.BytesIO(data) if isinstance(data, bytes) else data) as image:
        return np.array(image)


def encoded(array: Pixels, kind: str = "PNG", mode: str | None = None, **options: Any) -> bytes:
    """Encode an array with Pillow, after converting it to ``mode``."""
    image = Image.fromarray(array)
    buffer = io.BytesIO()
    (image.convert(mode) if mode else image).save(buffer, kind, **options)
    return buffer.getvalue()


def covers(outer: Box, inner: Box) -> bool:
    """Tell whether one box lies in the other."""
    return (
        outer.left <= inner.left
        and outer.top <= inner.top
        and outer.right >= inner.right
        and outer.bottom >= inner.bottom
    )


def nearly(box: Box, by: float = 0.12) -> Box:
    """Shrink a hand-drawn box: a detector is not asked for the last hair."""
    across, down = by * box.width, by * box.height
    return Box(left=box.left + across, top=box.top + down, right=box.right - across, bottom=box.bottom - down)
