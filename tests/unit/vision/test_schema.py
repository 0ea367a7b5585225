import json
from typing import Any

import jsonschema_rs
import pytest

from functions.blur_faces.handler import blur_faces
from functions.vision.faces import Blur, Box, FaceModel, FaceSet
from functions.vision.films import FilmedFace, FilmSet, Frame
from functions.vision.schema import FILE, text
from tests.conftest import Run
from tests.unit.vision.images import example

BOX = Box(left=10, top=10, right=30, bottom=40)
MODEL = FaceModel(name="centerface", sha256="0" * 64, threshold=0.25, detail=3)


@pytest.fixture(scope="module")
def validator() -> Any:
    return jsonschema_rs.Draft202012Validator(json.loads(FILE.read_text()))


def film() -> FilmSet:
    face = FilmedFace(box=BOX, score=0.9, blurred=BOX, kernel=15, track=0, detected=False)
    return FilmSet(
        width=64,
        height=48,
        frames_count=10,
        seconds=0.4,
        every=2,
        tracks_count=1,
        model=MODEL,
        blur=Blur.of("mosaic"),
        frames=(Frame(index=3, time=0.12, faces=(face,)),),
    )


def test_the_committed_schema_is_the_one_that_is_made() -> None:
    assert FILE.read_text() == text(), "run python -m functions.vision.schema"


def test_what_blur_faces_writes_beside_a_picture_is_of_the_schema(run: Run, validator: Any) -> None:
    done = run(blur_faces, "a.png", example("astronaut.png").read_bytes())

    written = json.loads(done.files["a.png.faces.json"])

    validator.validate(written)
    assert FaceSet.model_validate(written).faces


def test_the_record_of_a_video_is_of_the_schema(validator: Any) -> None:
    validator.validate(json.loads(film().model_dump_json()))


@pytest.mark.parametrize(
    "wrong", [{"format": "noria.faces/2"}, {"frames": [{"index": 0, "time": 0, "faces": []}]}, {"place": "home"}]
)
def test_a_record_with_another_format_or_more_than_the_fields_is_not_of_the_schema(
    validator: Any, wrong: dict[str, object]
) -> None:
    written = json.loads(film().model_dump_json()) | wrong

    assert not validator.is_valid(written)


def test_a_record_of_before_there_were_profiles_is_still_read() -> None:
    old = {
        "format": "noria.faces/1",
        "width": 64,
        "height": 48,
        "model": {"name": "centerface", "sha256": "0" * 64, "threshold": 0.25, "detail": 3.0},
        "blur": {"kind": "box", "strength": 0.5, "least": 15, "growth": 0.1, "grid": 0.33},
        "faces": [],
    }

    record = FaceSet.model_validate(old)

    assert (record.model.overlap, record.model.step) == (0.2, 2.0)
