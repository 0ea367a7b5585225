import io
import struct
import zlib
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import tifffile
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image, PngImagePlugin

from functions.runtime import Rejected
from functions.vision.pictures import Picture, read_picture, write_picture
from tests.unit.vision.images import Pixels, encoded, example, pixels

SMALL = pixels(example("chelsea.png"))[40:140, 60:220]
KINDS = ("PNG", "JPEG", "WEBP", "TIFF", "GIF")


def read(folder: Path, data: bytes, **limits: float) -> Picture:
    path = folder / "object"
    path.write_bytes(data)
    return read_picture(path, **limits)  # type: ignore[arg-type]


def rgb(picture: Picture) -> Pixels:
    return picture.pixels[..., 2::-1] if picture.pixels.ndim == 3 else picture.pixels


@pytest.mark.parametrize("kind", ["PNG", "TIFF", "WEBP"])
def test_a_lossless_picture_keeps_every_pixel_whatever_its_name_says(tmp_path: Path, kind: str) -> None:
    picture = read(tmp_path, encoded(SMALL, kind, lossless=True))

    assert np.array_equal(rgb(picture), SMALL)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "TIFF"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_picture_taken_with_the_camera_turned_stands_upright(tmp_path: Path, kind: str, orientation: int) -> None:
    tags = Image.Exif()
    tags[0x0112] = orientation
    # What a camera held that way stores: the way back, by Pillow, of what a viewer does.
    undo = {2: 0, 3: 3, 4: 1, 5: 5, 6: 2, 7: 6, 8: 4}
    stored = Image.fromarray(SMALL)
    if orientation > 1:
        stored = stored.transpose(Image.Transpose(undo[orientation]))

    picture = read(tmp_path, encoded(np.array(stored), kind, exif=tags, quality=95))

    assert rgb(picture).shape == SMALL.shape
    assert np.abs(rgb(picture).astype(int) - SMALL).mean() < 6


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_deep_tiff_taken_with_the_camera_turned_is_read_as_a_plain_one(tmp_path: Path, orientation: int) -> None:
    tags = Image.Exif()
    tags[0x0112] = orientation
    plain = read(tmp_path, encoded(SMALL, "TIFF", exif=tags))
    deep = io.BytesIO()
    tifffile.imwrite(
        deep, SMALL.astype(np.uint16) * 257, photometric="rgb", extratags=[(0x0112, 3, 1, orientation, True)]
    )

    picture = read(tmp_path, deep.getvalue())

    assert picture.pixels.dtype == np.uint16
    assert np.array_equal(picture.pixels >> 8, plain.pixels)


def test_alpha_palettes_grey_and_black_and_white_are_read_as_they_look(tmp_path: Path) -> None:
    alpha = np.dstack([SMALL, np.arange(100 * 160, dtype=np.uint8).reshape(100, 160)])
    palette = Image.fromarray(SMALL).quantize(16)

    clear = read(tmp_path, encoded(alpha))
    indexed = read(tmp_path, encoded(np.array(palette.convert("RGB")), mode="P"))
    grey = read(tmp_path, encoded(SMALL, mode="L"))
    lines = read(tmp_path, encoded(SMALL, mode="1"))

    assert np.array_equal(clear.pixels[..., [2, 1, 0, 3]], alpha)
    assert np.abs(rgb(indexed).astype(int) - np.array(palette.convert("RGB"))).mean() < 20
    assert np.array_equal(grey.pixels, np.array(Image.fromarray(SMALL).convert("L")))
    assert set(np.unique(lines.pixels)) == {0, 255}


def test_sixteen_bits_stay_sixteen_bits(tmp_path: Path) -> None:
    deep = np.random.default_rng(1).integers(0, 65536, (50, 70, 4)).astype(np.uint16)

    for array in (deep[..., 0], deep[..., :3], deep):
        for kind in (".png", ".tiff"):
            picture = read(tmp_path, cv2.imencode(kind, array)[1].tobytes())

            assert picture.pixels.dtype == np.uint16
            assert np.array_equal(picture.pixels, array)


def test_cmyk_becomes_the_colours_it_prints(tmp_path: Path) -> None:
    picture = read(tmp_path, encoded(SMALL, "JPEG", mode="CMYK", quality=98))

    assert np.abs(rgb(picture).astype(int) - SMALL).mean() < 4


def test_of_a_phones_two_pictures_in_one_the_first_is_taken(tmp_path: Path) -> None:
    first, second = Image.fromarray(SMALL), Image.fromarray(255 - SMALL)
    buffer = io.BytesIO()
    first.save(buffer, "MPO", save_all=True, append_images=[second], quality=95)

    picture = read(tmp_path, buffer.getvalue())

    assert np.abs(rgb(picture).astype(int) - SMALL).mean() < 6


def animation(kind: str, count: int = 3) -> bytes:
    buffer = io.BytesIO()
    frames = [Image.fromarray(np.roll(SMALL, 20 * step, 1)) for step in range(count)]
    frames[0].save(buffer, kind, save_all=True, append_images=frames[1:])
    return buffer.getvalue()


def huge_png(width: int, height: int) -> bytes:
    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", b"") + chunk(b"IEND", b"")


HOSTILE = {
    "nothing": (b"", "the object is empty, 0 bytes"),
    "a text": (b"not a picture", "the object is not a picture"),
    "a page of a site": (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "the object is not a picture"),
    "a phone's HEIC": (b"\0\0\0\x18ftypheic" + bytes(40), "the object is a HEIC, AVIF or video file"),
    "a header alone": (encoded(SMALL)[:20], "the picture's header is damaged or cut off"),
    "half a PNG": (encoded(SMALL)[:9000], "the picture is damaged or cut off"),
    "half a JPEG": (encoded(SMALL, "JPEG")[:3000], "the picture is damaged or cut off"),
    "half a WebP": (encoded(SMALL, "WEBP")[:1500], "damaged or cut off"),
    "half a TIFF": (encoded(SMALL, "TIFF")[:20_000], "damaged or cut off"),
    "a bomb": (huge_png(20_000, 20_000), "20,000 x 20,000 pixels, more than the limit of 50 megapixels"),
    "a scan of three pages": (animation("TIFF"), "the TIFF file has 3 pages"),
    "a moving GIF": (animation("GIF"), "the GIF file is an animation of 3 frames"),
    "a moving PNG": (animation("PNG"), "the PNG file is an animation of 3 frames"),
    "a moving WebP": (animation("WEBP"), "the WEBP file is an animation of 3 frames"),
    "measurements": (encoded(SMALL[..., 0].astype(np.float32), "TIFF"), "the picture has 32-bit samples"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_what_is_not_one_whole_picture_is_rejected_with_a_sentence_and_a_hint(tmp_path: Path, name: str) -> None:
    content, sentence = HOSTILE[name]

    with pytest.raises(Rejected, match=sentence) as failure:
        read(tmp_path, content)

    assert failure.value.hint
    assert "\n" not in failure.value.message


def test_an_object_over_the_limit_is_rejected_unread(tmp_path: Path) -> None:
    with pytest.raises(Rejected, match="more than the limit of 1,000"):
        read(tmp_path, encoded(SMALL), max_bytes=1000)


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(
    kind=st.sampled_from(KINDS),
    edits=st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 255)), max_size=8),
    cut=st.floats(0, 1),
)
def test_whatever_happens_to_a_files_bytes_it_is_a_picture_or_rejected(
    tmp_path: Path, kind: str, edits: list[tuple[float, int]], cut: float
) -> None:
    data = bytearray(encoded(SMALL[:40, :60], kind))
    for place, value in edits:
        data[int(place * len(data))] = value

    try:
        picture = read(tmp_path, bytes(data[: max(1, int(cut * len(data)))]), max_megapixels=1)
    except Rejected:
        return

    assert picture.width * picture.height <= 1e6


def test_a_written_picture_says_nothing_but_its_pixels(tmp_path: Path) -> None:
    tags = Image.Exif()
    tags.get_ifd(0x8825)[1] = "N"
    tags[0x010F] = "a phone"
    words = PngImagePlugin.PngInfo()
    words.add_text("Author", "somebody")
    words.add_itxt("XML:com.adobe.xmp", "<x:xmpmeta/>")
    source = read(tmp_path, encoded(SMALL, exif=tags, pnginfo=words, dpi=(72, 72)) + b"after the end")

    write_picture(tmp_path / "out.png", source)

    data = (tmp_path / "out.png").read_bytes()
    kinds, at = set(), 8
    while at < len(data):
        kinds.add(data[at + 4 : at + 8])
        at += 12 + int.from_bytes(data[at : at + 4])
    assert kinds == {b"IHDR", b"IDAT", b"IEND"}


@pytest.mark.parametrize("shape", [(9, 7), (9, 7, 3), (9, 7, 4), (1, 1), (1, 500, 3)])
@pytest.mark.parametrize("kind", [np.uint8, np.uint16])
def test_what_is_written_is_read_back_pixel_for_pixel(
    tmp_path: Path, shape: tuple[int, ...], kind: type[np.integer[Any]]
) -> None:
    array = np.random.default_rng(2).integers(0, np.iinfo(kind).max, shape, endpoint=True).astype(kind)
    if len(shape) == 3 and shape[2] == 4:
        array[0, 0, 3] = 0

    write_picture(tmp_path / "out.png", Picture(array))

    assert np.array_equal(read_picture(tmp_path / "out.png").pixels, array)


def test_an_ordinary_picture_is_looked_at_once_and_only_as_it_is_stored() -> None:
    opaque = np.dstack([SMALL, np.full(SMALL.shape[:2], 255, np.uint8)])

    for stored in (SMALL, opaque, SMALL[..., 0], SMALL.astype(np.uint16) * 257, np.full((9, 9), 300, np.uint16)):
        picture = Picture(np.ascontiguousarray(stored))
        (only,) = picture.sides()
        assert np.array_equal(only, picture.colours())


def test_a_picture_of_few_shades_is_also_looked_at_stretched_over_all() -> None:
    stored, stretched = Picture(SMALL.astype(np.uint16) * 4 + 2).sides()

    assert stored.max() <= 4
    assert np.ptp(stretched) == 255
