import numpy as np
import pytest

from functions.datasets.definition import Definition
from functions.datasets.labels import Labels, targets
from functions.datasets.limits import Limits
from functions.runtime.errors import Rejected


def told(labels: list[object], **fields: object) -> tuple[list[object], tuple[str, ...]]:
    """Give y and the classes of labels as a reader finds them."""
    definition = Definition.model_validate({"input_shape": [1], "output_shape": [3], **fields})
    y, classes = targets(found(labels), definition, Limits(classes=10))
    return y.tolist(), classes


def found(labels: list[object]) -> Labels:
    if isinstance(labels[0], str):
        words = tuple(dict.fromkeys(str(each) for each in labels))
        return Labels("str", np.array([words.index(str(each)) for each in labels]), where, words)
    if isinstance(labels[0], bool):
        return Labels("bool", np.array(labels, np.int64), where)
    if isinstance(labels[0], float):
        return Labels("float", np.array(labels, np.float64), where)
    return Labels("int", np.array(labels, np.int64), where)


def where(index: int) -> str:
    return f"row {index + 1}"


def test_texts_are_numbered_in_sorted_order() -> None:
    assert told(["b", "c", "a", "c"]) == ([1, 2, 0, 2], ("a", "b", "c"))


def test_whole_numbers_below_the_outputs_number_themselves_even_when_one_is_absent() -> None:
    assert told([2, 0, 2]) == ([2, 0, 2], ("0", "1", "2"))


def test_as_many_whole_numbers_as_outputs_are_numbered_in_order() -> None:
    assert told([8, 3, 5, 3]) == ([2, 0, 1, 0], ("3", "5", "8"))
    assert told([-1, 1, 1], output_shape=[1]) == ([0, 1, 1], ("-1", "1"))


def test_booleans_are_false_and_true() -> None:
    assert told([True, False], output_shape=[1]) == ([1, 0], ("false", "true"))


def test_the_classes_of_the_definition_have_its_order_and_may_be_absent() -> None:
    assert told(["mid", "low"], classes=["low", "mid", "high"]) == ([1, 0], ("low", "mid", "high"))
    assert told([7, 5], classes=[5, 6, 7]) == ([2, 0], ("5", "6", "7"))


def test_decimal_labels_of_a_binary_task_are_chances() -> None:
    assert told([0.0, 1.0, 0.25], output_shape=[1], task="binary") == ([[0.0], [1.0], [0.25]], ("0", "1"))


def test_a_regression_learns_the_numbers() -> None:
    assert told([1.5, -2.0], output_shape=[1], task="regression") == ([[1.5], [-2.0]], ())
    assert told([7, -2], output_shape=[1], task="regression") == ([[7.0], [-2.0]], ())


@pytest.mark.parametrize(
    ("labels", "fields", "sentence"),
    [
        ([0, 1, 2, 3, 1, 3], {}, "row 4: label 3 is outside 0 to 2, and there are 4 different labels, but the model"),
        ([0, 1, -1, 2], {}, "row 3: label -1 is outside 0 to 2"),
        ([5, 6], {}, "row 1: label 5 is outside 0 to 2, and there are 2 different labels, but the model tells 3 apart"),
        (["a", "b"], {}, "there are 2 different labels, but the model tells 3 apart: 'a', 'b'"),
        (["a", "b", "c", "d", "e", "f"], {}, "tells 3 apart: 'a', 'b', 'c', 'd', 'e', ..."),
        (["low", "hihg"], {"classes": ["low", "mid", "high"]}, "row 2: label 'hihg' is not among the classes; did you"),
        ([1, 1, 1], {}, "every sample has the label '1': there is nothing to tell apart"),
        ([0.0, 0.0], {"output_shape": [1], "task": "binary"}, "every sample has the same label"),
        ([0.0, 1.5], {"output_shape": [1], "task": "binary"}, "row 2: label 1.5 is outside 0 to 1"),
        ([0.0, 1.5], {}, "the labels are decimal numbers, and the classes of a multiclass task are whole ones or text"),
        (
            ["a", "b"],
            {"output_shape": [1], "task": "regression"},
            "the labels are str, and a regression learns numbers",
        ),
        (list(range(11)), {}, "there are 11 different labels, more than the limit of 10"),
    ],
)
def test_labels_that_do_not_fit_are_named(labels: list[object], fields: dict[str, object], sentence: str) -> None:
    with pytest.raises(Rejected) as refusal:
        told(labels, **fields)

    assert sentence in refusal.value.message
