import json
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from functions.models.facts import ModelRefused
from functions.models.inspection import inspect
from tests.unit.models.hostile import Ordinary

# What a fuzz run found that Keras 3.15 refuses itself, seconds after its import: one of each kind.
REFUSED_BY_KERAS: list[tuple[str, str, str, Any]] = [
    ("mlp", "Dropout", "rate", 1.5),
    ("mlp", "Dense", "trainable", None),
    ("mlp", "Dropout", "seed", [2, 2]),
    ("mlp", "GlorotUniform", "seed", [-1]),
    ("cnn", "Conv2D", "padding", "causal"),
    ("cnn", "Conv2D", "padding", None),
    ("cnn", "Conv2D", "data_format", "valid"),
    ("cnn", "Conv2D", "dilation_rate", -1),
    ("cnn", "MaxPooling2D", "padding", 7),
    ("cnn", "BatchNormalization", "momentum", None),
    ("cnn", "BatchNormalization", "epsilon", [2, 2]),
    ("cnn", "BatchNormalization", "axis", [-1]),
    ("cnn", "BatchNormalization", "input_shape", -1),
    ("mobilenet_v2", "ReLU", "threshold", None),
    ("mobilenet_v2", "ReLU", "max_value", -0.5),
    ("mobilenet_v2", "ReLU", "negative_slope", [-1]),
    ("mobilenet_v2", "DepthwiseConv2D", "strides", None),
    ("lstm", "LSTM", "recurrent_dropout", [2, 2]),
    ("transformer", "MultiHeadAttention", "dropout", 7),
    ("functional_l2", "Concatenate", "axis", 7),
    ("mlp_trained", "Adam", "gradient_accumulation_steps", -1),
    ("mlp_trained", "Adam", "learning_rate", [-1]),
    ("mlp_schedule", "SGD", "momentum", -1),
    ("mlp_schedule", "Huber", "reduction", "valid"),
]


def holders(node: Any, kind: str) -> Iterator[dict[str, Any]]:
    """Give the parts of every object of a class: its configuration, and what it was built with."""
    if isinstance(node, dict):
        if node.get("class_name") == kind:
            yield from (part for part in (node.get("config"), node.get("build_config")) if isinstance(part, dict))
        node = list(node.values())
    if isinstance(node, list):
        for each in node:
            yield from holders(each, kind)


def spoiled(source: Path, target: Path, kind: str, key: str, value: object) -> Path:
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w") as new:
        for name in old.namelist():
            data = old.read(name)
            if name == "config.json":
                config = json.loads(data)
                next(each for each in holders(config, kind) if key in each)[key] = value
                data = json.dumps(config).encode()
            new.writestr(name, data)
    return target


@pytest.mark.parametrize(("model", "kind", "key", "value"), REFUSED_BY_KERAS)
def test_what_keras_would_refuse_is_refused_before_it_is_imported(
    ordinary: Ordinary, tmp_path: Path, model: str, kind: str, key: str, value: object
) -> None:
    upload = spoiled(ordinary.folder / f"{model}.keras", tmp_path / "model.keras", kind, key, value)

    with pytest.raises(ModelRefused) as refusal:
        inspect(upload)

    assert key in str(refusal.value) or kind in str(refusal.value)
