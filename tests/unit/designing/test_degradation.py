"""How good each choice of alternatives is: AI-SPRINT's figures exactly, and the formulas by hand."""

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from functions.continuum.degraded import read_deployments_performance
from functions.designing.confusion import Confusion
from functions.designing.degradation import Pair, Rates, rates_of
from functions.designing.design import design
from functions.designing.writing import files
from functions.runtime.errors import Rejected
from tests.unit.designing.samples import ANIMALS, FILTER_DAG, MATRICES, SAID, filter_application, npy

RATES = Rates(tp=0.5531, fp=0.0805, fn=0.0469, tn=0.3195)


def classifier(rows: Any, classes: Any = ANIMALS) -> Confusion:
    return Confusion(tuple(classes), np.array(rows, dtype=float))


def test_the_published_values_come_out_exactly(tmp_path: Path) -> None:
    application = filter_application(tmp_path)

    text = dict(files(design(application), application))["space4ai-r/deployments_performance.yaml"]

    assert isinstance(text, bytes)
    found = read_deployments_performance(text.decode())
    assert (found.metric_name, found.metric_thr) == ("average_f1", 0.5)
    assert [
        (name, each.components, each.dependencies, each.metric_value) for name, each in found.deployments.items()
    ] == [
        ("original_deployment", ("filter_fcn", "classifier"), (("filter_fcn", "classifier", 0.6336),), 0.7247),
        ("alternative_deployment1", ("filter_cnn", "classifier"), (("filter_cnn", "classifier", 0.6364),), 0.6432),
        (
            "alternative_deployment2",
            ("filter_fcn", "classifier_tiny"),
            (("filter_fcn", "classifier_tiny", 0.6336),),
            0.6065,
        ),
        (
            "alternative_deployment3",
            ("filter_cnn", "classifier_tiny"),
            (("filter_cnn", "classifier_tiny", 0.6364),),
            0.5369,
        ),
    ]


def test_the_rates_are_read_whichever_class_comes_first() -> None:
    first = rates_of(Confusion(("object", "animal"), np.array(MATRICES["filter_fcn"])), "object", "src/f")
    turned = np.array(MATRICES["filter_fcn"])[::-1, ::-1]

    assert first == RATES == rates_of(Confusion(("animal", "object"), turned), "object", "src/f")
    assert first.passes == 0.6336


def test_without_the_filtered_class_accuracy_is_what_is_let_go_and_taken_rightly() -> None:
    pair = Pair(Rates(tp=0.5, fp=0.1, fn=0.1, tn=0.3), classifier([[0.4, 0.1], [0.0, 0.5]], "ab"))

    assert pair.accuracy() == pytest.approx(0.3 + 0.5 * 0.9)
    assert pair.metric("average_accuracy", None) == pair.accuracy()
    assert pair.precision() == pytest.approx(
        [0.75, 0.5 * 0.4 / (0.5 * 0.4 + 0.1 * 0.4), 0.5 * 0.5 / (0.5 * 0.6 + 0.1 * 0.6)]
    )
    assert pair.recall() == pytest.approx(
        [0.75, 0.5 * 0.4 / (0.5 * 0.5 + 0.1 * 0.5), 0.5 * 0.5 / (0.5 * 0.5 + 0.1 * 0.5)]
    )


def test_a_perfect_filter_leaves_the_classifier_as_it_is() -> None:
    rows = MATRICES["classifier"]
    pair = Pair(Rates(tp=0.6, fp=0, fn=0, tn=0.4), classifier(rows))

    alone = np.diag(rows) / np.sum(rows, axis=1)
    assert pair.recall() == pytest.approx([1, *alone])
    assert pair.precision() == pytest.approx([1, *(np.diag(rows) / np.sum(rows, axis=0))])


def test_with_the_filtered_class_the_classifier_mends_what_the_filter_lets_through() -> None:
    knows = [[0.4, 0.1, 0.0], [0.05, 0.2, 0.0], [0.0, 0.0, 0.25]]
    rates = Rates(tp=0.5, fp=0.1, fn=0.0, tn=0.4)
    pair = Pair(rates, classifier(knows, ("none", "cat", "dog")), "none")

    assert pair.accuracy() == pytest.approx(0.4 + 0.1 * 0.4 + 0.5 * 0.45)
    assert pair.recall() == pytest.approx([(0.4 + 0.04) / (0.4 + 0.05), 0.2 / 0.25, 1])
    assert pair.precision()[0] == pytest.approx((0.4 + 0.04) / (0.4 + 0.04 + 0.5 * 0.05))
    assert pair.precision()[1] == pytest.approx(0.1 / (0.1 + 0.1 * 0.1))
    assert 0.0 <= min(pair.precision()) <= max(pair.precision()) <= 1.0


def test_classes_that_nothing_is_taken_for_count_as_nothing_not_as_an_error() -> None:
    pair = Pair(Rates(0, 0, 0, 1), classifier([[0.5, 0.5], [0, 0]], "ab"))

    for metric in ("average_f1", "average_precision", "average_recall", "average_accuracy"):
        assert 0 <= pair.metric(metric, None) <= 1


def test_weights_of_classes_count(tmp_path: Path) -> None:
    rows = "".join(f"{name},{1 if name == 'object' else 0}\n" for name in ("object", *ANIMALS))
    application = filter_application(tmp_path, **{"src/class_weights.csv": f"class,weight\n{rows}"})

    found = design(application).performance

    assert found
    tn, fp, fn = 0.3195, 0.0805, 0.0469
    assert found.deployments["original_deployment"].metric_value == round(2 * tn / (2 * tn + fp + fn), 4)


BELOW = "src/classifier/classification_performance"


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({f"{BELOW}/confusion_matrix.npy": b"junk"}, "confusion_matrix.npy is no array of numbers"),
        ({f"{BELOW}/confusion_matrix.npy": npy(np.ones((2, 3)))}, "has shape [2, 3]"),
        ({f"{BELOW}/confusion_matrix.npy": npy(-np.ones((6, 6)))}, "has values that are no shares"),
        ({f"{BELOW}/confusion_matrix.npy": npy(np.full((6, 6), np.nan))}, "has values that are no shares"),
        ({f"{BELOW}/confusion_matrix.npy": npy(np.ones((5, 5)))}, "numbers 6 classes; confusion_matrix.npy has 5 rows"),
        ({f"{BELOW}/class_names_dictionary.csv": "class,number\na,0\n"}, "line 1: column index is missing"),
        ({f"{BELOW}/class_names_dictionary.csv": "class,index\na,b\n"}, "line 2: index is 'b', not a whole number"),
        ({"src/class_weights.csv": "class,weight\nbird,-1\n"}, "class_weights.csv: line 2: weight is '-1'"),
        ({"src/class_weights.csv": "class,weight\nbird,1\n"}, "class_weights.csv has no class 'object'"),
        (
            {"src/filter_fcn/main.py": SAID["filter_fcn"].replace("object", "objct")},
            "there is no class 'objct'; did you mean object?",
        ),
        (
            {"src/filter_fcn/main.py": SAID["filter_fcn"].replace("{'filtered_class': 'object'}", "{}")},
            "model_performance of a filter names its filtered_class",
        ),
        (
            {"src/filter_fcn/main.py": SAID["filter_cnn"].replace("cnn", "fcn")},
            "model_performance is for a filter that a classifier follows",
        ),
    ],
)
def test_what_cannot_be_computed_is_named(tmp_path: Path, changed: dict[str, Any], sentence: str) -> None:
    texts = {
        path: f"from functions.annotations import *\n{text}\ndef main(args): ...\n" if path.endswith(".py") else text
        for path, text in changed.items()
    }

    with pytest.raises(Rejected) as refused:
        design(filter_application(tmp_path, **texts))

    assert sentence in str(refused.value)


def test_a_matrix_of_objects_is_never_unpickled(tmp_path: Path) -> None:
    class Trap:
        def __reduce__(self) -> Any:
            return pytest.fail, ("it was unpickled",)

    matrix = np.array([[Trap()]], dtype=object)

    with pytest.raises(Rejected, match="is no array of numbers"):
        design(filter_application(tmp_path, **{f"{BELOW}/confusion_matrix.npy": npy(matrix)}))


def test_a_performance_without_alternatives_is_told(tmp_path: Path) -> None:
    dag = FILTER_DAG.replace("  alternative_components:\n    filter_fcn: ['filter_cnn']\n", "")
    dag = dag.replace("    classifier: ['classifier_tiny']\n", "")
    application = filter_application(tmp_path, **{"common_config/application_dag.yaml": dag})
    for name in ("filter_cnn", "classifier_tiny"):
        shutil.rmtree(application / "src" / name)

    found = design(application)

    assert found.performance is None
    assert len([each for each in found.warnings if "model_performance is of no use" in each]) == 2


def test_a_missing_matrix_is_named(tmp_path: Path) -> None:
    application = filter_application(tmp_path)
    (application / BELOW / "confusion_matrix.npy").unlink()

    with pytest.raises(Rejected, match=r"src/classifier/classification_performance/confusion_matrix\.npy is missing"):
        design(application)
