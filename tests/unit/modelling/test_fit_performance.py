"""The function, run on files in a folder."""

import json
from typing import Any

import pytest

from functions.fit_performance.handler import fit_performance
from functions.modelling.card import Card
from functions.runtime.errors import Rejected
from tests.unit.modelling.tables import csv_of, measured

CONFIGURATION = b"[General]\ntechniques = ['LRRidge']\ny = runtime\nvalidation = HoldOut\nhold_out_ratio = 0.2\n"


def test_a_table_becomes_a_model_with_all_that_belongs_to_it(run: Any) -> None:
    done = run(fit_performance, "blur.csv", csv_of(measured()))

    assert set(done.files) == {"blur.any.onnx", "blur.any.json", "blur.any.svg", "performance_models.json", "fit.json"}
    card = Card.model_validate_json(done.files["blur.any.json"])
    entry = json.loads(done.files["performance_models.json"])["blur"]["blur"]["any"]
    assert entry["regressor_file"] == "blur.any.onnx"
    assert entry["model"] == "CoreBasedPredictor"
    assert entry["meanTime"] == pytest.approx(card.mean_seconds)
    assert done.metrics["models"] == 1
    assert done.metrics["largest_error_percent"] == card.errors.inside


@pytest.mark.parametrize("name", ["blur.ini", "aMLLibrary-config.ini"])
def test_a_configuration_beside_the_table_is_followed(run: Any, name: str) -> None:
    done = run(fit_performance, "blur.csv", csv_of(measured()), beside={name: CONFIGURATION})

    card = Card.model_validate_json(done.files["blur.any.json"])
    assert card.family.startswith("LRRidge")
    assert card.errors.tested is not None


def test_a_configuration_that_comes_later_has_its_table_fitted_again(run: Any) -> None:
    done = run(fit_performance, "blur.ini", CONFIGURATION, beside={"blur.csv": csv_of(measured())})

    assert Card.model_validate_json(done.files["blur.any.json"]).family.startswith("LRRidge")


def test_of_a_table_in_both_forms_one_is_fitted(run: Any) -> None:
    assert run(fit_performance, "blur.parquet", b"PAR1", beside={"blur.csv": csv_of(measured())}).files == {}


def test_a_configuration_alone_waits_for_its_table(run: Any) -> None:
    assert run(fit_performance, "blur.ini", CONFIGURATION).files == {}


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("blur.csv", b"cores,runtime\n1,2\n2,x\n3,3\n4,4\n5,5\n6,6\n", "blur.csv: line 3: column 'runtime' is 'x'"),
        ("blur.txt", b"cores", "blur.txt is no table that is read"),
        ("blur.parquet", b"PAR1 and no more", "blur.parquet"),
    ],
)
def test_what_cannot_be_fitted_is_rejected_with_its_place(run: Any, name: str, content: bytes, sentence: str) -> None:
    with pytest.raises(Rejected, match=sentence) as failure:
        run(fit_performance, name, content)

    assert failure.value.retry is False


def test_a_wrong_configuration_is_named_with_its_line(run: Any) -> None:
    with pytest.raises(
        Rejected, match=r"blur.ini: line 2: General has no field 'techniqes'; did you mean techniques\?"
    ):
        run(fit_performance, "blur.csv", csv_of(measured()), beside={"blur.ini": b"[General]\ntechniqes = []\n"})
