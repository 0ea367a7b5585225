"""Pictures by class: a zip archive with one folder for each class, decoded from memory, one picture at a time."""

import io
import struct
import warnings
import zlib
from math import prod
from pathlib import PurePosixPath
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from functions.datasets.archive import Archive
from functions.datasets.arrays import Samples
from functions.datasets.columns import check_size
from functions.datasets.definition import Definition
from functions.datasets.files import content_kind
from functions.datasets.labels import Labels
from functions.datasets.limits import Limits
from functions.documents.wording import shown
from functions.runtime.errors import Rejected

_FORMATS = ("PNG", "JPEG", "WEBP", "BMP")
_ENDINGS = (".png", ".jpg", ".jpeg", ".webp", ".bmp")
_MODES = {1: "L", 3: "RGB", 4: "RGBA"}
_SCAN, _MOST_SCANS = b"\xff\xda", 100
# What file managers add to every archive.
_LITTER = (".DS_Store", "Thumbs.db", "desktop.ini")
# What Pillow raises on bytes that are wrong (functions/vision/pictures.py, where it was measured).
_UNREADABLE = (
    OSError, SyntaxError, ValueError, TypeError, LookupError, ArithmeticError, EOFError, struct.error, zlib.error,
)  # fmt: skip


def read_pictures(file: BinaryIO, definition: Definition, limits: Limits) -> Samples:
    """Read every picture of an archive ``<class>/<name>.png``, in the order of their names.

    EXIF orientation is applied; colours become the channels of ``input_shape``; samples are 0 to 255. A folder around
    all the classes is looked through, and what file managers leave behind is not looked at.

    Raises:
        Rejected: The archive is hostile, a file is no picture or not of ``input_shape``'s size, or there are none.
    """
    archive = Archive(file, limits)
    names = [name for name in archive.names if not _is_litter(name)]
    classes = _classes(names)
    check_size(len(names), prod(definition.input_shape), limits)
    shape = definition.input_shape
    x = np.empty((len(names), *shape), np.float32)
    for place, name in enumerate(names):
        if archive.size(name) > limits.member:
            raise Rejected(f"{shown(name)} has {archive.size(name):,} bytes, more than the limit of {limits.member:,}")
        x[place] = _pixels(archive.content(name), name, definition, limits)
    return Samples(x, _labels(classes, names))


def _labels(classes: list[str], names: list[str]) -> Labels:
    if all(name.isascii() and name.isdigit() and str(int(name)) == name for name in set(classes)):
        return Labels("int", np.array([int(name) for name in classes], np.int64), names.__getitem__)
    words = sorted(set(classes))
    number = {word: place for place, word in enumerate(words)}
    return Labels("str", np.array([number[name] for name in classes], np.int64), names.__getitem__, tuple(words))


def _is_litter(name: str) -> bool:
    path = PurePosixPath(name)
    return path.parts[0] == "__MACOSX" or path.name in _LITTER


def _classes(names: list[str]) -> list[str]:
    """Give the class of each picture: the folder it is in."""
    paths = [PurePosixPath(name).parts for name in names]
    if not names:
        raise Rejected("the archive has no pictures", hint="put a folder with pictures for each class into it")
    depth = 2 if len({parts[0] for parts in paths}) == 1 and all(len(parts) == 3 for parts in paths) else 1
    for name, parts in zip(names, paths, strict=True):
        if PurePosixPath(name).suffix.lower() not in _ENDINGS:
            raise Rejected(f"{shown(name)} is no picture that is read here", hint=f"keep {', '.join(_ENDINGS)} alone")
        if len(parts) != depth + 1:
            raise Rejected(f"{shown(name)} is not in the folder of a class", hint="name pictures <class>/<name>.png")
    return [parts[depth - 1] for parts in paths]


def _pixels(data: bytes, name: str, definition: Definition, limits: Limits) -> NDArray[np.uint8]:
    """Decode one picture to ``input_shape``."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Pillow warns of large pictures, which are refused, and of odd metadata
        image = _opened(data, name, limits)
        try:
            upright = ImageOps.exif_transpose(image)
            upright.load()
        except _UNREADABLE as error:
            raise Rejected(f"{shown(name)} is damaged: {str(error)[:100]}", hint="save the picture again") from None
    return _fitted(upright, name, definition)


def _opened(data: bytes, name: str, limits: Limits) -> Image.Image:
    try:
        image = Image.open(io.BytesIO(data), formats=_FORMATS)
        frames = int(getattr(image, "n_frames", 1))
    except Image.DecompressionBombError:
        raise _too_large(name, limits) from None
    except _UNREADABLE:
        kind = content_kind(data[:8])
        what = f"is {kind}" if kind and kind != "a picture" else "is not a picture, or a damaged one"
        raise Rejected(f"{shown(name)} {what}", hint="keep PNG, JPEG, WebP and BMP pictures alone") from None
    if image.width * image.height > limits.pixels:
        raise _too_large(name, limits)
    if frames > 1:
        raise Rejected(f"{shown(name)} is an animation of {frames} frames", hint="save one frame of it")
    if image.format == "JPEG" and data.count(_SCAN) > _MOST_SCANS:
        # Each scan goes over all pixels again: a small file of many takes hours (libjpeg-turbo's -maxscans).
        raise Rejected(f"{shown(name)} is a JPEG of more than {_MOST_SCANS} scans", hint="save the picture again")
    if image.mode.startswith(("I", "F")):
        raise Rejected(f"{shown(name)} has samples of 16 or 32 bits", hint="save it with 8 bits a sample")
    return image


def _too_large(name: str, limits: Limits) -> Rejected:
    return Rejected(f"{shown(name)} has more than {limits.pixels:,} pixels, the limit", hint="make it smaller")


def _fitted(image: Image.Image, name: str, definition: Definition) -> NDArray[np.uint8]:
    shape, axis = definition.input_shape, definition.channel_axis
    height, width = definition.picture_size
    coloured = image.convert(_MODES[shape[axis] if len(shape) == 3 else 1])
    if image.size != (width, height):
        if not (definition.resize or definition.image_size):
            raise Rejected(
                f"{shown(name)} has {image.height} x {image.width} pixels (height x width), but input_shape is "
                f"{list(shape)}",
                hint="write resize: true, or correct input_shape",
            )
        coloured = coloured.resize((width, height), Image.Resampling.BILINEAR)
    pixels = np.asarray(coloured, np.uint8)
    if len(shape) == 3 and axis == 0:
        pixels = np.moveaxis(pixels.reshape(height, width, -1), 2, 0)
    return pixels.reshape(shape)
