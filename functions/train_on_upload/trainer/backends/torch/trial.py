"""A few rows before any training: does the model run on them, does it fit the definition, can it learn at all."""

from math import prod

import numpy as np
import torch

from functions.runtime.errors import Rejected
from functions.train_on_upload.trainer.backend import Rows, Task
from functions.train_on_upload.trainer.backends.torch.memory import enough_memory
from functions.train_on_upload.trainer.backends.torch.trainable import TorchTrainable

_WRONG = (RuntimeError, ValueError, TypeError, KeyError, IndexError, NotImplementedError)
"""What torch raises for tensors that do not fit an operator."""
_HINTS = {
    "onnx": "the graph must take any number of rows of input_shape",
    "pt2": "export it for any number of rows: dynamic_shapes=({0: torch.export.Dim('batch', min=1)},)",
    "safetensors": "compare the layers of the architecture with input_shape",
}


def try_out(trainable: TorchTrainable) -> None:
    """Run, differentiate, and put everything back as it was; learn whether a batch may be a single row.

    Raises:
        Rejected: The model does not run on such rows, gives another shape than the definition says, or cannot learn.
    """
    before = trainable.state()
    rows = trainable.task.arrays.rows
    try:
        for many in (1, 3):
            _look(trainable, np.arange(many) % rows)
        _learn(trainable, np.arange(3) % rows)
    except _WRONG as error:
        raise _refusal(error, trainable.task) from error
    try:
        with torch.no_grad():
            trainable.network.scores(trainable.inputs(np.arange(1)))
    except _WRONG:
        trainable.takes_single_rows = False
    trainable.optimizer.zero_grad(set_to_none=True)
    trainable.restore(before)


@enough_memory()
def _look(trainable: TorchTrainable, few: Rows) -> None:
    shape = trainable.definition.output_shape
    with torch.no_grad():
        scores = trainable.network.eval().scores(trainable.inputs(few))
    found = tuple(scores.shape[1:])
    if len(scores) != len(few) or tuple(n for n in found if n != 1) != tuple(n for n in shape if n != 1):
        raise Rejected(
            f"the model gives {list(scores.shape)} for {len(few)} rows, but output_shape is {list(shape)}",
            hint=_HINTS[trainable.task.inspected.form],
        )


@enough_memory()
def _learn(trainable: TorchTrainable, few: Rows) -> None:
    scores = trainable.network.train().scores(trainable.inputs(few))
    if not scores.requires_grad:
        raise Rejected("nothing that the model could learn has a part in its output")
    torch.autograd.backward(trainable.losses(scores, few).mean())


def _refusal(error: Exception, task: Task) -> Rejected:
    reason = next(iter(str(error).strip().splitlines()), "") or type(error).__name__
    shape = list(task.definition.input_shape)
    sentence = f"the model does not run on rows of shape {shape} ({prod(shape)} numbers): {reason[:200]}"
    return Rejected(sentence, hint=_HINTS.get(task.inspected.form, ""))
