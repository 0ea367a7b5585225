"""One network, the same weights, rows and order: PyTorch and Keras go down the same way."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from functions.train_on_upload.trainer.backends.torch.backend import TorchBackend
from tests.unit.training.torch_models import FEATURES, ROWS, arrays, definition, task

CASES: dict[str, dict[str, Any]] = {
    "sgd": {"optimizer": {"name": "sgd", "learning_rate": 0.2, "momentum": 0.9, "nesterov": True}},
    "adam": {"optimizer": {"name": "adam", "learning_rate": 0.01}},
    "adamw": {"optimizer": {"name": "adamw", "learning_rate": 0.01}},
    "rmsprop": {"optimizer": {"name": "rmsprop"}},
    "adagrad": {"optimizer": {"name": "adagrad", "learning_rate": 0.05}},
    "adadelta": {"optimizer": {"name": "adadelta", "learning_rate": 1.0}},
    "adamax": {"optimizer": {"name": "adamax", "learning_rate": 0.01}},
    "nadam": {"optimizer": {"name": "nadam", "learning_rate": 0.01}},
    "weighted": {"optimizer": {"name": "sgd", "learning_rate": 0.2}, "weights": {"0": 0.5, "1": 2.0}},
}
EPOCHS, BATCH = 4, 32

KERAS = """
import json, sys
import keras, numpy as np
given = np.load(sys.argv[1])
w = [given[n] for n in ("w1", "b1", "w2", "b2")]
losses = {}
for name, case in json.loads(sys.argv[2]).items():
    dense = keras.layers.Dense
    model = keras.Sequential([keras.Input((w[0].shape[0],)), dense(16, "relu"), dense(1, "sigmoid")])
    model.set_weights(w)
    settings = dict(case["optimizer"])
    model.compile(keras.optimizers.get({"class_name": settings.pop("name"), "config": settings}), "binary_crossentropy")
    weights = {int(k): v for k, v in case["weights"].items()} if "weights" in case else None
    rest = {"batch_size": BATCH, "epochs": EPOCHS, "shuffle": False, "class_weight": weights, "verbose": 0}
    fit = model.fit(given["x"], given["y"], **rest)
    losses[name] = fit.history["loss"]
print(json.dumps(losses))
"""


def start(folder: Path) -> None:
    """Weights and rows, for both of them in a file; the network as a graph too."""
    draw, data = np.random.default_rng(9), arrays()
    shapes = {"w1": (FEATURES, 16), "b1": (16,), "w2": (16, 1), "b2": (1,)}
    given: dict[str, Any] = {
        name: draw.normal(scale=0.3, size=shape).astype(np.float32) for name, shape in shapes.items()
    }
    np.savez(folder / "given.npz", **given, x=data.x, y=data.y.astype(np.float32))
    nodes = [
        helper.make_node("Gemm", ["x", "w1", "b1"], ["a"]),
        helper.make_node("Relu", ["a"], ["b"]),
        helper.make_node("Gemm", ["b", "w2", "b2"], ["c"]),
        helper.make_node("Sigmoid", ["c"], ["y"]),
    ]
    x = helper.make_tensor_value_info("x", TensorProto.FLOAT, ["batch", FEATURES])
    y = helper.make_tensor_value_info("y", TensorProto.FLOAT, ["batch", 1])
    graph = helper.make_graph(nodes, "g", [x], [y], [numpy_helper.from_array(each, n) for n, each in given.items()])
    onnx.save(
        helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), folder / "model.onnx"
    )


@pytest.fixture(scope="module")
def keras(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, list[float]]]:
    """The loss of each epoch of each case by Keras, and the folder with what it began with."""
    folder = tmp_path_factory.mktemp("beside")
    start(folder)
    script = KERAS.replace("BATCH", str(BATCH)).replace("EPOCHS", str(EPOCHS))
    command = [sys.executable, "-c", script, str(folder / "given.npz"), json.dumps(CASES)]
    environ = {**os.environ, "KERAS_BACKEND": "tensorflow", "TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": ""}
    done = subprocess.run(command, check=True, capture_output=True, text=True, env=environ)
    return folder, json.loads(done.stdout.splitlines()[-1])


@pytest.mark.parametrize("name", CASES)
def test_the_losses_are_those_of_keras(keras: tuple[Path, dict[str, list[float]]], name: str) -> None:
    (folder, theirs), case = keras, CASES[name]
    weights = {int(number): weight for number, weight in case["weights"].items()} if "weights" in case else None
    given = definition(optimizer=case["optimizer"], batch_size=BATCH)
    trainable = TorchBackend().load(task(folder / "model.onnx", given, class_weights=weights))

    ours = [trainable.epoch(n, np.arange(ROWS), lambda *_: None)["loss"] for n in range(1, EPOCHS + 1)]

    assert ours == pytest.approx(theirs[name], rel=5e-4)
    assert ours[-1] < ours[0]
