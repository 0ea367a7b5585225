"""Small models in each form that PyTorch trains, and tasks for them: 13 numbers, 100 rows, one or three classes.

``python -m tests.unit.training.torch_models FOLDER`` trains all forms from scratch and prints what came of each.
"""

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper
from safetensors.torch import save_file
from torch import nn

from functions.datasets.arrays import Arrays, digest
from functions.datasets.definition import Definition
from functions.models.facts import Form, Inspected
from functions.train_on_upload.trainer.backend import Task
from functions.train_on_upload.trainer.backends.torch.backend import TorchBackend
from functions.train_on_upload.trainer.backends.torch.trainable import TorchTrainable
from functions.training import tensors

FEATURES, ROWS = 13, 100
LAYERS: list[dict[str, Any]] = [
    {"kind": "linear", "in_features": FEATURES, "out_features": 16},
    {"kind": "batchnorm1d", "num_features": 16},
    {"kind": "relu"},
    {"kind": "dropout", "p": 0.3},
    {"kind": "linear", "name": "head.out", "in_features": 16, "out_features": 1},
    {"kind": "sigmoid"},
]
COLUMNS = {f"feature{number}": "float" for number in range(FEATURES)} | {"label": "int"}


def definition(**more: Any) -> Definition:
    """A binary task on 13 columns, with whatever is to be otherwise."""
    usual = {"columns": COLUMNS, "label": "label", "input_shape": [FEATURES], "output_shape": [1], "batch_size": 16}
    return Definition.model_validate({**usual, "metrics": ["accuracy", "auc"], **more})


def arrays(*, classes: int = 2, rows: int = ROWS, shape: tuple[int, ...] = (FEATURES,)) -> Arrays:
    """Rows whose class can be learned from them."""
    draw = np.random.default_rng(5)
    x = draw.normal(size=(rows, *shape)).astype(np.float32)
    flat = x.reshape(rows, -1)
    y = (flat[:, :classes].argmax(axis=1) if classes > 2 else flat[:, 0] + flat[:, 1] > 0).astype(np.int64)
    names = tuple(str(each) for each in range(classes))
    return Arrays(x, y, names, digest(x, y, names))


def perceptron(classes: int = 1) -> nn.Sequential:
    """The module that ``LAYERS`` declares."""
    torch.manual_seed(3)
    last = [nn.Sigmoid()] if classes == 1 else [nn.Softmax(dim=-1)]
    return nn.Sequential(
        nn.Linear(FEATURES, 16), nn.BatchNorm1d(16), nn.ReLU(), nn.Dropout(0.3), nn.Linear(16, classes), *last
    )


def exported(module: nn.Module, path: Path, *, shape: tuple[int, ...] = (FEATURES,), opened: bool = True) -> Path:
    """Save as ``torch.export`` does, with an open batch."""
    batch = {0: torch.export.Dim("batch", min=1)}
    program = torch.export.export(module, (torch.zeros(2, *shape),), dynamic_shapes=(batch,) if opened else None)
    torch.export.save(program, path)
    return path


def graph(path: Path, *, classes: int = 1, head: str = "Sigmoid") -> Path:
    """The same network as an ONNX graph, written by hand."""
    given = {name: tensor.detach().numpy() for name, tensor in perceptron(classes).state_dict().items()}
    normal = [f"1.{each}" for each in ("weight", "bias", "running_mean", "running_var")]
    nodes = [
        helper.make_node("Gemm", ["x", "0.weight", "0.bias"], ["a"], transB=1),
        helper.make_node("BatchNormalization", ["a", *normal], ["b"]),
        helper.make_node("Relu", ["b"], ["c"]),
        helper.make_node("Dropout", ["c", "ratio"], ["d"]),
        helper.make_node("Gemm", ["d", "4.weight", "4.bias"], ["e"], transB=1),
        helper.make_node(head, ["e"], ["y"]),
    ]
    initial = [numpy_helper.from_array(each, name) for name, each in given.items() if each.ndim]
    initial.append(numpy_helper.from_array(np.array(0.3, dtype=np.float32), "ratio"))
    x = helper.make_tensor_value_info("x", TensorProto.FLOAT, ["batch", FEATURES])
    y = helper.make_tensor_value_info("y", TensorProto.FLOAT, ["batch", classes])
    model = helper.make_graph(nodes, "perceptron", [x], [y], initial)
    onnx.save(helper.make_model(model, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), path)
    return path


def weights(path: Path) -> Path:
    """The tensors of ``LAYERS``."""
    save_file({name.replace("4.", "head.out."): each for name, each in perceptron().state_dict().items()}, path)
    return path


def task(path: Path, given: Definition, data: Arrays | None = None, **more: Any) -> Task:
    """A task for a model file, as if it had been inspected."""
    form: Form = {".onnx": "onnx", ".pt2": "pt2", ".safetensors": "safetensors"}[path.suffix]  # type: ignore[assignment]
    inspected = Inspected(form, (), (), (), 0, path.stat().st_size)
    return Task(path, inspected, given, data or arrays(), **more)


def made(form: str, folder: Path, **more: Any) -> TorchTrainable:
    """The perceptron in that form, ready to be trained."""
    path = folder / f"model.{form}"
    if form == "onnx":
        graph(path)
    elif form == "pt2":
        exported(perceptron(), path)
    else:
        weights(path)
        more["architecture"] = {"layers": LAYERS}
    return TorchBackend().load(task(path, definition(**more)))


def trained(trainable: TorchTrainable, *epochs: int) -> list[float]:
    """Train these epochs, each in an order of its own; the loss of each."""
    losses = []
    for number in epochs:
        order = np.random.default_rng(number).permutation(ROWS)
        losses.append(trainable.epoch(number, order, lambda *_: None)["loss"])
    return losses


def pictures(folder: Path) -> TorchTrainable:
    """A convolutional network on pictures of three classes, ready to be trained."""
    torch.manual_seed(3)
    first = [nn.Conv2d(3, 8, 3, padding=1), nn.BatchNorm2d(8), nn.ReLU(), nn.MaxPool2d(2), nn.Dropout(0.2)]
    module = nn.Sequential(*first, nn.Conv2d(8, 8, 3), nn.ReLU(), nn.Flatten(), nn.Linear(288, 3))
    path, shape = exported(module, folder / "model.pt2", shape=(3, 16, 16)), [3, 16, 16]
    given = {"type": "npz", "input_shape": shape, "output_shape": [3], "task": "multiclass", "batch_size": 16}
    data = arrays(classes=3, shape=(3, 16, 16))
    return TorchBackend().load(task(path, Definition.model_validate(given), data))


def main(folder: Path) -> None:
    """Train every form, and pictures, and print digests of weights and files."""
    found = {}
    for form in ("onnx", "pt2", "safetensors", "pictures"):
        home = folder / form
        home.mkdir()
        trainable = pictures(home) if form == "pictures" else made(form, home)
        trained(trainable, 1, 2, 3)
        saved = trainable.save(home)
        files = {name: tensors.digest({name: np.frombuffer((home / name).read_bytes(), "u1")}) for name in saved.files}
        found[form] = {"weights": tensors.digest(trainable.weights()), "notes": saved.notes, **files}
    sys.stdout.write(json.dumps(found))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
