from typing import get_args

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.blur_faces.handler import blur_faces
from functions.vision.blurs import blurred, kernel, smeared, unreadable
from functions.vision.faces import Blur, BlurKind, Box, FaceSet, Found
from functions.vision.pictures import Picture
from tests.conftest import Run
from tests.unit.vision.images import Pixels, example, pixels

KINDS: tuple[BlurKind, ...] = get_args(BlurKind)
FACE = np.random.default_rng(3).integers(0, 256, (120, 90, 3)).astype(np.uint8)


def area(kind: BlurKind, face: Pixels = FACE, *, size: int = 61) -> Pixels:
    return np.asarray(unreadable(face, size, Blur.of(kind)))


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_blur_changes_the_face_and_no_pixel_elsewhere(run: Run, kind: str) -> None:
    before = pixels(example("astronaut.png"))

    done = run(blur_faces, "a.png", example("astronaut.png").read_bytes(), blur=kind)

    record = FaceSet.model_validate_json(done.files["a.png.faces.json"])
    after = pixels(done.files["a.png.blurred.png"])
    outside = np.ones(before.shape[:2], bool)
    outside[record.faces[0].blurred.slices] = False
    assert record.blur.kind == kind
    assert np.array_equal(after[outside], before[outside])
    assert (after[~outside] != before[~outside]).any(axis=1).mean() > 0.95


@given(
    kind=st.sampled_from(KINDS),
    left=st.integers(-20, 80),
    top=st.integers(-20, 80),
    side=st.integers(1, 200),
    shape=st.sampled_from([(60, 80), (60, 80, 3), (60, 80, 4), (1, 1, 3), (2, 90, 3)]),
    deep=st.booleans(),
)
def test_any_kind_on_any_box_keeps_shape_and_depth_and_the_rest(
    kind: BlurKind, left: int, top: int, side: int, shape: tuple[int, ...], deep: bool
) -> None:
    drawn = np.random.default_rng(0).integers(0, 256, shape)
    source = drawn.astype(np.uint16) if deep else drawn.astype(np.uint8)
    box = Box(left=left, top=top, right=left + side, bottom=top + side)

    output, (face,) = blurred(Picture(source), [Found(box=box, score=1)], Blur.of(kind))

    outside = np.ones(shape[:2], bool)
    outside[face.blurred.slices] = False
    assert (output.pixels.shape, output.pixels.dtype) == (source.shape, source.dtype)
    assert np.array_equal(output.pixels[outside], source[outside])


@pytest.mark.parametrize("kind", ["box", "gaussian", "mosaic"])
def test_a_blurred_face_holds_too_few_numbers_to_be_sharpened_again(kind: BlurKind) -> None:
    rows = np.eye(160, dtype=np.float32)  # through a linear blur its rank is what is left of 160 pixels in a row

    size = kernel(Box(left=0, top=0, right=160, bottom=160), Blur.of(kind))
    rank = np.linalg.matrix_rank(np.asarray(unreadable(rows, size, Blur.of(kind))))

    assert rank <= 7


def test_the_thinned_box_blur_of_a_row_is_that_of_training() -> None:
    assert np.array_equal(area("box"), smeared(FACE, 61, grid=0.33))


def test_a_mosaic_is_of_blocks_of_one_colour_each() -> None:
    drawn = area("mosaic", size=31)

    assert len(np.unique(drawn.reshape(-1, 3), axis=0)) == 4 * 3


def test_a_solid_area_has_one_grey_whatever_was_there_and_hides_what_is_behind() -> None:
    clear = np.dstack([FACE, np.zeros(FACE.shape[:2], np.uint8)])

    assert np.array_equal(np.unique(area("solid", clear).reshape(-1, 4), axis=0), [[128, 128, 128, 255]])
    assert np.unique(area("solid", FACE.astype(np.uint16))).tolist() == [32768]


def test_a_gaussian_is_as_wide_as_the_box_blur() -> None:
    spot = np.zeros((301, 301), np.uint8)
    spot[140:161, 140:161] = 255

    spreads = []
    for kind in ("box", "gaussian"):
        weight = area(kind, spot).astype(float).sum(axis=0)
        at = np.arange(301)
        middle = (weight * at).sum() / weight.sum()
        spreads.append(float((weight * (at - middle) ** 2).sum() / weight.sum()) ** 0.5)

    assert spreads[0] == pytest.approx(spreads[1], rel=0.1)
