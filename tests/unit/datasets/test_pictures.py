import io
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from functions.datasets.arrays import read
from functions.datasets.definition import Definition, read_definition
from tests.datasets_samples import pictures, png
from tests.unit.datasets.files import PICTURES, arrays, changed, npz, picture, png_of, refused, zipped

THREE = [("a/1.png", picture()), ("a/2.png", picture(colour=9)), ("b/1.png", picture(colour=255))]


def several(kind: str, **more: Any) -> bytes:
    file = io.BytesIO()
    frames = [Image.new("L", (4, 4), colour) for colour in (1, 99)]
    frames[0].save(file, kind, save_all=True, append_images=frames[1:], **more)
    return file.getvalue()


def test_pictures_are_read_in_the_order_of_their_names_with_their_folders_as_classes(tmp_path: Path) -> None:
    read = arrays(tmp_path / "d.zip", zipped(THREE[::-1]), PICTURES)

    assert read.x[:, 0, 0, 0].tolist() == [0, 9, 255]
    assert read.y.tolist() == [0, 0, 1]
    assert read.classes == ("a", "b")


def test_the_pictures_of_the_samples_are_read(tmp_path: Path) -> None:
    dataset, definition = pictures(tmp_path, per_class=3, size=8, classes=("x", "y", "z"))

    found = read(dataset, read_definition(definition))

    assert found.x.shape == (9, 8, 8, 1)
    assert found.y.tolist() == [0, 0, 0, 1, 1, 1, 2, 2, 2]


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("b/2.png", picture(mode="RGB", colour=(9, 9, 9))),
        ("b/2.JPG", picture(kind="JPEG", colour=9)),
        ("b/2.webp", picture(mode="RGB", kind="WEBP", colour=(9, 9, 9), lossless=True)),
        ("b/2.bmp", picture(kind="BMP", colour=9)),
        ("b/2.png", picture(mode="1", colour=0)),
        ("b/2.png", picture(mode="P", colour=0)),
    ],
)
def test_every_accepted_kind_of_picture_is_read(tmp_path: Path, name: str, data: bytes) -> None:
    found = arrays(tmp_path / "d.zip", zipped([*THREE, (name, data)]), PICTURES)

    assert found.x[3].max() in (0, 9)


def test_colours_are_the_last_axis_or_the_first_as_input_shape_says(tmp_path: Path) -> None:
    pixels = np.arange(60, dtype=np.uint8).reshape(4, 5, 3)
    data = zipped([("a/1.png", png(pixels)), ("b/1.png", png(pixels + np.uint8(1)))])
    last = changed(PICTURES, input_shape=[4, 5, 3])
    first = changed(PICTURES, input_shape=[3, 4, 5])

    assert np.array_equal(arrays(tmp_path / "d.zip", data, last).x[0], pixels)
    assert np.array_equal(arrays(tmp_path / "d.zip", data, first).x[0], np.moveaxis(pixels, 2, 0))


def test_a_picture_taken_with_the_camera_turned_stands_upright(tmp_path: Path) -> None:
    pixels = np.zeros((4, 4), np.uint8)
    pixels[0] = 255
    tags = Image.Exif()
    tags[0x0112] = 6
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG", exif=tags)

    found = arrays(tmp_path / "d.zip", zipped([*THREE, ("b/2.png", file.getvalue())]), PICTURES)

    assert np.array_equal(found.x[3, :, :, 0], np.rot90(pixels, -1))


def test_another_size_is_refused_by_name_unless_the_definition_asks_for_it(tmp_path: Path) -> None:
    data = zipped([*THREE, ("b/wide.png", picture(5, 4, colour=77))])

    assert refused(tmp_path / "d.zip", data, PICTURES) == (
        "'b/wide.png' has 4 x 5 pixels (height x width), but input_shape is [4, 4, 1]"
    )
    for asked in ({"resize": True}, {"image_size": [4, 4]}):
        assert arrays(tmp_path / "d.zip", data, changed(PICTURES, **asked)).x[3].tolist() == [[[77.0]] * 4] * 4


def test_a_folder_around_the_classes_and_the_litter_of_file_managers_are_looked_through(tmp_path: Path) -> None:
    inside = [(f"pets/{name}", data) for name, data in THREE]
    litter = [("__MACOSX/pets/a/._1.png", b"x"), ("pets/a/.DS_Store", b"x"), ("pets/Thumbs.db", b"x"), ("pets/", b"")]

    found = arrays(tmp_path / "d.zip", zipped([*inside, *litter]), PICTURES)

    assert found.digest == arrays(tmp_path / "d.zip", zipped(THREE), PICTURES).digest


def test_folders_named_by_numbers_are_classes_in_the_order_of_the_numbers(tmp_path: Path) -> None:
    data = zipped([(f"{name}/1.png", picture()) for name in ("0", "2", "10")])

    found = arrays(tmp_path / "d.zip", data, changed(PICTURES, output_shape=[11]))

    assert found.y.tolist() == [0, 10, 2]
    assert found.classes == tuple(str(number) for number in range(11))


@pytest.mark.parametrize(
    ("name", "data", "sentence"),
    [
        ("c.png", picture(), "'c.png' is not in the folder of a class"),
        ("b/c/1.png", picture(), "'b/c/1.png' is not in the folder of a class"),
        ("b/readme.txt", b"hello", "'b/readme.txt' is no picture that is read here"),
        ("b/more.zip", zipped(THREE), "'b/more.zip' is no picture that is read here"),
        ("b/2.png", zipped(THREE), "'b/2.png' is a zip archive"),
        ("b/2.png", npz(x=np.zeros(3)), "'b/2.png' is a zip archive"),
        ("b/2.png", b"GIF89a", "'b/2.png' is not a picture, or a damaged one"),
        ("b/2.png", b"", "'b/2.png' is not a picture, or a damaged one"),
        ("b/2.png", picture(64, 64)[:60], "'b/2.png' is"),
        ("b/2.png", several("PNG"), "'b/2.png' is an animation of 2 frames"),
        ("b/2.webp", several("WEBP", lossless=True), "'b/2.webp' is an animation of 2 frames"),
        ("b/2.png", picture(mode="I;16"), "'b/2.png' has samples of 16 or 32 bits"),
        ("b/2.png", png_of(100_000, 100_000), "'b/2.png' has more than 25,000,000 pixels, the limit"),
        ("b/2.png", png_of(2**31 - 1, 2**31 - 1), "'b/2.png' has more than 25,000,000 pixels, the limit"),
        ("b/2.png", png_of(5001, 5000), "'b/2.png' has more than 25,000,000 pixels, the limit"),
        ("b/2.png", png_of(64, 64), "'b/2.png' is damaged"),
        ("b/2.png", bytes(60_000_000), "'b/2.png' unpacks to 60,000,000 bytes from"),
        ("b/2.jpg", picture(kind="JPEG") + b"\xff\xda" * 101, "'b/2.jpg' is a JPEG of more than 100 scans"),
    ],
)
def test_what_is_no_picture_of_a_class_is_refused(tmp_path: Path, name: str, data: bytes, sentence: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = refused(tmp_path / "d.zip", zipped([*THREE, (name, data)]), PICTURES)

    assert found.startswith(sentence)


def test_an_archive_without_pictures_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "d.zip"

    assert refused(path, zipped([]), PICTURES) == "it is an empty archive, not a zip archive with files"
    assert refused(path, zipped([("a/", b"")]), PICTURES) == "the archive has no pictures"
    assert (
        refused(path, zipped(THREE[:2]), PICTURES) == "every sample has the label 'a': there is nothing to tell apart"
    )


def test_more_pictures_than_the_limits_hold_are_refused_before_any_is_decoded(tmp_path: Path) -> None:
    data = zipped([*THREE, ("b/2.png", b"never looked at")])

    assert "4 samples of 16 numbers are more than" in refused(tmp_path / "d.zip", data, PICTURES, values=63)
    assert "has 4 files, more than the limit of 3" in refused(tmp_path / "d.zip", data, PICTURES, members=3)
    assert "bytes, more than the limit of 20" in refused(tmp_path / "d.zip", zipped(THREE), PICTURES, member=20)


def test_the_definition_of_a_table_is_not_for_pictures(tmp_path: Path) -> None:
    table = Definition.model_validate(
        {"columns": {"a": "float", "y": "int"}, "label": "y", "input_shape": [1], "output_shape": [1]}
    )

    assert "has pictures, but the definition has columns" in refused(tmp_path / "d.zip", zipped(THREE), table)
