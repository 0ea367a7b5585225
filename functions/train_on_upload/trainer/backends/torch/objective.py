"""What is made small: the losses of a definition, row by row, from the scores of a network."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from functions.datasets.definition import Definition
from functions.datasets.vocabulary import Task
from functions.runtime.errors import Rejected
from functions.train_on_upload.trainer.backends.torch.network import Head, Network, activated

_FITTING: Mapping[Task, tuple[Head, ...]] = {
    "binary": ("none", "sigmoid"),
    "multiclass": ("none", "softmax", "log_softmax"),
    "regression": ("none", "sigmoid", "softmax", "log_softmax"),
}
_LEAST = 1e-7
"""Probabilities are kept this far from 0 and 1 where a model gives them by no head that is known (Keras's epsilon)."""


@dataclass(frozen=True)
class Objective:
    """One loss. ``bare``: the model ends with scores, which are made probabilities here."""

    loss: str
    task: Task
    head: Head
    bare: bool
    shape: tuple[int, ...]

    def losses(self, scores: Tensor, labels: Tensor) -> Tensor:
        """The loss of each row, (N,)."""
        if self.task == "regression":
            return self._errors(self._outputs(scores), labels).flatten(1).mean(dim=1)
        if self.task == "binary":
            flat, true = scores.reshape(len(scores)), labels.reshape(len(labels)).float()
            if self.bare or self.head != "none":
                return functional.binary_cross_entropy_with_logits(flat, true, reduction="none")
            return functional.binary_cross_entropy(flat.clamp(_LEAST, 1 - _LEAST), true, reduction="none")
        if self.bare or self.head != "none":
            return functional.cross_entropy(scores, labels, reduction="none")
        shares = scores / scores.sum(dim=-1, keepdim=True)
        return functional.nll_loss(shares.clamp(_LEAST, 1 - _LEAST).log(), labels, reduction="none")

    def outputs(self, scores: Tensor) -> Tensor:
        """What ``predict`` gives, (N, *output shape): probabilities of classes, or the values themselves."""
        if self.task == "regression":
            return self._outputs(scores)
        if not self.bare and self.head == "none":
            return scores.reshape(len(scores), *self.shape)
        if self.task == "binary":
            return torch.sigmoid(scores).reshape(len(scores), *self.shape)
        return torch.softmax(scores, dim=-1)

    def _outputs(self, scores: Tensor) -> Tensor:
        out = activated(self.head, scores)
        return out.reshape(len(out), *self.shape)

    def _errors(self, outputs: Tensor, labels: Tensor) -> Tensor:
        true = labels.reshape(outputs.shape)
        if self.loss == "mean_absolute_error":
            return functional.l1_loss(outputs, true, reduction="none")
        if self.loss == "huber":
            return functional.huber_loss(outputs, true, reduction="none")
        return functional.mse_loss(outputs, true, reduction="none")


def objective(network: Network, definition: Definition) -> Objective:
    """Find out what the network's scores are, and how the definition's loss is taken from them.

    Raises:
        Rejected: The network ends with an activation that does not go with the loss.
    """
    task, loss, head = definition.task, definition.wanted_loss, network.head
    if head not in _FITTING[task]:
        usual = " or ".join(each for each in _FITTING[task] if each != "none")
        hint = f"end it with {usual}, or with bare scores"
        raise Rejected(f"the model ends with {head}, which does not go with the loss {loss}", hint=hint)
    if head != "none" and definition.from_logits and task != "regression":
        raise Rejected(f"from_logits is true, but the model ends with {head}", hint="leave from_logits out")
    return Objective(loss, task, head, head == "none" and definition.from_logits is not False, definition.output_shape)


def row_weights(weights: Mapping[int, float] | None, numbers: NDArray[np.int64] | None) -> Tensor | None:
    """The weight of each row's class, (N,) float32; None where all rows count the same."""
    if weights is None or numbers is None:
        return None
    table = np.ones(max(max(weights), int(numbers.max())) + 1, dtype=np.float32)
    table[list(weights)] = list(weights.values())
    return torch.from_numpy(table[numbers])
