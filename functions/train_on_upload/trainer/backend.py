"""What a framework has to do for the training loop, so that the loop is the same for all of them.

The loop (``loop.py``) owns epochs, the order of rows, early stopping, checkpoints, limits and the history. A backend
rebuilds the model, takes steps, and reads back what it really uses. Bit-equal resumption rests on two things:
``state`` holds all that changes from epoch to epoch, and whatever is random beyond it in epoch ``n`` depends on the
seed and ``n`` alone.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from functions.datasets.arrays import Arrays
from functions.datasets.definition import Definition
from functions.models.inspection import Inspected
from functions.training.record import Compiled
from functions.training.tensors import Tensors

Rows = NDArray[np.int64]
"""Numbers of rows of ``Task.arrays``."""
Beat = Callable[[int, int], None]
"""Called after each step of an epoch with its number, from 1, and the number of steps of the epoch."""


@dataclass(frozen=True)
class Task:
    """What a backend trains: the model file, already inspected, and the data it will be shown.

    ``class_weights``: class number -> weight of its rows in the loss; None for none. ``threads``: (intra, inter).
    """

    model: Path
    inspected: Inspected
    definition: Definition
    arrays: Arrays
    class_weights: Mapping[int, float] | None = None
    threads: tuple[int, int] = (1, 1)


@dataclass(frozen=True)
class Saved:
    """Files that were written, by name; ``notes``: one sentence each on what could not be, such as an ONNX export."""

    files: tuple[str, ...]
    notes: tuple[str, ...] = field(default=())


class Trainable(Protocol):
    """A model that can be trained. Metrics are finite or NaN floats by name, ``loss`` always among them."""

    @property
    def effective(self) -> Compiled:
        """What is really used, read back from the framework; never copied from the definition."""

    @property
    def steps(self) -> int:
        """Optimizer steps taken, counted where they are taken; the optimizer's own counter where it has one."""

    @property
    def samples(self) -> int:
        """Rows seen in training, with repetition."""

    def weights(self) -> Tensors:
        """Give every tensor that ``save`` keeps, by a name that is the same in each process."""

    def epoch(self, number: int, order: Rows, beat: Beat) -> Mapping[str, float]:
        """Train once over the rows in that order, in batches of the definition's size, the last one smaller.

        Args:
            number: From 1. Reseed from the seed and it whatever random numbers are not in ``state``.
            order: Rows, each once.
            beat: To be called after each step.
        """

    def evaluate(self, rows: Rows) -> Mapping[str, float]:
        """Give the same metrics as ``epoch`` for these rows, without training."""

    def predict(self, rows: Rows) -> NDArray[np.float32]:
        """Give the model's outputs, (len(rows), *output shape): probabilities where the loss is of classes."""

    def state(self) -> Mapping[str, NDArray[Any]]:
        """Give weights, optimizer, random state, ``steps`` and ``samples``: arrays without objects, for an npz."""

    def restore(self, state: Mapping[str, NDArray[Any]]) -> None:
        """Go back to what ``state`` gave, in this process or another."""

    def save(self, folder: Path) -> Saved:
        """Write ``trained_model.<ext>``, the same bytes for the same weights, and ``trained_model.onnx`` if it can."""


class Backend(Protocol):
    """One framework; making one is what imports it."""

    name: str

    def versions(self) -> Mapping[str, str]:
        """Give package -> version of the framework and what it computes with."""

    def load(self, task: Task) -> Trainable:
        """Rebuild the model with its uploaded weights, deterministic operations on, everything seeded.

        Raises:
            Rejected: The framework cannot build or train it, or it does not fit the definition; one sentence.
        """
