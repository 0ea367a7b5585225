import json

import pytest

from functions.continuum.performance_models import read_performance_models, write_performance_models
from functions.continuum.reading import MalformedError
from functions.runtime.errors import Rejected
from tests.continuum_samples import PERFORMANCE_MODELS

FILE = "performance_models.json"


def test_models_are_read_by_component_partition_and_resource() -> None:
    models = read_performance_models(PERFORMANCE_MODELS, source=FILE)

    lambda_model = models.root["classifier"]["classifier"]["F1"]
    assert (lambda_model.demand_warm, lambda_model.demand_cold) == (2.5, 4)
    assert models.root["filter"]["filter_partition1_2"]["VM1"].demand == 0.3
    assert [place for place, _ in models.models()][:2] == [("filter", "filter", "Pi"), ("filter", "filter", "VM1")]


def test_what_is_written_is_what_was_read() -> None:
    written = write_performance_models(read_performance_models(PERFORMANCE_MODELS, source=FILE))

    assert json.loads(written) == json.loads(PERFORMANCE_MODELS)


def test_a_pickle_is_doubted_and_an_onnx_file_is_not() -> None:
    warnings: list[str] = []

    read_performance_models(PERFORMANCE_MODELS.replace("VM1.onnx", "VM1.pickle", 1), source=FILE, warnings=warnings)

    assert warnings == [
        f"{FILE}: filter.filter.VM1.regressor_file is a pickle, which is not opened: loading one can run anything"
    ]


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ('"QTedge"', '"QTegde"', "did you mean QTedge?"),
        (', "demand": 1.2', "", "filter.filter.Pi.demand is missing: a model of the kind QTedge needs it"),
        ('"demand": 1.2', '"demand": -1.2', "must be greater than 0"),
        ('"demand": 1.2', '"demand": NaN', "NaN is no number"),
        ('"demand": 1.2', '"demnd": 1.2', "demnd is not a field; did you mean demand?"),
        ('"demand": 1.2', '"demand": 1, "demandCold": 2', "demandCold is nothing that QTedge has; it takes demand"),
        ('"demandCold": 4', '"demandCold": 2', r"demandCold is 2.0 s, less than demandWarm \(2.5 s\)"),
        ('"regressor_file": "f2.onnx", ', "", "regressor_file is missing"),
        ('{"model": "QTedge", "demand": 0.7}', "null", "must be a mapping"),
        ('"F1"', '"F2"', "an object has 'F2' twice"),
    ],
)
def test_what_cannot_be_meant_is_refused(old: str, new: str, sentence: str) -> None:
    assert old in PERFORMANCE_MODELS

    with pytest.raises(Rejected, match=f"^{FILE}: .*{sentence}"):
        read_performance_models(PERFORMANCE_MODELS.replace(old, new), source=FILE)


def test_a_component_without_models_is_refused() -> None:
    with pytest.raises(MalformedError, match="a has no entries"):
        read_performance_models('{"a": {}}', source=FILE)
