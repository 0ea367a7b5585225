"""Pictures, read from files that nobody vouches for and written with nothing in them but their pixels."""

import struct
import warnings
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFile

from functions.runtime import Rejected

Colours = NDArray[np.uint8]
Pixels = NDArray[np.uint8] | NDArray[np.uint16]

FORMATS = ("PNG", "JPEG", "WEBP", "TIFF", "GIF")
KINDS = "a PNG, JPEG, WebP or TIFF file"

LOW_RANGE = 1 / 8
"""Share of all shades; a picture with fewer is also looked at stretched (CenterFace still finds faces in 1/16)."""
OUTSIDE = 0.5
"""Percent of the samples at each end that are not part of a picture's range: hot pixels, a date in a corner."""
SAMPLED = 128
"""Rows and columns, from whose samples the range is told."""

# What Pillow raises on bytes that are wrong (measured by flipping bytes in files of each format).
_UNREADABLE = (OSError, SyntaxError, ValueError, TypeError, LookupError, ArithmeticError, EOFError, struct.error)
# EXIF orientation -> how to turn the stored pixels upright (EXIF 2.32, section 4.6.4, tag 0x0112).
_UPRIGHT = {
    2: lambda pixels: pixels[:, ::-1],
    3: lambda pixels: pixels[::-1, ::-1],
    4: lambda pixels: pixels[::-1],
    5: lambda pixels: pixels.swapaxes(0, 1),
    6: lambda pixels: np.rot90(pixels, -1),
    7: lambda pixels: np.rot90(pixels, 2).swapaxes(0, 1),
    8: lambda pixels: np.rot90(pixels),
}

# read_picture has its own limit, checked before anything is decoded; Pillow's would only warn, or raise without a size.
Image.MAX_IMAGE_PIXELS = None


@dataclass(frozen=True)
class Picture:
    """A picture the right way up.

    Attributes:
        pixels: (height, width) grey, (height, width, 3) BGR or (height, width, 4) BGRA; uint8 or uint16, as stored.
    """

    pixels: Pixels

    @property
    def width(self) -> int:
        """Columns."""
        return int(self.pixels.shape[1])

    @property
    def height(self) -> int:
        """Rows."""
        return int(self.pixels.shape[0])

    @property
    def has_alpha(self) -> bool:
        """Whether some pixel is not opaque."""
        return self.pixels.ndim == 3 and self.pixels.shape[2] == 4 and bool((self.pixels[..., 3] < self._white).any())

    @property
    def _white(self) -> int:
        return int(np.iinfo(self.pixels.dtype).max)

    def colours(self, *, on_white: bool = False) -> Colours:
        """Give (height, width, 3) uint8 BGR: the stored colours, or what is seen when it lies on white paper."""
        colours = _in_colour(self._inks, self._white / 255)
        if on_white and self.has_alpha:
            alpha = self._alpha
            return np.asarray(cv2.add(cv2.multiply(colours, alpha, scale=1 / 255), cv2.bitwise_not(alpha)), np.uint8)
        return colours

    def sides(self) -> Iterator[Colours]:
        """Give all that a viewer can make visible of it, (height, width, 3) uint8 BGR each, the stored colours first.

        What has few of the shades that its samples could have is given stretched to its own range as well: any
        program's levels do the same. Where something is transparent, also what is to be seen on white and on black
        paper, and the transparency itself.
        """
        yield self.colours()
        yield from _stretched(self._inks, self._white)
        if self.has_alpha:
            yield self.colours(on_white=True)
            yield np.asarray(cv2.multiply(self.colours(), self._alpha, scale=1 / 255), np.uint8)
            yield self._alpha
            yield from _stretched(self.pixels[..., 3], self._white)

    @property
    def _alpha(self) -> Colours:
        return _in_colour(self.pixels[..., 3], self._white / 255)

    @property
    def _inks(self) -> Pixels:
        return self.pixels if self.pixels.ndim == 2 else self.pixels[..., :3]


def _in_colour(samples: Pixels, shade: float, black: int = 0) -> Colours:
    """Give grey or BGR as uint8 BGR, in which ``black`` is 0 and each ``shade`` above it is 1 more."""
    if black:  # convertScaleAbs would mirror what is below it
        least = samples.dtype.type(black)
        samples = cast("Pixels", np.maximum(samples, least) - least)
    if shade != 1:
        samples = cast("Pixels", cv2.convertScaleAbs(np.ascontiguousarray(samples), alpha=1 / shade))
    if samples.ndim == 2:
        return np.asarray(cv2.cvtColor(np.ascontiguousarray(samples), cv2.COLOR_GRAY2BGR), np.uint8)
    return np.ascontiguousarray(samples, np.uint8)


def _stretched(samples: Pixels, white: int) -> Iterator[Colours]:
    """Give samples of low range over the whole range; nothing for others, and for those that are all the same."""
    apart = [max(1, side // SAMPLED) for side in samples.shape[:2]]
    low, high = np.percentile(samples[:: apart[0], :: apart[1]], (OUTSIDE, 100 - OUTSIDE))
    if 0 < high - low < LOW_RANGE * white:
        yield _in_colour(samples, (high - low) / 255, int(low))


def read_picture(path: Path, *, max_bytes: int = 100_000_000, max_megapixels: float = 50) -> Picture:
    """Read the one picture in a file, whatever the file's name says; limits are checked before anything is decoded.

    PNG, JPEG, WebP, TIFF and single-frame GIF; of a phone's MPO the first frame. EXIF orientation is applied. Palettes
    become colours, CMYK and other colour spaces become BGR; 16-bit samples stay 16 bits.

    Raises:
        Rejected: The file is too large, damaged, an animation, several pages, or not a picture.
    """
    size = path.stat().st_size
    if size == 0:
        raise Rejected("the object is empty, 0 bytes", hint=f"upload {KINDS} again; the upload may have been cut off")
    if size > max_bytes:
        raise Rejected(
            f"the object has {size:,} bytes, more than the limit of {max_bytes:,}",
            hint="upload a smaller picture, or raise the function's MAX_BYTES setting",
        )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Pillow warns on odd metadata, which is dropped here anyway
        with _opened(path) as image:
            _check(image, max_megapixels)
            return Picture(_decoded(path, image))


def write_picture(path: Path, picture: Picture) -> None:
    """Write a PNG with exactly these pixels and no metadata: no EXIF, GPS, XMP, text, time or colour profile."""
    # Level 1: on photographs within 15 % of level 6's size in half its time; OpenCV's own default writes files that
    # are five times as large.
    written, data = cv2.imencode(".png", picture.pixels, [cv2.IMWRITE_PNG_COMPRESSION, 1])
    if not written:
        raise OSError("OpenCV could not encode the picture")
    path.write_bytes(data.tobytes())


def _opened(path: Path) -> ImageFile.ImageFile:
    try:
        return Image.open(path, formats=FORMATS)
    except _UNREADABLE:
        with path.open("rb") as file:
            start = file.read(12)
    if start[4:8] == b"ftyp":
        raise Rejected("the object is a HEIC, AVIF or video file", hint=f"export it as {KINDS}")
    if start.startswith((b"\x89PNG", b"\xff\xd8\xff", b"II*\0", b"MM\0*", b"GIF8")) or start[8:] == b"WEBP":
        raise Rejected("the picture's header is damaged or cut off", hint="upload the picture again")
    raise Rejected("the object is not a picture", hint=f"upload {KINDS}; its content counts, not its name")


def _check(image: ImageFile.ImageFile, max_megapixels: float) -> None:
    width, height = image.size
    if width * height * (2 if _is_deep(image) else 1) > max_megapixels * 1e6:
        samples = " of 16 bits, which count twice" if _is_deep(image) else ""
        raise Rejected(
            f"the picture has {width:,} x {height:,} pixels{samples}, "
            f"more than the limit of {max_megapixels:g} megapixels",
            hint="upload a smaller picture, or raise the function's MAX_MEGAPIXELS setting",
        )
    try:
        frames = int(getattr(image, "n_frames", 1))
    except _UNREADABLE:
        frames = 1  # decoding will say what is wrong
    if frames > 1 and image.format == "TIFF":
        raise Rejected(f"the TIFF file has {frames} pages", hint="upload each page as a picture of its own")
    if frames > 1 and image.format != "MPO":
        raise Rejected(f"the {image.format} file is an animation of {frames} frames", hint="upload a still picture")
    if image.mode in ("I", "F"):
        raise Rejected("the picture has 32-bit samples", hint="save it with 8 or 16 bits a sample")


def _is_deep(image: ImageFile.ImageFile) -> bool:
    return ";16" in str(image.tile)


def _decoded(path: Path, image: ImageFile.ImageFile) -> Pixels:
    # Pillow decodes first even where OpenCV's pixels are taken: OpenCV fills the missing part of a truncated file
    # with grey and says nothing.
    deep = _is_deep(image)
    try:
        image.load()
        orientation = image.getexif().get(0x0112, 1)  # after load: PNG may carry it last, TIFF is already turned
    except (*_UNREADABLE, zlib.error) as error:
        raise Rejected(f"the picture is damaged or cut off: {error}", hint="upload the picture again") from error
    pixels = _deep_pixels(path, image) if deep else _plain_pixels(image)
    turn = _UPRIGHT.get(orientation)
    return np.ascontiguousarray(turn(pixels)) if turn else pixels


def _deep_pixels(path: Path, image: ImageFile.ImageFile) -> Pixels:
    # Pillow keeps 8 of 16 bits of a colour picture; OpenCV 5.0's imread, unlike imdecode, fails on a TIFF to be turned.
    image.close()
    pixels = cv2.imdecode(np.fromfile(path, np.uint8), cv2.IMREAD_UNCHANGED)
    if pixels is None or pixels.dtype not in (np.uint8, np.uint16):
        raise Rejected(
            "the picture's 16-bit samples cannot be read", hint="save it as a PNG with 8 or 16 bits a sample"
        )
    return cast("Pixels", pixels)


def _plain_pixels(image: ImageFile.ImageFile) -> Pixels:
    if image.has_transparency_data:
        mode, order = "RGBA", cv2.COLOR_RGBA2BGRA
    else:
        mode, order = ("L", -1) if image.mode in ("1", "L") else ("RGB", cv2.COLOR_RGB2BGR)
    pixels = np.array(image if image.mode == mode else image.convert(mode))
    image.close()  # of 50 megapixels it would hold 200 MB while the channels are swapped
    return pixels if mode == "L" else np.asarray(cv2.cvtColor(pixels, order), np.uint8)
