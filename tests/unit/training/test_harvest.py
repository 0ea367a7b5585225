"""Of what a training process leaves only what its form of model gives is taken, and each model is looked at."""

from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

from functions.models.facts import Form, ModelLimits
from functions.runtime.errors import Rejected
from functions.train_on_upload.harvest import Harvest
from tests.unit.training.keras_files import mlp

PICKLE = b"\x80\x04K\x01."


def taken(folder: Path, form: Form, *names: str) -> tuple[set[str], list[str]]:
    (folder / "ours").mkdir()
    harvest = Harvest(folder, form, lambda name: folder / "ours" / name, 2**24, ModelLimits())
    outputs, notes = harvest.take(names)
    assert {path.name for path in (folder / "ours").iterdir()} == {path.name for path in outputs}
    return {path.name for path in outputs}, notes


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """What a training may leave, and more than that."""
    mlp(tmp_path / "trained_model.keras")
    save_file({"w": np.ones((2, 2), "f4")}, tmp_path / "trained_model.safetensors")
    for name in ("trained_model.onnx", "trained_model.pt2", "x.pt2", "evil.keras"):
        (tmp_path / name).write_bytes(PICKLE)
    for name in ("metrics.json", "learning_curve.png", "other.json"):
        (tmp_path / name).write_text("{}")
    return tmp_path


@pytest.mark.parametrize(
    ("form", "name"),
    [
        ("keras", "trained_model.safetensors"),
        ("keras", "trained_model.pt2"),
        ("keras", "evil.keras"),
        ("keras", "other.json"),
        ("safetensors", "trained_model.pt2"),
        ("onnx", "trained_model.keras"),
        ("pt2", "x.pt2"),
    ],
)
def test_a_file_that_the_form_does_not_give_is_refused_by_name(folder: Path, form: Form, name: str) -> None:
    main = "trained_model.keras" if form == "keras" else "trained_model.safetensors"

    with pytest.raises(Rejected, match=f"the training process left {name}, which a {form} model does not give"):
        taken(folder, form, main, "metrics.json", name)


@pytest.mark.parametrize("form", ["keras", "onnx", "pt2", "safetensors"])
def test_the_model_itself_and_its_numbers_are_never_missing(folder: Path, form: Form) -> None:
    main = "trained_model.keras" if form == "keras" else "trained_model.safetensors"

    with pytest.raises(Rejected, match=f"the training process left no metrics.json and no {main}"):
        taken(folder, form, "trained_model.onnx")


@pytest.mark.parametrize("content", ["a lambda", "a pickle"])
def test_a_trained_model_that_could_not_be_uploaded_is_no_output(folder: Path, content: str) -> None:
    model = folder / "trained_model.keras"
    if content == "a lambda":
        mlp(model, chance="Lambda")
    else:
        model.write_bytes(PICKLE)

    with pytest.raises(Rejected, match=r"Lambda|pickle"):
        taken(folder, "keras", model.name, "metrics.json")


def test_an_export_that_may_not_be_opened_is_left_out_and_a_note_says_why(folder: Path) -> None:
    names = ("metrics.json", "trained_model.safetensors", "trained_model.onnx", "trained_model.pt2", "metrics.json")

    outputs, notes = taken(folder, "pt2", *names)

    assert outputs == {"metrics.json", "trained_model.safetensors"}
    assert [note.partition(":")[0] for note in notes] == [
        "There is no trained_model.onnx",
        "There is no trained_model.pt2",
    ]
