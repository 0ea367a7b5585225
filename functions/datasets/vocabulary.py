"""The losses, metrics and optimizers that can be asked for: names that Keras and PyTorch agree on, with the same maths.

A name may be written as Keras, PyTorch or people write it (``mse``, ``MeanSquaredError``, ``mean-squared-error``).
"""

import re
from collections.abc import Mapping
from typing import Literal

from functions.runtime.settings import nearest

Task = Literal["binary", "multiclass", "regression"]

LOSSES: Mapping[str, tuple[str, ...]] = {
    "binary_crossentropy": ("bce", "binary_cross_entropy"),
    "categorical_crossentropy": ("cce", "categorical_cross_entropy"),
    "sparse_categorical_crossentropy": ("scce", "cross_entropy", "crossentropy"),
    "mean_squared_error": ("mse",),
    "mean_absolute_error": ("mae", "l1"),
    "huber": ("huber_loss", "smooth_l1"),
}
METRICS: Mapping[str, tuple[str, ...]] = {
    "accuracy": ("acc", "binary_accuracy", "categorical_accuracy", "sparse_categorical_accuracy"),
    "precision": (),
    "recall": (),
    "f1": ("f1_score",),
    "auc": ("roc_auc",),
    "mean_squared_error": ("mse",),
    "mean_absolute_error": ("mae",),
    "root_mean_squared_error": ("rmse",),
    "r2": ("r2_score",),
}
# Keras 3's own defaults, so that a model trained there before goes on as it did.
OPTIMIZERS: Mapping[str, Mapping[str, float | bool]] = {
    "sgd": {"learning_rate": 0.01, "momentum": 0.0, "nesterov": False},
    "adam": {"learning_rate": 0.001, "beta_1": 0.9, "beta_2": 0.999, "epsilon": 1e-7, "amsgrad": False},
    "adamw": {
        "learning_rate": 0.001, "weight_decay": 0.004, "beta_1": 0.9, "beta_2": 0.999, "epsilon": 1e-7,
        "amsgrad": False,
    },
    "rmsprop": {"learning_rate": 0.001, "rho": 0.9, "momentum": 0.0, "epsilon": 1e-7, "centered": False},
    "adagrad": {"learning_rate": 0.001, "epsilon": 1e-7},
    "adadelta": {"learning_rate": 0.001, "rho": 0.95, "epsilon": 1e-7},
    "adamax": {"learning_rate": 0.001, "beta_1": 0.9, "beta_2": 0.999, "epsilon": 1e-7},
    "nadam": {"learning_rate": 0.001, "beta_1": 0.9, "beta_2": 0.999, "epsilon": 1e-7},
}  # fmt: skip

TASK_OF_LOSS: Mapping[str, Task] = {
    "binary_crossentropy": "binary",
    "categorical_crossentropy": "multiclass",
    "sparse_categorical_crossentropy": "multiclass",
    "mean_squared_error": "regression",
    "mean_absolute_error": "regression",
    "huber": "regression",
}
USUAL_LOSS: Mapping[Task, str] = {
    "binary": "binary_crossentropy",
    "multiclass": "sparse_categorical_crossentropy",
    "regression": "mean_squared_error",
}
# Precision, recall and f1 of more than two classes are means over the classes, each counting the same.
METRICS_OF_TASK: Mapping[Task, tuple[str, ...]] = {
    "binary": ("accuracy", "precision", "recall", "f1", "auc"),
    "multiclass": ("accuracy", "precision", "recall", "f1"),
    "regression": ("mean_absolute_error", "mean_squared_error", "root_mean_squared_error", "r2"),
}
GROWING = frozenset({"accuracy", "precision", "recall", "f1", "auc", "r2"})
"""Metrics of which more is better."""


def loss(word: str) -> str:
    """Give the name that is used here for a loss, however it was written.

    Raises:
        ValueError: There is no such loss; the message names the nearest one.
    """
    return _found(word, LOSSES, "a loss")


def metric(word: str) -> str:
    """Give the name that is used here for a metric.

    Raises:
        ValueError: There is no such metric; the message names the nearest one.
    """
    return _found(word, METRICS, "a metric")


def optimizer(word: str) -> str:
    """Give the name that is used here for an optimizer.

    Raises:
        ValueError: There is no such optimizer; the message names the nearest one.
    """
    return _found(word, dict.fromkeys(OPTIMIZERS, ()), "an optimizer")


def _found(word: str, words: Mapping[str, tuple[str, ...]], kind: str) -> str:
    known = {_squeezed(spelling): name for name, others in words.items() for spelling in (name, *others)}
    if (found := known.get(_squeezed(word))) is not None:
        return found
    spellings = [spelling for name, others in words.items() for spelling in (name, *others)]
    close = nearest(word.lower()[:60], spellings) or f"; there are {', '.join(words)}"
    raise ValueError(f"{word[:60]!r} is not {kind} here{close}")


def _squeezed(word: str) -> str:
    return re.sub(r"(?<=[a-z0-9])[_\- ](?=[a-z0-9])", "", word.lower())
