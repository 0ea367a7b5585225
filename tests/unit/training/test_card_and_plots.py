"""What a person sees of a training: the model card and the plots."""

import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import yaml

from functions.train_on_upload.trainer.card import write_card
from functions.train_on_upload.trainer.plots import confusion_matrix, learning_curve, residuals
from functions.training.record import TrainingRecord
from tests.trust.trainings import trained

HISTORY = [
    {"loss": 1 / n, "val_loss": 1.1 / n, "accuracy": 1 - 0.5 / n, "val_accuracy": 0.9 - 0.5 / n} for n in (1, 2, 3)
]


@pytest.fixture
def record(tmp_path: Path) -> TrainingRecord:
    return trained(tmp_path).record


def front_matter(text: str) -> Any:
    return yaml.safe_load(text.split("---\n")[1])


def test_a_card_says_what_was_trained_on_what_and_how_well(record: TrainingRecord, tmp_path: Path) -> None:
    names = write_card(record, tmp_path)

    card = json.loads((tmp_path / names[0]).read_bytes())
    text = (tmp_path / names[1]).read_text()
    assert names == ("model_card.json", "model_card.md")
    assert (card["job"], card["metrics"]["epoch"]) == (record.job, record.metrics.epoch)
    assert all(each.sha256 in text for each in record.inputs)
    assert front_matter(text)["model-index"][0]["results"][0]["metrics"] == [
        {"type": name, "value": value} for name, value in sorted(record.metrics.final.items())
    ]


def test_what_an_uploader_wrote_is_no_markup_in_a_card(record: TrainingRecord, tmp_path: Path) -> None:
    about = {"name": "Wine\n# Certified <b>safe</b>", "license": "MIT\nlibrary_name: other", "owner": "a | b"}
    hostile = record.model_copy(update={"definition": {**record.definition, "about": about}})

    write_card(hostile, tmp_path)

    text = (tmp_path / "model_card.md").read_text()
    assert "\n# Certified" not in text
    assert "<b>" not in text.partition("\n---\n")[2]
    assert "Owner: a \\| b." in text
    assert front_matter(text)["library_name"] in {"keras", "pytorch"}


def test_a_card_owns_up_to_what_its_numbers_do_not_show(record: TrainingRecord, tmp_path: Path) -> None:
    few = {"train": 900, "validation": 10}
    rare = {"a": {"train": 890}, "b": {"train": 10}}
    data = record.data.model_copy(update={"parts": few, "classes": rare})

    write_card(record.model_copy(update={"data": data, "notes": ("No ONNX export.",)}), tmp_path)

    limits = json.loads((tmp_path / "model_card.json").read_bytes())["limits"]
    assert sum("No rows were kept apart" in limit or "rarest class" in limit for limit in limits) == 2
    assert "No ONNX export." in limits


def test_the_same_numbers_give_the_same_plots(tmp_path: Path) -> None:
    folders = [tmp_path / "one", tmp_path / "two"]
    for folder in folders:
        folder.mkdir()

    names = [
        learning_curve(HISTORY, folder, kept=2)
        + confusion_matrix(np.array([0, 1, 1]), np.array([0, 1, 0]), ["cat", "dog"], folder)
        + residuals(np.arange(9, dtype=np.float32), np.arange(9, dtype=np.float32) + 1, folder)
        for folder in folders
    ]

    assert names[0] == ("learning_curve.png", "learning_curve.svg", "confusion_matrix.png", "residuals.png")
    assert all((folders[0] / name).read_bytes() == (folders[1] / name).read_bytes() for name in names[0])
    assert b"validation" in (folders[0] / "learning_curve.svg").read_bytes()


def test_a_class_with_a_hostile_name_is_drawn_as_text(tmp_path: Path) -> None:
    classes = ["$\\frac{", "a\x00b\nc", "x" * 300]

    confusion_matrix(np.array([0, 1, 2]), np.array([0, 1, 2]), classes, tmp_path)

    assert cv2.imread(str(tmp_path / "confusion_matrix.png")) is not None


def test_many_classes_and_no_history_are_drawn_too(tmp_path: Path) -> None:
    many = np.arange(300)

    confusion_matrix(many, many, [str(n) for n in many], tmp_path)
    learning_curve([], tmp_path)

    drawn = cv2.imread(str(tmp_path / "confusion_matrix.png"))
    assert drawn is not None
    assert max(drawn.shape) < 2000
