"""A Keras model in training: epochs, what is measured, and all that must be kept to go on with the same bits."""

import hashlib
import random
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray
from tensorflow.python.framework import config as framework

from functions.runtime.errors import Rejected
from functions.train_on_upload.trainer.backend import Beat, Rows, Saved, Task
from functions.train_on_upload.trainer.backends.keras import saving
from functions.train_on_upload.trainer.backends.keras.objective import Objective, own_loss
from functions.train_on_upload.trainer.metrics import measured
from functions.training.record import Compiled
from functions.training.tensors import Tensors


class KerasTrainable:
    """A model, its loss and its optimizer; ``functions.train_on_upload.trainer.backend.Trainable``."""

    def __init__(self, model: keras.Model, task: Task) -> None:
        self.model, self.task, self.definition = model, task, task.definition
        self.objective = Objective.of(model, task.definition, own_loss(task.inspected.config, task.definition.task))
        wanted = task.definition.optimizer
        settings = {**wanted.settings()}
        self.optimizer = keras.optimizers.get({"class_name": wanted.name, "config": settings})
        self.optimizer.build(model.trainable_variables)
        self.samples = 0
        self._names = saving.stored_names(model)
        self._labels = self.objective.labels(task.arrays.y)
        self._weights = _row_weights(task)
        self._step, self._look = self._graphs()
        with _refusing("try"):
            self.predict(np.arange(min(2, task.arrays.rows)))

    @property
    def steps(self) -> int:
        """What the optimizer has counted."""
        return int(self.optimizer.iterations.numpy())

    @property
    def effective(self) -> Compiled:
        """What is really used, read back from the optimizer, the loss and the framework."""
        weights = self.task.class_weights if self._weights is not None else None
        kinds = {layer.dtype_policy.name for layer in self.model.layers} or {self.model.dtype_policy.name}
        return Compiled(
            loss=self.objective.loss,
            optimizer=_read_back(self.optimizer),
            metrics=self.definition.wanted_metrics,
            batch_size=self.definition.batch_size,
            class_weights=None if weights is None else {str(number): weights[number] for number in sorted(weights)},
            dtype=", ".join(sorted(kinds)),
            deterministic=bool(framework.is_op_determinism_enabled()),
        )

    def weights(self) -> Tensors:
        """Give every weight by its path in the file that ``save`` writes."""
        variables = self.model.variables
        return {name: np.array(variables[number].numpy()) for number, name in self._names.items()}

    def epoch(self, number: int, order: Rows, beat: Beat) -> Mapping[str, float]:
        """Train once over the rows in that order; what is random beyond ``state`` comes from the seed and the epoch."""
        # Not TensorFlow's own seed: setting it drops every compiled graph, and Keras's layers draw from ``state``.
        random.seed(_seed(self.definition.seed, number))
        np.random.seed(_seed(self.definition.seed, number))
        total, outputs = 0.0, []
        batches = list(self._batches(order))
        for step, rows in enumerate(batches, start=1):
            with _refusing("train"):
                loss, scores = self._step(*self._tensors(rows))
            self.samples += len(rows)
            total += float(loss) * len(rows)
            outputs.append(scores.numpy())
            beat(step, len(batches))
        return self._measured(order, np.concatenate(outputs), total)

    def evaluate(self, rows: Rows) -> Mapping[str, float]:
        """Give the same numbers as ``epoch`` for these rows, without training."""
        total, outputs = 0.0, []
        for batch in self._batches(rows):
            with _refusing("evaluate"):
                loss, scores = self._look(*self._tensors(batch))
            total += float(loss) * len(batch)
            outputs.append(scores.numpy())
        return self._measured(rows, np.concatenate(outputs), total)

    def predict(self, rows: Rows) -> NDArray[np.float32]:
        """Give (len(rows), *output shape): probabilities of classes, or values."""
        scores = [self._look(*self._tensors(batch))[1].numpy() for batch in self._batches(rows)]
        return self.objective.outputs(np.concatenate(scores))

    def state(self) -> Mapping[str, NDArray[Any]]:
        """Give every variable, those of random layers and of the optimizer too, and the counts."""
        kept = {f"model/{n}": np.array(each.numpy()) for n, each in enumerate(self.model.variables)}
        kept |= {f"optimizer/{n}": np.array(each.numpy()) for n, each in enumerate(self.optimizer.variables)}
        return kept | {"samples": np.array(self.samples)}

    def restore(self, state: Mapping[str, NDArray[Any]]) -> None:
        """Go back to what ``state`` gave."""
        for place, variables in (("model", self.model.variables), ("optimizer", self.optimizer.variables)):
            for n, each in enumerate(variables):
                each.assign(state[f"{place}/{n}"])
        self.samples = int(state["samples"])

    def save(self, folder: Path) -> Saved:
        """Write ``trained_model.keras``, and ``trained_model.onnx`` if it can be exported."""
        sample = self._tensors(np.arange(min(2, self.task.arrays.rows)))[0]
        return saving.save(self.model, folder, np.asarray(sample))

    def _graphs(self) -> tuple[Any, ...]:
        """Give the training step and the look without training, compiled once for batches of every size."""
        model, optimizer, function = self.model, self.optimizer, self.objective.function()
        shapes = [(None, *self.definition.input_shape), (None, *self._labels.shape[1:]), (None,)]
        kinds = [model.inputs[0].dtype, self._labels.dtype, np.float32]
        signature = [tf.TensorSpec(shape, kind) for shape, kind in zip(shapes, kinds, strict=True)]

        def total(scores: Any, y: Any, weights: Any) -> Any:  # noqa: ANN401 - tensors
            losses = function(y, scores)
            losses = tf.reduce_mean(tf.reshape(losses, (tf.shape(y)[0], -1)), axis=1) * tf.cast(weights, losses.dtype)
            added = [tf.cast(each, losses.dtype) for each in model.losses]  # of regularizers
            return tf.add_n([tf.reduce_mean(losses), *added])

        def step(x: Any, y: Any, weights: Any) -> Any:  # noqa: ANN401
            with tf.GradientTape() as tape:
                scores = model(x, training=True)
                loss = total(scores, y, weights)
            optimizer.apply(tape.gradient(loss, model.trainable_variables), model.trainable_variables)
            return loss, scores

        def look(x: Any, y: Any, weights: Any) -> Any:  # noqa: ANN401
            scores = model(x, training=False)
            return total(scores, y, weights), scores

        return tuple(tf.function(each, input_signature=signature) for each in (step, look))

    def _tensors(self, rows: Rows) -> tuple[Any, Any, Any]:
        x = self.task.arrays.x[rows].astype(self.model.inputs[0].dtype, copy=False)
        weights = np.ones(len(rows), np.float32) if self._weights is None else self._weights[rows]
        return x, self._labels[rows], weights

    def _batches(self, rows: Rows) -> Iterator[Rows]:
        size = self.definition.batch_size
        return (rows[start : start + size] for start in range(0, len(rows), size))

    def _measured(self, rows: Rows, scores: NDArray[np.float32], total: float) -> Mapping[str, float]:
        outputs, labels = self.objective.outputs(scores), self.task.arrays.y[rows]
        numbers = measured(self.definition.wanted_metrics, self.definition.task, outputs=outputs, labels=labels)
        return {"loss": total / len(rows), **numbers}


@contextmanager
def _refusing(what: str) -> Iterator[None]:
    """Say in one sentence what TensorFlow or a layer does not do."""
    try:
        yield
    except tf.errors.ResourceExhaustedError as error:
        raise MemoryError(error.message) from error
    except (tf.errors.OpError, ValueError, TypeError, NotImplementedError) as error:
        raise Rejected(f"Keras cannot {what} the model: {in_a_line(error)}") from error


def in_a_line(error: Exception) -> str:
    """Give the beginning of what a library says, without its line breaks."""
    return " ".join(str(error).split())[:300] or type(error).__name__


def _row_weights(task: Task) -> NDArray[np.float32] | None:
    """The weight of each row's class, (N,); None where all rows count the same."""
    numbers = task.arrays.class_numbers
    if task.class_weights is None or numbers is None:
        return None
    table = np.ones(max(max(task.class_weights), int(numbers.max())) + 1, np.float32)
    table[list(task.class_weights)] = list(task.class_weights.values())
    weights: NDArray[np.float32] = table[numbers]
    return weights


def _read_back(optimizer: keras.optimizers.Optimizer) -> dict[str, Any]:
    """Give an optimizer's configuration in plain values, its learning rate as the variable has it."""
    config = {name: value for name, value in optimizer.get_config().items() if not isinstance(value, dict)}
    config["learning_rate"] = float(str(np.float32(optimizer.learning_rate.numpy())))
    return {name: value for name, value in config.items() if isinstance(value, bool | int | float | str | None)}


def _seed(seed: int, number: int) -> int:
    """A seed of 32 bits for one epoch, far from those of its neighbours."""
    return int.from_bytes(hashlib.sha256(f"{seed}\0{number}".encode()).digest()[:4], "big")
