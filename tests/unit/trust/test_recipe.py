"""What a record claims is held against the uploaded definition, against itself, and against ``metrics.json``."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from functions.training.record import Metrics, TrainingRecord, job_of
from functions.trust.errors import TrustError
from functions.trust.recipe import doubts_of_recipe
from tests.trust.signing import examined
from tests.trust.trainings import FINAL, Training, recommitted, sha256, trained

Json = Mapping[str, Any]


def refusal(training: Training) -> TrustError:
    with pytest.raises(TrustError) as error:
        examined(training)
    return error.value


def asked(record: TrainingRecord, **changes: object) -> TrainingRecord:
    return record.model_copy(update={"definition": {**record.definition, **changes}})


def used(record: TrainingRecord, **changes: object) -> TrainingRecord:
    return record.model_copy(update={"recipe": record.recipe.model_copy(update=changes)})


@pytest.fixture(scope="module")
def record(tmp_path_factory: pytest.TempPathFactory) -> TrainingRecord:
    return trained(tmp_path_factory.mktemp("a")).record


STOPPING = {"monitor": "val_loss", "patience": 50, "min_delta": 0.0, "restore_best": True}
OTHERS: dict[str, tuple[str, Json, Json]] = {
    "a loss": ("loss", {"loss": "mean_squared_error"}, {}),
    "a loss of another task where none was asked for": ("task", {}, {"loss": "huber"}),
    "metrics": ("metrics", {"metrics": ["precision", "auc"]}, {"metrics": ("precision",)}),
    "metrics where none were asked for": ("metrics", {}, {"metrics": ("auc",)}),
    "patience": ("early_stopping", {"early_stopping": STOPPING}, {"early_stopping": {**STOPPING, "patience": 1}}),
    "a monitor": ("early_stopping", {"early_stopping": STOPPING}, {"early_stopping": {**STOPPING, "monitor": "loss"}}),
    "early stopping": ("early_stopping", {}, {"early_stopping": STOPPING}),
    "no early stopping": ("early_stopping", {"early_stopping": STOPPING}, {}),
    "class weights": (
        "class_weights",
        {"class_weights": {"0": 1.0, "1": 9.0}},
        {"class_weights": {"0": 9.0, "1": 1.0}},
    ),
    "class weights of one class": (
        "class_weights",
        {"class_weights": {"0": 1.0, "1": 9.0}},
        {"class_weights": {"0": 1.0}},
    ),
    "weights for balanced ones": (
        "class_weights",
        {"class_weights": "balanced"},
        {"class_weights": {"0": 1.0, "1": 2.0}},
    ),
    "class weights unasked": ("class_weights", {}, {"class_weights": {"0": 1.0, "1": 1.0}}),
    "validation rows": ("split.validation", {"split": {"validation": 0.5, "test": 0.0}}, {}),
    "test rows": ("split.test", {"split": {"validation": 0.2, "test": 0.1}}, {}),
}


@pytest.mark.parametrize("what", OTHERS)
def test_a_setting_other_than_asked_for_is_named(record: TrainingRecord, what: str) -> None:
    name, wanted, found = OTHERS[what]

    doubts = list(doubts_of_recipe(used(asked(record, **wanted), **found)))
    assert {each.code for each in doubts} == {"E_RECIPE_NOT_USED"}
    assert doubts[0].message.startswith(f"{name} was asked to be ")


SAME: dict[str, tuple[Json, Json]] = {
    "a loss": ({"loss": "binary_crossentropy"}, {}),
    "metrics": ({"metrics": ["precision", "auc"]}, {"metrics": ("precision", "auc")}),
    "early stopping": ({"early_stopping": STOPPING}, {"early_stopping": STOPPING}),
    "balanced classes": ({"class_weights": "balanced"}, {"class_weights": {"0": 1.0, "1": 1.0}}),
    "class weights": ({"class_weights": {"1": 9, "0": 0.1}}, {"class_weights": {"0": 0.10000000149, "1": 9.0}}),
    "a share that is rounded": ({"split": {"validation": 0.1949, "test": 0.0}}, {}),
}


@pytest.mark.parametrize("what", SAME)
def test_a_setting_that_was_used_as_asked_for_is_no_doubt(record: TrainingRecord, what: str) -> None:
    wanted, found = SAME[what]

    assert not list(doubts_of_recipe(used(asked(record, **wanted), **found)))


@pytest.mark.parametrize(
    "change",
    [{"label": "other"}, {"about": {"license": "MIT", "owner": "somebody else"}}, {"extra": 1}, {"seed": None}],
)
def test_a_definition_that_is_not_the_uploaded_one_is_not_signed(tmp_path: Path, change: Json) -> None:
    training = trained(tmp_path)

    said = refusal(recommitted(training, asked(training.record, **change)))
    assert (said.code, next(iter(change)) in said.message) == ("E_DEFINITION", True)


def test_a_definition_of_which_the_record_leaves_something_out_is_not_signed(tmp_path: Path) -> None:
    training = trained(tmp_path)
    less = {name: value for name, value in training.record.definition.items() if name != "about"}

    said = refusal(recommitted(training, training.record.model_copy(update={"definition": less})))
    assert (said.code, "about" in said.message) == ("E_DEFINITION", True)


def test_an_uploaded_definition_that_is_none_is_not_signed(tmp_path: Path) -> None:
    training = trained(tmp_path)
    data = b"input_shape: [13]\n"
    (training.inputs / "dataset_definition.yaml").write_bytes(data)
    changed = [
        each.model_copy(update={"sha256": sha256(data), "size": len(data)}) if each.role == "definition" else each
        for each in training.record.inputs
    ]
    record = training.record.model_copy(update={"inputs": tuple(changed), "job": job_of(changed)})

    assert refusal(recommitted(training, record)).code == "E_DEFINITION"


@pytest.mark.parametrize("parts", [{"train": 80, "validation": 900}, {"train": 80}])
def test_parts_that_are_not_the_whole_are_not_signed(tmp_path: Path, parts: Json) -> None:
    data = trained(tmp_path / "a").record.data.model_copy(update={"parts": parts})

    assert refusal(trained(tmp_path / "b", data=data)).code == "E_DATA"


def test_classes_that_are_not_the_parts_are_not_signed(tmp_path: Path) -> None:
    data = trained(tmp_path / "a").record.data
    classes = {**data.classes, "0": {"train": 41, "validation": 10}}

    assert refusal(trained(tmp_path / "b", data=data.model_copy(update={"classes": classes}))).code == "E_DATA"


def test_numbers_other_than_those_of_metrics_json_are_not_signed(tmp_path: Path) -> None:
    metrics = Metrics(epoch=3, final={**FINAL, "accuracy": 1.0})

    said = refusal(trained(tmp_path, metrics=metrics))
    assert (said.code, "accuracy" in said.message) == ("E_METRICS", True)


@pytest.mark.parametrize(
    ("document", "is_right"),
    [
        ({"kept_epoch": 3, "final": {"train": FINAL, "test": {"auc": None}}}, True),
        ({"kept_epoch": 3, "final": {"train": {"loss": 0.25}, "validation": {"accuracy": 0.75}}}, False),
        ({"kept_epoch": 3, "final": {"train": {**FINAL, "auc": 0.5}}}, False),
        ({"kept_epoch": 2, "final": {"train": FINAL}}, False),
        ({"kept_epoch": 3, "final": []}, False),
        ({}, False),
    ],
)
def test_metrics_json_says_what_the_record_says(tmp_path: Path, document: Json, is_right: bool) -> None:
    training = trained(tmp_path)
    (training.outputs / "metrics.json").write_text(json.dumps(document))
    changed = recommitted(training, training.record)

    if is_right:
        assert examined(changed).record.metrics.final == FINAL
    else:
        assert refusal(changed).code == "E_METRICS"
