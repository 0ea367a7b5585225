"""What of a data set goes into the record of a training: counts and digests, never its content."""

from collections.abc import Mapping

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from functions.datasets.arrays import Arrays
from functions.datasets.definition import Definition
from functions.datasets.preprocessing import Statistics
from functions.datasets.splits import Splits


class ClassCount(BaseModel):
    """How many samples of one class are in each part."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    train: int = Field(ge=0)
    validation: int = Field(ge=0)
    test: int = Field(ge=0)


class DataSummary(BaseModel):
    """A data set in numbers."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    rows: int = Field(ge=1, description="Samples.")
    columns: Mapping[str, str] = Field(default={}, description="Name -> type, of a table.")
    input_shape: tuple[int, ...]
    classes: tuple[ClassCount, ...] = Field(default=(), description="In the order of their numbers.")
    missing: int = Field(default=0, description="Empty cells and NaN; a data set with any is refused.")
    train: int = Field(ge=1)
    validation: int = Field(ge=0)
    test: int = Field(ge=0)
    seed: int
    arrays_sha256: str = Field(description="Of inputs, labels and classes as read, before preprocessing.")
    splits_sha256: str = Field(description="Of the row numbers of the three parts.")
    preprocessing: Statistics = Statistics()


def summarize(arrays: Arrays, splits: Splits, definition: Definition, statistics: Statistics) -> DataSummary:
    """Count what was read and parted."""
    return DataSummary(
        rows=arrays.rows,
        columns=dict(definition.columns),
        input_shape=definition.input_shape,
        classes=_counted(arrays, splits),
        train=len(splits.train),
        validation=len(splits.validation),
        test=len(splits.test),
        seed=definition.seed,
        arrays_sha256=arrays.digest,
        splits_sha256=splits.sha256,
        preprocessing=statistics,
    )


def _counted(arrays: Arrays, splits: Splits) -> tuple[ClassCount, ...]:
    numbers = arrays.class_numbers
    if numbers is None:
        return ()
    counts = [
        np.bincount(numbers[rows], minlength=len(arrays.classes)).tolist()
        for rows in (splits.train, splits.validation, splits.test)
    ]
    return tuple(ClassCount(name=name, train=train, validation=validation, test=test)
                 for name, train, validation, test in zip(arrays.classes, *counts, strict=True))  # fmt: skip
