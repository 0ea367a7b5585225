"""The metrics of a definition, computed from outputs and labels by numpy, the same for each framework.

Outputs are (N, *output shape): probabilities where the task has classes. Labels are (N,) class numbers, or the values
themselves, (N,) or (N, *output shape). Undefined numbers are NaN: an AUC of one class only, an R2 of equal labels.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from functions.datasets.vocabulary import Task

Numbers = NDArray[np.float64]
THRESHOLD = 0.5
"""A probability above it is the positive class of a binary task, as in Keras; so is a label of it or above."""


def measured(names: Iterable[str], task: Task, *, outputs: NDArray[Any], labels: NDArray[Any]) -> dict[str, float]:
    """Give each metric named, in that order, as a float.

    Args:
        names: From ``functions.datasets.vocabulary.METRICS``, those of the task.
        task: What the outputs mean.
        outputs: What the model gives for each row.
        labels: What it should give, in the same order.
    """
    if task == "regression":
        values = outputs.astype(np.float64)
        return {name: REGRESSION[name](values, labels.reshape(values.shape).astype(np.float64)) for name in names}
    flat = labels.reshape(len(labels))
    true = (flat >= THRESHOLD if flat.dtype.kind == "f" else flat).astype(np.int64)
    scores = outputs.astype(np.float64)
    if task == "binary":
        scores = scores.reshape(len(scores))
    counts = _counted(decided(outputs, task), true, classes=2 if task == "binary" else outputs.shape[-1])
    return {name: auc(scores, true) if name == "auc" else COUNTED[name](counts, task) for name in names}


def decided(outputs: NDArray[Any], task: Task) -> NDArray[np.int64]:
    """The class that the model takes for the most likely one, for each row."""
    if task == "binary":
        return (outputs.reshape(len(outputs)) > THRESHOLD).astype(np.int64)
    found: NDArray[np.int64] = np.argmax(outputs, axis=-1).astype(np.int64)
    return found


@dataclass(frozen=True)
class Counts:
    """Of each class: rows that are of it and were found to be, rows found to be, rows that are."""

    hits: NDArray[np.int64]
    found: NDArray[np.int64]
    true: NDArray[np.int64]


def _counted(found: NDArray[np.int64], true: NDArray[np.int64], *, classes: int) -> Counts:
    hits = true[found == true]
    return Counts(*(np.bincount(each, minlength=classes) for each in (hits, found, true)))


def auc(scores: Numbers, true: NDArray[np.int64]) -> float:
    """Area under the ROC curve, exactly: the share of pairs in the right order, ties half (Hanley and McNeil 1982)."""
    positive = int((true == 1).sum())
    negative = len(true) - positive
    if not positive or not negative or not np.isfinite(scores).all():
        return float("nan")
    _, places, times = np.unique(scores, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(times) - (times - 1) / 2)[places]
    return float((ranks[true == 1].sum() - positive * (positive + 1) / 2) / (positive * negative))


def _accuracy(counts: Counts, _: Task) -> float:
    return _share(counts.hits.sum(), counts.true.sum())


def _precision(counts: Counts, task: Task) -> float:
    return _mean([_share(counts.hits[each], counts.found[each]) for each in _asked(counts, task)])


def _recall(counts: Counts, task: Task) -> float:
    return _mean([_share(counts.hits[each], counts.true[each]) for each in _asked(counts, task)])


def _f1(counts: Counts, task: Task) -> float:
    return _mean(
        [_share(2 * counts.hits[each], counts.found[each] + counts.true[each]) for each in _asked(counts, task)]
    )


def _asked(counts: Counts, task: Task) -> Iterable[int]:
    """The positive class of a binary task; of others each class that occurs, all with the same say."""
    return [1] if task == "binary" else np.flatnonzero(counts.found + counts.true).tolist()


def _share(part: float, whole: float) -> float:
    return float(part / whole) if whole else 0.0


def _mean(values: list[float]) -> float:
    return float(np.mean(values)) if values else float("nan")


def _r2(values: Numbers, true: Numbers) -> float:
    spread = float(((true - true.mean(axis=0)) ** 2).sum())
    return float(1 - ((values - true) ** 2).sum() / spread) if spread else float("nan")


COUNTED: Mapping[str, Callable[[Counts, Task], float]] = {
    "accuracy": _accuracy,
    "precision": _precision,
    "recall": _recall,
    "f1": _f1,
}
REGRESSION: Mapping[str, Callable[[Numbers, Numbers], float]] = {
    "mean_absolute_error": lambda values, true: float(np.abs(values - true).mean()),
    "mean_squared_error": lambda values, true: float(((values - true) ** 2).mean()),
    "root_mean_squared_error": lambda values, true: float(np.sqrt(((values - true) ** 2).mean())),
    "r2": _r2,
}
