import hashlib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import yaml

from functions.blur_faces.handler import blur_faces
from functions.vision import detectors
from functions.vision.descriptors import RFB_640, ModelDescriptor
from functions.vision.detectors import ModelUnavailableError
from functions.vision.faces import FaceSet
from functions.vision.looks import Look
from functions.vision.pictures import Picture, read_picture
from tests.conftest import Run
from tests.unit.vision.graphs import model_of
from tests.unit.vision.images import ASTRONAUT, covers, encoded, example, nearly

MASKED = Path(__file__).parents[4] / "shared" / "models" / "RFB-640-masked_face-v2.onnx"
needs_masked = pytest.mark.skipif(not MASKED.exists(), reason=f"{MASKED.name} is not in ../shared/models")


def described(folder: Path, model: bytes, **changes: object) -> Path:
    """Write a model that finds one face in the middle of any picture, with its descriptor beside it."""
    (folder / "middle.onnx").write_bytes(model)
    fields: dict[str, object] = {
        "name": "middle",
        "file": "middle.onnx",
        "sha256": hashlib.sha256(model).hexdigest(),
        "threshold": 0.5,
        "input": {"name": "picture", "width": 64, "height": 48},
        "output": {"form": "boxes", "boxes": "boxes", "scores": "scores", "classes": ["no_mask", "mask"]},
    }
    path = folder / "middle.yaml"
    path.write_text(yaml.safe_dump(fields | changes, sort_keys=False))
    return path


MIDDLE = model_of(boxes=[[0.25, 0.25, 0.75, 0.75]], scores=[[0.1, 0.8]])
GREY = Picture(np.full((48, 64, 3), 90, np.uint8))
ONCE = Look(threshold=0.5, enlarged=1.0)


def test_a_face_model_of_ones_own_blurs_by_its_descriptor(run: Run, tmp_path: Path) -> None:
    path = described(tmp_path, MIDDLE)

    done = run(blur_faces, "a.png", encoded(GREY.pixels), model_descriptor=path, profile="fast")

    record = FaceSet.model_validate_json(done.files["a.png.faces.json"])
    assert record.model.name == "middle"
    assert record.model.threshold == pytest.approx(0.7)
    assert record.faces[0].box.left == pytest.approx(16, abs=0.1)
    assert record.faces[0].box.bottom == pytest.approx(36, abs=0.1)


def test_a_model_that_tells_masks_labels_what_it_finds(tmp_path: Path) -> None:
    finder = detectors.load(descriptor=described(tmp_path, MIDDLE))

    (face,) = finder.labelled(GREY, ONCE)

    assert finder.detector.tells_masks
    assert face.label == "mask"
    assert face.score == pytest.approx(0.8)


def test_boxes_may_be_given_by_their_middle_in_pixels_and_scores_as_logits(tmp_path: Path) -> None:
    model = model_of(boxes=[[[32.0, 24.0, 32.0, 24.0]]], scores=[[[-2.0, 2.0]]])
    output = {"form": "boxes", "boxes": "boxes", "scores": "scores", "classes": ["no_mask", "mask"]}
    path = described(tmp_path, model, output=output | {"corners": "middle", "unit": "pixels", "scores_are": "logits"})

    (face,) = detectors.load(descriptor=path).labelled(GREY, ONCE)

    assert face.score == pytest.approx(0.8808, abs=1e-3)
    assert (face.box.left, face.box.right) == pytest.approx((16, 48), abs=0.1)


def test_rows_as_darknet_writes_them_are_read_with_their_objectness(tmp_path: Path) -> None:
    model = model_of(rows=[[0.5, 0.5, 0.5, 0.5, 0.9, 0.2, 0.8], [0.5, 0.5, 0.2, 0.2, 0.1, 1.0, 0.0]])
    path = described(tmp_path, model, output={"form": "rows", "rows": "rows", "classes": ["mask", "no_mask"]})

    (face,) = detectors.load(descriptor=path).labelled(GREY, replace(ONCE, threshold=0.3))

    assert face.label == "no_mask"
    assert face.score == pytest.approx(0.72, abs=1e-3)


def test_a_model_of_a_fixed_size_is_shown_a_larger_picture_in_tiles_of_that_size(tmp_path: Path) -> None:
    wide = Picture(np.full((48, 128, 3), 90, np.uint8))

    found = detectors.load(descriptor=described(tmp_path, MIDDLE)).find(wide, replace(ONCE, overlap=0))

    middles = sorted(round((each.box.left + each.box.right) / 2) for each in found if each.box.width < 40)
    assert middles == [32, 96]


@needs_masked
def test_the_one_stage_model_of_masked_faces_runs_by_its_descriptor(tmp_path: Path) -> None:
    model = MASKED.read_bytes()
    path = described(
        tmp_path,
        model,
        input={"name": "input", "width": 640, "height": 480, "mean": 127, "divisor": 128},
        output={"form": "boxes", "boxes": "boxes", "scores": "scores", "classes": ["background", "no_mask", "mask"]},
    )

    (face,) = detectors.load(descriptor=path).labelled(read_picture(example("astronaut.png")), ONCE)

    assert face.label == "no_mask"
    assert covers(face.box, nearly(ASTRONAUT, 0.2))


WRONG: dict[str, tuple[dict[str, object], str]] = {
    "misspelt": ({"thresold": 0.5}, r"middle\.yaml: line \d+: thresold is not a field; did you mean threshold\?"),
    "no number": ({"threshold": "much"}, "line 4: threshold must be a number, not 'much'"),
    "another form": (
        {"output": {"form": "box", "boxes": "boxes", "scores": "scores"}},
        "output.form is 'box', not 'boxes'.*did you mean boxes",
    ),
    "half a size": (
        {"input": {"name": "picture", "width": 64}},
        "input: an input has a width and a height, or neither",
    ),
    "another digest": ({"sha256": "0" * 64}, r"middle\.onnx has sha256 .* not 000000000000"),
    "out of its folder": ({"file": "../middle.onnx"}, "file must be"),
    "no such file": ({"file": "absent.onnx"}, r"middle\.yaml: there is no file .*absent\.onnx"),
    "no such input": (
        {"input": {"name": "pictures", "width": 64, "height": 48}},
        r"input\.name is pictures, which the model has not; did you mean picture\?",
    ),
    "no such output": (
        {"output": {"form": "boxes", "boxes": "box", "scores": "scores"}},
        "output is box, which the model has not; did you mean boxes",
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_descriptor_is_one_sentence_that_names_the_place(tmp_path: Path, name: str) -> None:
    changes, sentence = WRONG[name]

    with pytest.raises(ModelUnavailableError, match=sentence) as failure:
        detectors.load(descriptor=described(tmp_path, MIDDLE, **changes))

    assert "\n" not in failure.value.message


def test_a_model_that_answers_otherwise_than_described_is_no_face_less(tmp_path: Path) -> None:
    path = described(tmp_path, model_of(boxes=[[0.25, 0.25, 0.75, 0.75]], scores=[[0.1, 0.8, 0.1]]))

    with pytest.raises(
        ModelUnavailableError, match=r"the model middle gives 1 boxes and scores \(1, 3\) for 2 classes"
    ):
        detectors.load(descriptor=path).find(GREY, ONCE)


def test_what_is_no_model_is_refused_before_it_is_opened(tmp_path: Path) -> None:
    path = described(tmp_path, b"\x80\x04\x95pickled")

    with pytest.raises(ModelUnavailableError, match="a pickle, which runs code when it is opened"):
        detectors.load(descriptor=path)


def test_numbers_that_are_none_are_no_faces(tmp_path: Path) -> None:
    model = model_of(boxes=[[np.nan, 0, 1, 1], [0, 0, np.inf, 1]], scores=[[0.9, 0.1], [0.9, 0.1]])

    assert detectors.load(descriptor=described(tmp_path, model)).find(GREY, ONCE) == []


def test_the_descriptor_in_the_docs_is_one() -> None:
    page = (Path(__file__).parents[3] / "docs" / "vision.md").read_text()

    _, example_, *_ = page.split("```yaml\n")
    described_there = ModelDescriptor.model_validate(yaml.safe_load(example_.split("```")[0]))

    assert described_there.tells_masks
    assert described_there.tile == (640, 480)


def test_our_own_models_are_described_as_any_other() -> None:
    written = yaml.safe_dump(RFB_640.model_dump(mode="json", exclude_defaults=True) | {"format": RFB_640.format})

    assert ModelDescriptor.model_validate(yaml.safe_load(written)) == RFB_640
