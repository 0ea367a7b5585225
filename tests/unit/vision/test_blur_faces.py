import io
import json

import numpy as np
import pytest
from PIL import Image

from functions.blur_faces.handler import blur_faces
from functions.runtime import Rejected
from functions.vision import detectors
from functions.vision.faces import FaceSet
from functions.vision.looks import Look
from functions.vision.pictures import Picture
from tests.conftest import Run
from tests.unit.vision.images import ASTRONAUT, CAMERAMAN, HOPPER, Pixels, covers, encoded, example, pixels

FACES = {"astronaut.png": ASTRONAUT, "camera.png": CAMERAMAN, "grace_hopper.jpg": HOPPER}


def blur(run: Run, name: str, content: bytes | None = None, **settings: object) -> tuple[Pixels, FaceSet]:
    done = run(blur_faces, name, content or example(name).read_bytes(), **settings)
    assert set(done.files) == {f"{name}.blurred.png", f"{name}.faces.json"}
    record = FaceSet.model_validate_json(done.files[f"{name}.faces.json"])
    assert done.metrics == {"faces": len(record.faces)}
    return pixels(done.files[f"{name}.blurred.png"]), record


@pytest.mark.parametrize("name", FACES)
def test_the_whole_face_is_blurred_and_no_pixel_elsewhere(run: Run, name: str) -> None:
    before = pixels(example(name))

    after, record = blur(run, name)

    (face,) = record.faces
    outside = np.ones(before.shape[:2], bool)
    outside[face.blurred.slices] = False
    assert covers(face.blurred, FACES[name])
    assert np.array_equal(after[outside], before[outside])
    assert face.kernel % 2 == 1
    assert face.kernel >= max(15, 0.5 * max(face.box.width, face.box.height) - 1)


@pytest.mark.parametrize("name", FACES)
def test_no_face_is_found_where_one_was_blurred(run: Run, name: str) -> None:
    after, record = blur(run, name)

    colours = after[..., ::-1] if after.ndim == 3 else after
    found = detectors.load("centerface").find(
        Picture(np.ascontiguousarray(colours)), Look(threshold=0.5, detail=record.model.detail)
    )

    # At 0.25 a head of hair above a collar is still "a face", whatever is between them.
    assert found == []


@pytest.mark.parametrize("name", ["chelsea.png", "coffee.png", "brick.png"])
def test_a_picture_without_faces_stays_as_it_is(run: Run, name: str) -> None:
    after, record = blur(run, name)

    assert record.faces == ()
    assert np.array_equal(after, pixels(example(name)))


def test_what_the_eye_reads_in_a_face_is_gone(run: Run) -> None:
    before = pixels(example("astronaut.png")).astype(float)

    after, record = blur(run, "astronaut.png")

    area = record.faces[0].blurred.slices
    assert np.abs(np.diff(after[area].astype(float), axis=1)).max() < 4
    assert np.abs(np.diff(before[area], axis=1)).max() > 100


def test_where_and_when_a_picture_was_taken_is_not_passed_on(run: Run) -> None:
    tags = Image.Exif()
    tags[0x010F], tags[0x9003] = "a phone", "2026:11:22 10:00:00"
    tags.get_ifd(0x8825).update({1: "N", 2: (41.0, 23.0, 1.0)})
    content = encoded(pixels(example("astronaut.png")), "JPEG", exif=tags, quality=90, comment=b"at home")
    done = run(blur_faces, "a.jpg", content)

    with Image.open(io.BytesIO(done.files["a.jpg.blurred.png"])) as image:
        assert not image.getexif()
        assert image.info == {}


def test_a_portrait_taken_with_the_camera_turned_is_blurred_upright(run: Run) -> None:
    tags = Image.Exif()
    tags[0x0112] = 6
    turned = np.rot90(pixels(example("astronaut.png")))

    after, record = blur(run, "a.jpg", encoded(turned, "JPEG", exif=tags, quality=95))

    assert covers(record.faces[0].blurred, ASTRONAUT)
    assert np.abs(after[300:].astype(int) - pixels(example("astronaut.png"))[300:]).mean() < 6


def test_a_cut_out_keeps_its_transparency_and_sixteen_bits_their_depth(run: Run) -> None:
    colours = pixels(example("astronaut.png"))
    alpha = np.full(colours.shape[:2], 255, np.uint8)
    alpha[400:] = 7

    after, record = blur(run, "a.png", encoded(np.dstack([colours, alpha])))
    grey, deep = blur(run, "b.png", encoded(pixels(example("camera.png")).astype(np.uint16) * 257))

    assert np.array_equal(after[400:, :, 3], alpha[400:])
    assert len(record.faces) == len(deep.faces) == 1
    assert grey.dtype == np.uint16


def test_every_face_of_a_group_is_blurred(run: Run) -> None:
    one = pixels(example("astronaut.png"))[:256, 100:356]
    group = np.vstack([np.hstack([one, one[:, ::-1], one])] * 2)

    _, record = blur(run, "group.png", encoded(group))

    assert len(record.faces) == 6


def test_the_record_says_which_model_looked_and_how_faces_were_blurred(run: Run) -> None:
    _, record = blur(run, "astronaut.png", strength=0.8, threshold=0.4, detail=0.5)

    assert record.format == "noria.faces/1"
    assert (record.width, record.height) == (512, 512)
    assert record.model.name == "centerface"
    assert record.model.sha256.startswith("09189dea")
    assert (record.model.threshold, record.model.detail, record.blur.strength) == (0.4, 0.5, 0.8)


def test_the_record_names_no_place_and_no_person(run: Run) -> None:
    done = run(blur_faces, "maria.jpg", encoded(pixels(example("astronaut.png")), "JPEG"))

    assert set(json.loads(done.files["maria.jpg.faces.json"])) == {
        "format",
        "width",
        "height",
        "model",
        "blur",
        "faces",
    }


def test_a_text_file_is_rejected_not_retried(run: Run) -> None:
    with pytest.raises(Rejected, match="the object is not a picture") as failure:
        run(blur_faces, "notes.png", b"not a picture")

    assert failure.value.retry is False


def test_a_picture_over_the_set_limit_is_rejected(run: Run) -> None:
    with pytest.raises(Rejected, match=r"512 x 512 pixels, more than the limit of 0\.1 megapixels"):
        run(blur_faces, "astronaut.png", example("astronaut.png").read_bytes(), max_megapixels=0.1)
