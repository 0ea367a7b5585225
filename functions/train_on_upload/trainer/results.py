"""What is told of a trained model: its numbers on each part, its mistakes, and ``metrics.json``."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from functions.datasets.arrays import Arrays
from functions.datasets.definition import Definition
from functions.datasets.splits import Splits
from functions.train_on_upload.trainer import plots
from functions.train_on_upload.trainer.backend import Trainable
from functions.train_on_upload.trainer.loop import Course, Epoch, Numbers
from functions.train_on_upload.trainer.metrics import decided
from functions.training.record import Metrics, Part

SCHEMA = "noria.metrics/1"
CLASSES_LISTED = 100
"""With more classes than this the confusion matrix is in the picture only."""


@dataclass(frozen=True)
class Judged:
    """How the kept weights did on ``part``, the rows least known to them.

    ``outputs`` and ``labels`` are class numbers where there are ``classes``, else values, (N, *output shape) each.
    """

    part: Part
    outputs: NDArray[Any]
    labels: NDArray[Any]
    classes: tuple[str, ...] = ()

    @classmethod
    def of(cls, trainable: Trainable, arrays: Arrays, splits: Splits, definition: Definition) -> "Judged":
        """Predict the test part, or else the validation part, or else the training part."""
        parts: Sequence[Part] = ("test", "validation", "train")
        part = next(each for each in parts if len(getattr(splits, each)))
        rows = getattr(splits, part)
        outputs = trainable.predict(rows)
        numbers = arrays.class_numbers
        if numbers is None or definition.task == "regression":
            return cls(part, outputs, arrays.y[rows].reshape(outputs.shape))
        found, true = decided(outputs, definition.task), numbers[rows]
        known = found < len(arrays.classes)  # a model may have more outputs than the data has classes
        return cls(part, found[known], true[known], arrays.classes)

    def confusion(self) -> NDArray[np.int64]:
        """Count rows by their true class and the one found, (classes, classes)."""
        count = len(self.classes)
        return np.bincount(self.labels * count + self.outputs, minlength=count * count).reshape(count, count)

    def draw(self, folder: Path) -> tuple[str, ...]:
        """Draw the confusion matrix, or the residuals; gives the names of the files."""
        if self.classes:
            return plots.confusion_matrix(self.labels, self.outputs, self.classes, folder)
        return plots.residuals(self.labels, self.outputs, folder)


@dataclass(frozen=True)
class Result:
    """Numbers of the kept weights: ``final`` by part, and the history that led to them."""

    course: Course
    kept_epoch: int
    monitor: str
    final: Mapping[Part, Numbers]
    judged: Judged

    @classmethod
    def of(
        cls, course: Course, kept_epoch: int, monitor: str, *, train: Numbers, test: Numbers, judged: Judged
    ) -> "Result":
        """Take the numbers of the kept weights; those of validation are their epoch's.

        Those of training are not: an epoch's are taken while it changes the weights, and with dropout.
        """
        validation = course.epochs[kept_epoch - 1].validation
        parts: dict[Part, Numbers] = {"train": train, "validation": validation, "test": test}
        return cls(course, kept_epoch, monitor, {part: numbers for part, numbers in parts.items() if numbers}, judged)

    def metrics(self) -> Metrics:
        """Give the record's numbers: the test part's as ``test_...``, the validation part's as ``val_...``."""
        start = {"train": "", "validation": "val_", "test": "test_"}
        named = {f"{start[part]}{name}": value for part, each in self.final.items() for name, value in each.items()}
        best = {} if self.course.best is None else {self.monitor: self.course.best}
        return Metrics(epoch=self.kept_epoch, final={n: v for n, v in named.items() if v is not None}, best=best)

    def draw(self, folder: Path) -> tuple[str, ...]:
        """Draw the learning curve and the mistakes; gives the names of the files."""
        history = [
            {name: value for name, value in each.flat().items() if value is not None} for each in self.course.epochs
        ]
        return (*plots.learning_curve(history, folder, kept=self.kept_epoch), *self.judged.draw(folder))

    def to_json(self) -> str:
        """Give ``metrics.json``: final numbers, all epochs', and the confusion matrix (rows are the true classes)."""
        best = {"monitor": self.monitor, "epoch": self.course.best_epoch, "value": self.course.best}
        document: dict[str, object] = {
            "schema": SCHEMA,
            "kept_epoch": self.kept_epoch,
            "stopped_by": self.course.stopped_by,
            "final": self.final,
            "best": best,
            "history": [_listed(each) for each in self.course.epochs],
        }
        judged = self.judged
        if 0 < len(judged.classes) <= CLASSES_LISTED:
            matrix = judged.confusion().tolist()
            document["confusion"] = {"part": judged.part, "classes": judged.classes, "matrix": matrix}
        return json.dumps(document, indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def _listed(epoch: Epoch) -> dict[str, object]:
    return {"epoch": epoch.epoch, "train": epoch.train, "validation": epoch.validation}
