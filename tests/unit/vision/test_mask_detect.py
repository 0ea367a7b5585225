from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.blur_faces.handler import blur_faces
from functions.mask_detect import classifier
from functions.mask_detect.drawing import annotated, tag
from functions.mask_detect.handler import mask_detect
from functions.mask_detect.masks import MaskedFace, MaskSet, Status, status
from functions.mask_detect.painting import CLOTHS, paint_mask
from functions.runtime import Rejected
from functions.vision.detectors import ModelUnavailableError
from functions.vision.faces import Box
from functions.vision.pictures import Picture, read_picture
from tests.conftest import Run
from tests.unit.vision.images import ASTRONAUT, HOPPER, Pixels, encoded, example, pixels


def painted(name: str, face: Box, cloth: int) -> Pixels:
    """Give a portrait (RGB) whose face wears a mask."""
    colours = read_picture(example(name)).colours()
    return paint_mask(colours, face, np.random.default_rng(5), cloth=cloth)[..., ::-1]


def judge(run: Run, name: str, content: bytes, **settings: object) -> tuple[Pixels, MaskSet]:
    """Run blur-faces and then mask-detect on what it wrote."""
    first = run(blur_faces, name, content).files
    blurred, faces = f"{name}.blurred.png", f"{name}.faces.json"
    done = run(mask_detect, blurred, first[blurred], beside={faces: first[faces]}, **settings)
    record = MaskSet.model_validate_json(done.files[f"{blurred}.masks.json"])
    assert done.metrics == {"masks_count": record.masks_count, "no_masks_count": record.no_masks_count}
    return pixels(done.files[f"{blurred}.masks.png"]), record


@pytest.mark.parametrize(("name", "face"), [("astronaut.png", ASTRONAUT), ("grace_hopper.jpg", HOPPER)])
def test_a_bare_face_is_counted_as_one_although_it_is_blurred(run: Run, name: str, face: Box) -> None:
    _, record = judge(run, name, example(name).read_bytes())

    assert (record.masks_count, record.no_masks_count, record.status) == (0, 1, "Warning")


@pytest.mark.parametrize("cloth", [0, 2, 3, 5])
def test_a_masked_face_is_counted_as_one_although_it_is_blurred(run: Run, cloth: int) -> None:
    _, record = judge(run, "a.png", encoded(painted("astronaut.png", ASTRONAUT, cloth)))

    assert (record.masks_count, record.no_masks_count, record.status) == (1, 0, "Safe")


def test_in_a_group_each_face_is_judged_for_itself(run: Run) -> None:
    bare = pixels(example("astronaut.png"))[:256, 100:356]
    masked = painted("astronaut.png", ASTRONAUT, 0)[:256, 100:356]

    _, record = judge(run, "group.png", encoded(np.hstack([bare, masked, bare, bare])))

    assert (record.masks_count, record.no_masks_count, record.status) == (1, 3, "Danger")
    left_to_right = sorted(record.faces, key=lambda face: face.box.left)
    assert [face.label for face in left_to_right] == ["no_mask", "mask", "no_mask", "no_mask"]


def test_a_picture_without_faces_is_safe_and_stays_as_it_is(run: Run) -> None:
    drawn, record = judge(run, "coffee.png", example("coffee.png").read_bytes())

    assert (record.masks_count, record.no_masks_count, record.status) == (0, 0, "Safe")
    assert np.array_equal(drawn, pixels(example("coffee.png")))


@pytest.mark.parametrize(
    ("masks", "no_masks", "expected"),
    [
        (0, 0, "Safe"),
        (5, 0, "Safe"),
        (0, 1, "Warning"),
        (0, 2, "Warning"),
        (100, 2, "Warning"),
        (0, 3, "Danger"),
        (27, 3, "Danger"),
        (28, 3, "Warning"),
    ],
)
def test_three_bare_faces_that_are_a_tenth_of_all_are_a_danger(masks: int, no_masks: int, expected: Status) -> None:
    assert status(masks, no_masks) == expected


def test_a_picture_that_did_not_come_from_blur_faces_is_rejected(run: Run) -> None:
    with pytest.raises(Rejected, match=r"no \.faces\.json beside it") as failure:
        run(mask_detect, "a.jpg.blurred.png", example("astronaut.png").read_bytes())

    assert "upload the original picture to blur-faces' input" in failure.value.hint


def test_a_record_of_another_picture_or_of_none_is_rejected(run: Run) -> None:
    portrait = example("astronaut.png").read_bytes()
    other = run(blur_faces, "b.png", encoded(pixels(example("coffee.png")))).files["b.png.faces.json"]

    with pytest.raises(Rejected, match="about a picture of 600 x 400 pixels, this one has 512 x 512"):
        run(mask_detect, "a.jpg.blurred.png", portrait, beside={"a.jpg.faces.json": other})
    with pytest.raises(Rejected, match="not one that blur-faces writes"):
        run(mask_detect, "a.jpg.blurred.png", portrait, beside={"a.jpg.faces.json": b"[]"})


def test_all_faces_go_through_the_network_in_one_batch_and_none_is_no_error() -> None:
    network = classifier.load()
    picture = read_picture(example("astronaut.png")).colours()
    corner = Box(left=500, top=500, right=600, bottom=640)  # mostly off the picture

    assert network.scores(picture, []) == []
    scores = network.scores(picture, [ASTRONAUT, corner, ASTRONAUT])
    assert len(scores) == 3
    assert scores[0] == pytest.approx(scores[2], abs=1e-3)


def test_another_network_than_the_committed_one_is_never_loaded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = tmp_path / "masks.onnx"
    other.write_bytes(classifier.FILE.read_bytes() + b"\0")
    monkeypatch.setattr(classifier, "FILE", other)

    with pytest.raises(ModelUnavailableError, match=r"masks\.onnx has sha256"):
        classifier.load()


sides = st.floats(-20, 900, allow_nan=False)


@given(
    text=st.sampled_from(["mask 100%", "no mask 51%"]),
    left=sides,
    top=sides,
    side=st.floats(1, 900),
    width=st.integers(1, 900),
    height=st.integers(1, 900),
)
def test_a_label_never_leaves_the_picture(
    text: str, left: float, top: float, side: float, width: int, height: int
) -> None:
    place = tag(text, Box(left=left, top=top, right=left + side, bottom=top + side), width=width, height=height)

    assert 0 <= place.left < place.right <= width
    assert 0 <= place.top < place.bottom <= height


@pytest.mark.parametrize("size", [(40, 60), (500, 400), (3000, 4000)])
def test_a_label_can_be_read_in_a_picture_of_any_size(size: tuple[int, int]) -> None:
    height, width = size
    box = Box(left=width * 0.4, top=height * 0.4, right=width * 0.6, bottom=height * 0.7)
    face = MaskedFace(box=box, label="no_mask", score=0.9)

    drawn = annotated(Picture(np.zeros((height, width), np.uint8)), (face,))

    place = tag("no mask 90%", box, width=drawn.width, height=drawn.height)
    assert min(drawn.width, drawn.height) >= 200
    assert place.bottom - place.top >= max(12, 0.02 * min(drawn.width, drawn.height))


def test_a_painted_mask_covers_the_mouth_and_leaves_the_eyes() -> None:
    before = read_picture(example("astronaut.png")).colours()

    for cloth in range(len(CLOTHS)):
        after = paint_mask(before, ASTRONAUT, np.random.default_rng(cloth), cloth=cloth)

        assert (after[140:160, 210:240] != before[140:160, 210:240]).any(axis=2).mean() > 0.9
        assert np.array_equal(after[85:105, 195:255], before[85:105, 195:255])


def test_the_training_record_is_about_the_committed_network() -> None:
    record = classifier.FILE.with_suffix(".training.json").read_text()

    assert f'"sha256": "{classifier.SHA256}"' in record
    assert classifier.FILE.stat().st_size < 1_000_000
