import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from functions.vision.blurs import blurred, kernel, smeared
from functions.vision.faces import Blur, Box, Found, suppressed
from functions.vision.pictures import Picture

BLUR = Blur(strength=0.5, least=15, growth=0.1)
sides = st.floats(-50, 400, allow_nan=False)


@st.composite
def boxes(draw: st.DrawFn) -> Box:
    left, top = draw(sides), draw(sides)
    return Box(left=left, top=top, right=left + draw(st.floats(1, 500)), bottom=top + draw(st.floats(1, 500)))


@given(box=boxes(), width=st.integers(1, 300), height=st.integers(1, 300))
def test_a_grown_box_is_whole_pixels_within_the_picture(box: Box, width: int, height: int) -> None:
    grown = box.grown(0.1, width=width, height=height)

    assert 0 <= grown.left < grown.right <= width
    assert 0 <= grown.top < grown.bottom <= height
    assert all(float(side).is_integer() for side in (grown.left, grown.top, grown.right, grown.bottom))


@given(box=boxes())
def test_the_kernel_is_odd_and_half_of_the_face_or_fifteen(box: Box) -> None:
    size = kernel(box, BLUR)

    assert size % 2 == 1
    assert size >= 15
    assert size >= 0.5 * max(box.width, box.height) - 1


@given(box=boxes(), width=st.integers(1, 120), height=st.integers(1, 120), channels=st.sampled_from([1, 3, 4]))
def test_any_box_in_any_picture_can_be_blurred_and_the_rest_stays(
    box: Box, width: int, height: int, channels: int
) -> None:
    shape = (height, width) if channels == 1 else (height, width, channels)
    pixels = np.random.default_rng(0).integers(0, 65536, shape).astype(np.uint16)

    output, (face,) = blurred(Picture(pixels), [Found(box=box, score=1)], BLUR)

    outside = np.ones((height, width), bool)
    outside[face.blurred.slices] = False
    assert output.pixels.shape == pixels.shape
    assert np.array_equal(output.pixels[outside], pixels[outside])


def test_a_blurred_face_holds_too_few_numbers_to_be_sharpened_again() -> None:
    rows = np.eye(160, dtype=np.float32)

    rank = np.linalg.matrix_rank(smeared(rows, 67, grid=0.33))

    assert rank <= 7  # at most 7 x 7 numbers for a face; a plain box blur keeps all 160 x 160


def test_of_boxes_on_one_face_the_surest_is_kept() -> None:
    found = np.array([[0, 0, 10, 10], [1, 1, 11, 11], [50, 50, 60, 60]], np.float32)

    assert suppressed(found, np.array([0.5, 0.9, 0.4], np.float32)) == [1, 2]
    assert suppressed(found[:0], np.zeros(0, np.float32)) == []


def test_a_part_of_a_face_is_not_another_face_but_a_surer_face_in_a_larger_box_is() -> None:
    found = np.array([[0, 0, 100, 100], [40, 60, 110, 90], [200, 0, 400, 200], [250, 50, 290, 90]], np.float32)

    assert suppressed(found, np.array([0.9, 0.5, 0.5, 0.9], np.float32)) == [0, 3, 2]


def test_an_empty_box_is_no_box() -> None:
    with pytest.raises(ValidationError, match="left before its right"):
        Box(left=5, top=0, right=5, bottom=9)
