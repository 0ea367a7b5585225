from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from functions.vision import detectors
from functions.vision.descriptors import TILE
from functions.vision.detectors import FaceFinder, ModelUnavailableError
from functions.vision.faces import Box
from functions.vision.looks import Look
from functions.vision.pictures import Picture, read_picture
from functions.vision.views import COARSEST, views
from tests.unit.vision.images import ASTRONAUT, CAMERAMAN, HOPPER, covers, example, nearly

# Kept outside of the repository: shared/models/README.md says where it comes from.
RFB_640 = Path(__file__).parents[4] / "shared" / "models" / "version-RFB-640.onnx"
needs_rfb = pytest.mark.skipif(not RFB_640.exists(), reason=f"{RFB_640.name} is not in ../shared/models")


@pytest.fixture(scope="module")
def centerface() -> FaceFinder:
    return detectors.load("centerface")


@pytest.mark.parametrize(
    ("name", "face"), [("astronaut.png", ASTRONAUT), ("camera.png", CAMERAMAN), ("grace_hopper.jpg", HOPPER)]
)
@pytest.mark.parametrize("model", ["centerface", pytest.param("rfb-640", marks=needs_rfb)])
def test_each_model_finds_the_one_face_of_a_portrait(name: str, face: Box, model: str) -> None:
    finder = detectors.load(model, file=RFB_640 if model == "rfb-640" else None)

    found = finder.find(read_picture(example(name)), Look(threshold=0.5, detail=3))

    assert len(found) == 1
    assert covers(found[0].box, nearly(face))


@pytest.mark.parametrize("factor", [0.13, 0.3, 3.2])
def test_a_face_of_14_or_of_400_pixels_is_found_as_well(centerface: FaceFinder, factor: float) -> None:
    view = read_picture(example("astronaut.png")).colours()
    size = np.clip(np.arange(0, 512, 1 / factor).astype(int), 0, 511)
    picture = Picture(np.ascontiguousarray(view[size[:, None], size]))

    found = centerface.find(picture, Look(threshold=0.25, detail=3))

    assert any(covers(each.box, _scaled(nearly(ASTRONAUT, 0.2), factor)) for each in found)


def _scaled(box: Box, factor: float) -> Box:
    return Box(left=box.left * factor, top=box.top * factor, right=box.right * factor, bottom=box.bottom * factor)


def test_a_small_face_in_a_large_picture_is_found_wherever_tiles_meet(centerface: FaceFinder) -> None:
    small = read_picture(example("astronaut.png")).colours()[::6, ::6]
    places = (20, 880, 935, 990, 1700)
    pixels = np.full((400, 1900, 3), 128, np.uint8)
    for left in places:
        pixels[200 : 200 + small.shape[0], left : left + small.shape[1]] = small

    found = centerface.find(Picture(pixels), Look(threshold=0.25, detail=3))

    assert sorted(round(each.box.left) for each in found if each.box.width < 30) == [
        pytest.approx(left + 27, abs=5) for left in places
    ]


def test_a_face_in_a_panorama_is_not_shrunk_away(centerface: FaceFinder) -> None:
    one = read_picture(example("astronaut.png")).colours()[20:276, 100:356]
    pixels = np.hstack([np.full((256, 12_000, 3), 90, np.uint8), one, np.full((256, 6000, 3), 90, np.uint8)])

    (found,) = centerface.find(Picture(pixels), Look(threshold=0.5, detail=3))

    assert 12_050 < found.box.left < found.box.right < 12_200


@pytest.mark.parametrize(("factor", "offset"), [(4, 2), (2, 40_000)])
def test_a_face_in_the_low_bits_of_a_deep_picture_is_found(centerface: FaceFinder, factor: int, offset: int) -> None:
    pixels = read_picture(example("astronaut.png")).colours().astype(np.uint16) * factor + offset

    found = centerface.find(Picture(pixels), Look(threshold=0.5, detail=1))

    assert any(covers(each.box, nearly(ASTRONAUT, 0.2)) for each in found)


@pytest.mark.parametrize("kind", [np.uint8, np.uint16])
@pytest.mark.parametrize("ink", [0, 1])
@pytest.mark.parametrize("share", [1, 1 / 16])
def test_a_face_drawn_with_nothing_but_transparency_is_found(
    centerface: FaceFinder, kind: type[np.uint8 | np.uint16], ink: int, share: float
) -> None:
    white = np.iinfo(kind).max
    face = read_picture(example("astronaut.png")).colours()[..., 1]
    pixels = np.full((*face.shape, 4), ink * white, kind)
    pixels[..., 3] = face * (white / 255 * share)

    found = centerface.find(Picture(pixels), Look(threshold=0.5, detail=1))

    assert any(covers(each.box, nearly(ASTRONAUT, 0.2)) for each in found)


def test_a_face_that_only_transparency_shows_or_hides_is_found(centerface: FaceFinder) -> None:
    face = read_picture(example("astronaut.png")).colours()
    hidden = np.dstack([face, np.zeros(face.shape[:2], np.uint8)])
    drawn = np.dstack([np.zeros_like(face), 255 - face.mean(axis=2).astype(np.uint8)])

    assert len(centerface.find(Picture(hidden), Look(threshold=0.5, detail=1))) == 1
    assert len(centerface.find(Picture(drawn), Look(threshold=0.5, detail=1))) == 1


@pytest.mark.parametrize("size", [(1, 1), (3, 2000), (2000, 3), (960, 961), (1440, 2560), (20_000, 200)])
def test_every_pixel_of_a_picture_is_shown_in_tiles_of_a_bounded_size(size: tuple[int, int]) -> None:
    picture = np.zeros((*size, 3), np.uint8)

    shown = views(picture, look=Look(threshold=0.5))

    finest = [view for view in shown if view.scale == shown[0].scale]
    seen = np.zeros((finest[0].size[1], finest[0].size[0]), bool)
    for view in finest:
        seen[view.top : view.top + view.colours.shape[0], view.left : view.left + view.colours.shape[1]] = True
    assert seen.all()
    assert max(max(view.colours.shape[:2]) for view in shown) <= TILE
    assert max(shown[-1].size) <= max(COARSEST, 2 * max(size))


@settings(deadline=None)
@given(height=st.integers(1, 3000), width=st.integers(1, 3000), detail=st.floats(0.2, 4))
def test_the_coarsest_view_of_any_picture_shows_it_whole(height: int, width: int, detail: float) -> None:
    shown = views(np.zeros((height, width, 3), np.uint8), look=Look(threshold=0.5, detail=detail))

    assert shown[-1].colours.shape[:2] == shown[-1].size[::-1]
    assert max(shown[-1].size) <= max(COARSEST, 2 * max(height, width))
    assert len({view.scale for view in shown}) <= 5


def test_another_file_than_the_known_one_is_never_loaded(tmp_path: Path) -> None:
    other = tmp_path / "centerface.onnx"
    other.write_bytes(b"something else")

    with pytest.raises(ModelUnavailableError, match=r"centerface\.onnx has sha256 .* not 09189deaaf86") as failure:
        detectors.load("centerface", file=other)

    assert failure.value.retry


def test_an_absent_model_says_how_it_is_installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)

    with pytest.raises(ModelUnavailableError, match="the face model centerface is not installed") as failure:
        detectors.load("centerface")
    with pytest.raises(ModelUnavailableError, match="rfb-640") as other:
        detectors.load("rfb-640")

    assert "functions/blur_faces/model.txt" in failure.value.hint
    assert "BLUR_FACES_MODEL_FILE" in other.value.hint


@needs_rfb
def test_a_models_constants_are_not_among_its_inputs_once_loaded() -> None:
    finder = detectors.load("rfb-640", file=RFB_640)

    assert [each.name for each in finder.session.get_inputs()] == ["input"]


def test_the_installed_model_takes_any_size(centerface: FaceFinder) -> None:
    (shape,) = [each.shape for each in centerface.session.get_inputs()]

    assert shape == [1, 3, "height", "width"]
