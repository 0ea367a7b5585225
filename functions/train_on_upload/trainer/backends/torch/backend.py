"""PyTorch as a backend: three forms of uploaded model, one way to train them."""

from collections.abc import Mapping
from importlib.metadata import version

import torch

from functions.runtime.errors import Rejected
from functions.train_on_upload.trainer.backend import Task
from functions.train_on_upload.trainer.backends.torch import declared
from functions.train_on_upload.trainer.backends.torch.exported import program
from functions.train_on_upload.trainer.backends.torch.network import Network
from functions.train_on_upload.trainer.backends.torch.onnx import graph
from functions.train_on_upload.trainer.backends.torch.trainable import TorchTrainable
from functions.train_on_upload.trainer.backends.torch.trial import try_out

_PACKAGES = ("torch", "numpy", "onnx", "onnxscript", "safetensors")


class TorchBackend:
    """``functions.train_on_upload.trainer.backend.Backend`` for ``.onnx``, ``.pt2`` and ``.safetensors``."""

    name = "torch"

    def versions(self) -> Mapping[str, str]:
        """Give package -> version of PyTorch and what reads and writes models for it."""
        return {package: version(package) for package in _PACKAGES}

    def load(self, task: Task) -> TorchTrainable:
        """Rebuild the model with its weights and try it on a few rows; operations are deterministic from here on.

        Raises:
            Rejected: It cannot be built, or does not fit the definition.
        """
        _set_up(task)
        network = _network(task)
        trainable = TorchTrainable(network, task)
        try_out(trainable)
        return trainable


def _set_up(task: Task) -> None:
    torch.use_deterministic_algorithms(True)
    torch.manual_seed(task.definition.seed)
    intra, inter = task.threads
    if intra:
        torch.set_num_threads(intra)
    if inter and torch.get_num_interop_threads() != inter:  # can be set once in a process
        torch.set_num_interop_threads(inter)


def _network(task: Task) -> Network:
    form = task.inspected.form
    if form == "onnx":
        return graph.read(task.model)
    if form == "pt2":
        return program.read(task.model)
    if form == "safetensors" and task.definition.architecture is not None:
        return declared.read(task.model, task.definition.architecture)
    hint = "declare its layers in the definition, as architecture" if form == "safetensors" else ""
    raise Rejected(f"a {form} model cannot be trained with PyTorch as it is", hint=hint)
