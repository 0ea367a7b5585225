"""Small ``.keras`` files written by hand: no framework has to start, and the bytes are always the same."""

import io
import json
import re
import zipfile
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

FLOAT = {"module": "keras", "class_name": "DTypePolicy", "config": {"name": "float32"}, "registered_name": None}


def layer(kind: str, name: str, **config: object) -> dict[str, Any]:
    plain = {"name": name, "trainable": True, "dtype": FLOAT, **config}
    return {"module": "keras.layers", "class_name": kind, "config": plain, "registered_name": None}


def dense(name: str, units: int, activation: str) -> dict[str, Any]:
    return layer("Dense", name, units=units, activation=activation, use_bias=True)


def write(file: Path, layers: Sequence[Mapping[str, Any]], weights: Mapping[str, Sequence[NDArray[Any]]]) -> Path:
    """Write a Sequential model; ``weights`` by the layer's name, in Keras's order."""
    config = {
        "module": "keras",
        "class_name": "Sequential",
        "config": {"name": "sequential", "trainable": True, "dtype": FLOAT, "layers": list(layers)},
        "registered_name": None,
    }
    tensors = io.BytesIO()
    with h5py.File(tensors, "w") as tree:
        seen: Counter[str] = Counter()
        for each in layers:
            group = tree.create_group(f"layers/{_place(each['class_name'], seen)}/vars")
            group.attrs["name"] = each["config"]["name"]
            for number, array in enumerate(weights.get(each["config"]["name"], ())):
                group.create_dataset(str(number), data=array)
    with zipfile.ZipFile(file, "w") as archive:
        metadata = {"keras_version": "3.15.1", "date_saved": "2026-11-23@00:00:00"}
        for member, content in (
            ("metadata.json", json.dumps(metadata).encode()),
            ("config.json", json.dumps(config).encode()),
            ("model.weights.h5", tensors.getvalue()),
        ):
            archive.writestr(zipfile.ZipInfo(member, (2026, 11, 23, 0, 0, 0)), content)
    return file


def _place(kind: str, seen: Counter[str]) -> str:
    """Name a layer as Keras does in a file: for its class, with a number from the second on."""
    plain = re.sub(r"(?<!^)(?=[A-Z])", "_", kind).lower()
    seen[plain] += 1
    return plain if seen[plain] == 1 else f"{plain}_{seen[plain] - 1}"


def mlp(file: Path, *, inputs: int = 13, hidden: int = 8, outputs: int = 1, chance: str = "Dropout") -> Path:
    """Write a network with a dropout and a normalisation, so that there is chance and there are running numbers."""
    draw = np.random.default_rng(7)
    weights = {
        "first": [draw.normal(0, 0.4, (inputs, hidden)).astype("f4"), np.zeros(hidden, "f4")],
        "norm": [np.ones(hidden, "f4"), np.zeros(hidden, "f4"), np.zeros(hidden, "f4"), np.ones(hidden, "f4")],
        "last": [draw.normal(0, 0.4, (hidden, outputs)).astype("f4"), np.zeros(outputs, "f4")],
    }
    layers = [
        {
            "module": "keras.layers",
            "class_name": "InputLayer",
            "config": {"batch_shape": [None, inputs], "dtype": "float32", "name": "numbers"},
            "registered_name": None,
        },
        dense("first", hidden, "relu"),
        layer(chance, "dropout", rate=0.3),
        layer("BatchNormalization", "norm", axis=-1, momentum=0.9, epsilon=0.001),
        dense("last", outputs, "sigmoid"),
    ]
    return write(file, layers, weights)
