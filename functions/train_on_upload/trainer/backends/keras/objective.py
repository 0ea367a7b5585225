"""What is made small: the loss of a definition, row by row, from what a Keras model gives."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
from keras import losses, ops
from numpy.typing import NDArray

from functions.datasets import vocabulary
from functions.datasets.definition import Definition
from functions.datasets.vocabulary import Task

_ENDS: Mapping[Task, str] = {"binary": "sigmoid", "multiclass": "softmax"}
_SKIPPED = ("Reshape", "Flatten", "Dropout", "Identity")
"""Layers after an activation that leave its numbers as they are."""


@dataclass(frozen=True)
class Objective:
    """One loss. ``bare``: the model ends with scores, which are made probabilities here."""

    loss: str
    task: Task
    bare: bool
    classes: int

    @classmethod
    def of(cls, model: keras.Model, definition: Definition, own: str | None) -> "Objective":
        """Find out what the model gives, and which loss is asked for: the definition's, its ``own``, or the usual."""
        named = definition.loss or own or definition.wanted_loss
        end, task = last_activation(model), definition.task
        bare = task != "regression" and (
            end != _ENDS[task] if definition.from_logits is None else definition.from_logits
        )
        if definition.from_logits is None and end is None:
            bare = False
        return cls(named, task, bare, definition.output_shape[-1])

    def function(self) -> Any:  # noqa: ANN401 - a Keras loss
        """Give Keras's loss, one number a row."""
        settings: dict[str, object] = {"reduction": "none"}
        if self.task != "regression":
            settings["from_logits"] = self.bare
        return losses.get({"class_name": self.loss, "config": settings})

    def labels(self, y: NDArray[Any]) -> NDArray[Any]:
        """Give labels as the loss takes them: (N, 1) for binary ones, one-hot where the loss wants that."""
        if self.task == "binary":
            return y.reshape(len(y), 1).astype(np.float32)
        if self.loss == "categorical_crossentropy":
            return np.asarray(np.eye(self.classes)[y], np.float32)
        return y if self.task == "multiclass" else np.asarray(y, np.float32)

    def outputs(self, scores: NDArray[np.float32]) -> NDArray[np.float32]:
        """Give probabilities of classes, or the values themselves."""
        if not self.bare:
            return np.asarray(scores, np.float32)
        made = ops.sigmoid(scores) if self.task == "binary" else ops.softmax(scores, axis=-1)
        return np.asarray(ops.convert_to_numpy(made), np.float32)


def last_activation(model: keras.Model) -> str | None:
    """Name the activation that a model ends with; None where its end is of another kind."""
    layer = model.outputs[0]._keras_history.operation  # how Keras says where a tensor is from
    while type(layer).__name__ in _SKIPPED:
        layer = layer.input._keras_history.operation
    if isinstance(layer, keras.Model):
        return last_activation(layer)
    if isinstance(layer, keras.layers.Softmax):
        return "softmax"
    activation = getattr(layer, "activation", None)
    return getattr(activation, "__name__", None)


def own_loss(config: Mapping[str, object] | None, task: Task) -> str | None:
    """Give the loss that the model was compiled with where it was uploaded, if it is one of ours and fits the task."""
    compiled = (config or {}).get("compile_config")
    named = compiled.get("loss") if isinstance(compiled, dict) else None
    if isinstance(named, dict):
        named = named.get("class_name")
    try:
        found = vocabulary.loss(named) if isinstance(named, str) else None
    except ValueError:
        return None
    return found if found and vocabulary.TASK_OF_LOSS[found] == task else None
