"""``.keras`` files as Keras 3 writes them, without Keras: one dense layer and its weights."""

import io
import json
import zipfile
from importlib import import_module
from pathlib import Path

from functions.training.tensors import Tensors

KERNEL, BIAS = "layers/dense/vars/0", "layers/dense/vars/1"


def write_keras(path: Path, weights: Tensors, *, lambda_layer: bool = False, packed: bool = False) -> None:
    """Write a kernel and a bias, the model that they are of, and an optimizer's state."""
    stored = io.BytesIO()
    with import_module("h5py").File(stored, "w") as tree:
        for name, array in weights.items():
            tree.create_dataset(name, data=array, **({"compression": "gzip"} if packed else {}))
        tree["optimizer/vars/0"] = 7
        tree.create_group("vars")
    config = _config(
        *next(each.shape for each in weights.values() if each.ndim == 2), kind="Lambda" if lambda_layer else "Dense"
    )
    members = {
        "metadata.json": json.dumps({"keras_version": "3.15.1", "date_saved": "1980-01-01@00:00:00"}).encode(),
        "config.json": json.dumps(config).encode(),
        "model.weights.h5": stored.getvalue(),
    }
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members.items():
            archive.writestr(zipfile.ZipInfo(name), content)


def _config(inputs: int, units: int, *, kind: str) -> dict[str, object]:
    layers = [
        _object("InputLayer", {"batch_shape": [None, inputs], "dtype": "float32", "name": "input_layer"}),
        _object(kind, {"name": "dense", "dtype": "float32", "units": units, "activation": "linear", "use_bias": True}),
    ]
    shape = {"input_shape": [None, inputs]}
    config = {"name": "sequential", "dtype": "float32", "layers": layers, "build_input_shape": [None, inputs]}
    return {"module": "keras", "class_name": "Sequential", "config": config, "build_config": shape}


def _object(kind: str, config: dict[str, object]) -> dict[str, object]:
    return {"module": "keras.layers", "class_name": kind, "config": config, "registered_name": None}
