import json
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
import yaml

from functions.datasets.definition import Definition, schema
from functions.datasets.schema import FILE, text
from tests.datasets_samples import pictures, tabular


@pytest.fixture(scope="module")
def validator() -> Any:
    return jsonschema_rs.Draft202012Validator(json.loads(FILE.read_text()))


def test_the_committed_schema_is_the_one_that_is_made() -> None:
    assert FILE.read_text() == text(), "run python -m functions.datasets.schema"


def test_the_schema_is_a_schema() -> None:
    assert jsonschema_rs.meta.is_valid(schema())


def test_the_schema_takes_definitions_that_are_read(tmp_path: Path, validator: Any) -> None:
    for make in (tabular, pictures):
        _, path = make(tmp_path)
        validator.validate(yaml.safe_load(path.read_text()))
    validator.validate(
        {"input_shape": [2], "output_shape": [3], "optimizer": "adam", "loss": "mse", "class_weights": "balanced"}
    )
    validator.validate({"input_shape": [2], "output_shape": [3], "classes": [0, "b", 2], "class_weights": {"b": 2}})


@pytest.mark.parametrize(
    "wrong",
    [
        {"epoch": 3},
        {"columns": {"a": "flaot"}},
        {"input_shape": []},
        {"batch_size": 0},
        {"loss": "magic"},
        {"optimizer": {"name": "magic"}},
        {"optimizer": {"speed": 1}},
        {"preprocessing": {"clip": [1]}},
        {"split": {"test": 1}},
        {"sha256": {"a.csv": "00"}},
        {"type": "tfrecord"},
    ],
)
def test_what_the_schema_refuses_is_refused_by_the_reader_too(wrong: dict[str, object], validator: Any) -> None:
    given = {"input_shape": [2], "output_shape": [1], **wrong}

    assert not validator.is_valid(given)
    with pytest.raises(ValueError, match="validation error"):
        Definition.model_validate(given)


def test_every_field_says_what_it_is_for_where_its_name_does_not() -> None:
    silent = {name for name, field in Definition.model_fields.items() if not field.description}

    assert silent == {
        "preprocessing", "split", "seed", "optimizer", "epochs", "batch_size", "early_stopping", "about",
    }  # fmt: skip
