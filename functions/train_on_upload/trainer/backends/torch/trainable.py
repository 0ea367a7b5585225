"""A network in training: epochs, what is measured, and all that must be kept to go on with the same bits."""

import hashlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from functions.runtime.errors import Rejected
from functions.train_on_upload.trainer.backend import Beat, Rows, Saved, Task
from functions.train_on_upload.trainer.backends.torch import optimizers, saving
from functions.train_on_upload.trainer.backends.torch.memory import enough_memory
from functions.train_on_upload.trainer.backends.torch.network import Network
from functions.train_on_upload.trainer.backends.torch.objective import objective, row_weights
from functions.train_on_upload.trainer.metrics import measured
from functions.training.record import Compiled
from functions.training.tensors import Tensors


class TorchTrainable:
    """A network, its loss and its optimizer; ``functions.train_on_upload.trainer.backend.Trainable``."""

    def __init__(self, network: Network, task: Task) -> None:
        self.network, self.task, self.definition = network, task, task.definition
        self.objective = objective(network, task.definition)
        self.row_weights = row_weights(task.class_weights, task.arrays.class_numbers)
        trained = {n: t for n, t in network.named().items() if isinstance(t, nn.Parameter) and t.requires_grad}
        self.numbers = dict(enumerate(sorted(trained)))
        if not trained:
            raise Rejected("the model has nothing that can be trained")
        self.optimizer = optimizers.build(self.definition.optimizer, [trained[name] for name in self.numbers.values()])
        self.optimizer.register_step_post_hook(self._count)
        self.steps, self.samples = 0, 0
        self.takes_single_rows = True

    @property
    def effective(self) -> Compiled:
        """What is really used, read back from the optimizer and the objective."""
        weights = self.task.class_weights if self.row_weights is not None else None
        kinds = {str(tensor.dtype).removeprefix("torch.") for tensor in self._parameters()}
        return Compiled(
            loss=self.objective.loss,
            optimizer=optimizers.effective(self.optimizer),
            metrics=self.definition.wanted_metrics,
            batch_size=self.definition.batch_size,
            class_weights=None if weights is None else {str(number): weights[number] for number in sorted(weights)},
            dtype=", ".join(sorted(kinds)),
            deterministic=torch.are_deterministic_algorithms_enabled(),
        )

    def weights(self) -> Tensors:
        """Give every parameter, and the running numbers of normalisations, by the model's own names."""
        return {name: tensor.detach().numpy().copy() for name, tensor in self.network.weights().items()}

    @enough_memory()
    def epoch(self, number: int, order: Rows, beat: Beat) -> Mapping[str, float]:
        """Train once over the rows in that order; dropout is drawn from the seed and the epoch's number alone."""
        size = self.definition.batch_size
        if len(order) % size == 1 and not self.takes_single_rows:
            hint = f"another batch_size than {size}, or one row less"
            raise Rejected("the last batch has one row only, and normalisation over a batch needs two", hint=hint)
        torch.manual_seed(_seed(self.definition.seed, number))
        self.network.train()
        total, outputs = 0.0, []
        batches = -(-len(order) // size)
        for step, rows in enumerate(self._batches(order), start=1):
            self.optimizer.zero_grad(set_to_none=True)
            scores = self.network.scores(self.inputs(rows))
            losses = self.losses(scores, rows)
            torch.autograd.backward(losses.mean())
            self.optimizer.step()
            self.samples += len(rows)
            total += float(losses.detach().double().sum())
            outputs.append(self.objective.outputs(scores.detach()).numpy())
            beat(step, batches)
        return self._measured(order, np.concatenate(outputs), total)

    def evaluate(self, rows: Rows) -> Mapping[str, float]:
        """Give the same numbers as ``epoch`` for these rows, without training."""
        outputs, total = self._looked(rows, weigh=True)
        return self._measured(rows, outputs, total)

    def predict(self, rows: Rows) -> NDArray[np.float32]:
        """Give (len(rows), *output shape): probabilities of classes, or values."""
        return self._looked(rows, weigh=False)[0]

    def state(self) -> Mapping[str, NDArray[Any]]:
        """Give weights, optimizer and counts; random numbers depend on the seed and the epoch only."""
        held = {name: tensor.detach().numpy().copy() for name, tensor in self.network.named().items()}
        kept: dict[str, NDArray[Any]] = {f"weights/{name}": array for name, array in held.items()}
        kept |= {f"optimizer/{k}": array for k, array in optimizers.state(self.optimizer, self.numbers).items()}
        return kept | {"steps": np.array(self.steps), "samples": np.array(self.samples)}

    def restore(self, state: Mapping[str, NDArray[Any]]) -> None:
        """Go back to what ``state`` gave."""
        with torch.no_grad():
            for name, tensor in self.network.named().items():
                tensor.copy_(torch.from_numpy(np.array(state[f"weights/{name}"])))
        start = "optimizer/"
        kept = {name.removeprefix(start): array for name, array in state.items() if name.startswith(start)}
        optimizers.restore(self.optimizer, kept, self.numbers)
        self.steps, self.samples = int(state["steps"]), int(state["samples"])

    def save(self, folder: Path) -> Saved:
        """Write ``trained_model.safetensors``, ``.onnx``, and ``.pt2`` if that was uploaded."""
        return saving.save(self.network.eval(), folder, self.inputs(np.arange(2) % self.task.arrays.rows))

    def inputs(self, rows: Rows) -> Tensor:
        """The rows as the network takes them, (len(rows), *input shape)."""
        return torch.from_numpy(self.task.arrays.x[rows]).to(self.network.takes)

    def losses(self, scores: Tensor, rows: Rows) -> Tensor:
        """The loss of each row, times the weight of its class, (len(rows),)."""
        losses = self.objective.losses(scores, torch.from_numpy(self.task.arrays.y[rows]))
        return losses if self.row_weights is None else losses * self.row_weights[torch.from_numpy(rows)]

    def _parameters(self) -> list[Tensor]:
        return list(self.optimizer.param_groups[0]["params"])

    def _count(self, *_: object) -> None:
        self.steps += 1

    def _batches(self, rows: Rows) -> Iterator[Rows]:
        size = self.definition.batch_size
        return (rows[start : start + size] for start in range(0, len(rows), size))

    @enough_memory()
    def _looked(self, rows: Rows, *, weigh: bool) -> tuple[NDArray[np.float32], float]:
        self.network.eval()
        total, outputs = 0.0, [np.zeros((0, *self.definition.output_shape), dtype=np.float32)]
        with torch.no_grad():
            for batch in self._batches(rows):
                scores = self.network.scores(self.inputs(batch))
                outputs.append(self.objective.outputs(scores).numpy())
                total += float(self.losses(scores, batch).double().sum()) if weigh else 0.0
        return np.concatenate(outputs), total

    def _measured(self, rows: Rows, outputs: NDArray[np.float32], total: float) -> Mapping[str, float]:
        names, labels = self.definition.wanted_metrics, self.task.arrays.y[rows]
        loss = {"loss": total / len(rows) if len(rows) else float("nan")}
        return loss | measured(names, self.definition.task, outputs=outputs, labels=labels)


def _seed(seed: int, number: int) -> int:
    """A seed of 63 bits for one epoch, far from those of its neighbours."""
    return int.from_bytes(hashlib.sha256(f"{seed}\0{number}".encode()).digest()[:8], "big") >> 1
