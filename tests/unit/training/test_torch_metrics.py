"""The metrics, held against numbers worked out by hand."""

import math

import numpy as np
import pytest

from functions.train_on_upload.trainer.metrics import decided, measured

BINARY = np.array([[0.9], [0.4], [0.6], [0.2], [0.5]], dtype=np.float32)
TRUE = np.array([1, 1, 0, 0, 0])


def test_a_binary_task_counts_its_positive_class() -> None:
    found = measured(("accuracy", "precision", "recall", "f1"), "binary", outputs=BINARY, labels=TRUE)

    assert found == {"accuracy": 0.6, "precision": 0.5, "recall": 0.5, "f1": 0.5}


def test_half_is_not_above_the_threshold() -> None:
    assert decided(BINARY, "binary").tolist() == [1, 0, 1, 0, 0]


def test_the_area_under_the_curve_is_the_share_of_pairs_in_the_right_order() -> None:
    found = measured(("auc",), "binary", outputs=BINARY, labels=TRUE)

    assert found["auc"] == pytest.approx(4 / 6)


def test_equal_scores_count_half_and_one_class_alone_has_no_area() -> None:
    flat = np.full((4, 1), 0.5)

    assert measured(("auc",), "binary", outputs=flat, labels=np.array([0, 1, 0, 1]))["auc"] == 0.5
    assert math.isnan(measured(("auc",), "binary", outputs=flat, labels=np.zeros(4))["auc"])


def test_several_classes_have_the_same_say() -> None:
    outputs = np.eye(4, dtype=np.float32)[[0, 0, 0, 1, 2]]

    found = measured(
        ("accuracy", "precision", "recall", "f1"), "multiclass", outputs=outputs, labels=np.array([0, 0, 1, 1, 2])
    )

    assert found["accuracy"] == pytest.approx(4 / 5)
    assert found["precision"] == pytest.approx((2 / 3 + 1 + 1) / 3)
    assert found["recall"] == pytest.approx((1 + 1 / 2 + 1) / 3)
    assert found["f1"] == pytest.approx((4 / 5 + 2 / 3 + 1) / 3)


def test_a_class_that_is_never_found_has_precision_zero() -> None:
    found = measured(("precision", "recall"), "binary", outputs=np.zeros((3, 1)), labels=np.array([1, 0, 1]))

    assert found == {"precision": 0.0, "recall": 0.0}


def test_errors_of_a_regression_do_not_depend_on_how_labels_are_shaped() -> None:
    outputs, names = np.array([[1.0], [2.0], [4.0]]), ("mean_absolute_error", "mean_squared_error", "r2")

    flat = measured(names, "regression", outputs=outputs, labels=np.array([1.0, 2.0, 3.0]))
    deep = measured(names, "regression", outputs=outputs, labels=np.array([[1.0], [2.0], [3.0]]))

    assert flat == deep == {"mean_absolute_error": 1 / 3, "mean_squared_error": 1 / 3, "r2": 0.5}


def test_equal_labels_have_no_share_explained() -> None:
    assert math.isnan(measured(("r2",), "regression", outputs=np.ones((2, 1)), labels=np.ones(2))["r2"])
