"""The data of a job, ready for training: read, checked, parted and preprocessed, without any framework."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from functions.datasets.arrays import Arrays, read
from functions.datasets.definition import Definition
from functions.datasets.limits import Limits
from functions.datasets.preprocessing import Statistics, prepare
from functions.datasets.splits import Splits, split
from functions.datasets.summary import summarize
from functions.datasets.weights import class_weights
from functions.runtime.errors import Rejected
from functions.training.record import Data


@dataclass(frozen=True)
class Prepared:
    """Arrays after preprocessing, their parts, and the weight of each class number, if they are weighed."""

    arrays: Arrays
    splits: Splits
    statistics: Statistics
    class_weights: Mapping[int, float] | None

    def facts(self, definition: Definition) -> Data:
        """Sum it up for the record."""
        summary = summarize(self.arrays, self.splits, definition, self.statistics)
        return Data(
            rows=summary.rows,
            columns=summary.columns,
            label=definition.label,
            classes={
                each.name: {"train": each.train, "validation": each.validation, "test": each.test}
                for each in summary.classes
            },
            parts={"train": summary.train, "validation": summary.validation, "test": summary.test},
            statistics=summary.preprocessing.model_dump(mode="json"),
            arrays_sha256=summary.arrays_sha256,
            splits_sha256=summary.splits_sha256,
        )


def prepared(dataset: Path, definition: Definition, limits: Limits) -> Prepared:
    """Read the data set and make it ready.

    Raises:
        Rejected: It is not what the definition says, or early stopping watches rows that there are not.
    """
    arrays = read(dataset, definition, limits)
    splits = split(arrays, definition)
    weights = class_weights(arrays, splits, definition)
    stopping = definition.early_stopping
    if stopping and stopping.watches_validation and not len(splits.validation):
        hint = f"split: {{validation: 0.2}}, or monitor: {stopping.number}"
        raise Rejected(f"early_stopping watches {stopping.monitor}, and no row is for validation", hint=hint)
    arrays, statistics = prepare(arrays, splits, definition)
    numbered = None if weights is None else {number: float(weight) for number, weight in enumerate(weights)}
    return Prepared(arrays, splits, statistics, numbered)
