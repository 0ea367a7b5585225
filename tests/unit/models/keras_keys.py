"""Which keys Keras itself writes for each class on the allow-list."""

import inspect
from typing import Any


def keras_keys() -> dict[str, list[str]]:
    """Give kind, module and class -> keys of its configuration; to be called where Keras may be imported."""
    import keras
    from keras import layers as L  # noqa: N812

    from functions.models.keras.classes import TABLES

    arguments: dict[str, Any] = {
        "units": 4, "filters": 4, "rate": 0.5, "kernel_size": 3, "size": 2, "n": 3, "dims": (1,), "target_shape": (4,),
        "input_dim": 5, "output_dim": 3, "activation": "relu", "axes": 1, "num_heads": 2, "key_dim": 4, "factor": 0.2,
        "height": 4, "width": 4, "height_factor": 0.2, "width_factor": 0.2, "scale": 1.0, "stddev": 0.1,
        "pool_size": 2, "shape": (3,), "initial_learning_rate": 0.1, "decay_steps": 5, "decay_rate": 0.5,
        "first_decay_steps": 5, "boundaries": [1], "values": [1.0, 2.0], "recall": 0.5, "precision": 0.5,
        "specificity": 0.5, "sensitivity": 0.5, "num_classes": 3, "layer": L.LSTM(3), "cell": L.LSTMCell(3),
        "cells": [L.LSTMCell(3)],
    }  # fmt: skip
    found: dict[str, list[str]] = {}
    for kind in (
        "layer",
        "cell",
        "initializer",
        "regularizer",
        "constraint",
        "optimizer",
        "schedule",
        "loss",
        "metric",
    ):
        for module, name in TABLES[kind]:
            if module.startswith("keras.src") or name in ("Sequential", "Functional"):
                continue
            space: Any = keras
            for part in module.split(".")[1:]:
                space = getattr(space, part)
            made = getattr(space, name)
            needed = [
                each.name
                for each in inspect.signature(made).parameters.values()
                if each.default is each.empty and each.kind is each.POSITIONAL_OR_KEYWORD
            ]
            given = {each: arguments[each] for each in needed}
            given |= (
                {"num_tokens": 4} if name == "CategoryEncoding" else {"shape": (3,)} if name == "InputLayer" else {}
            )
            found[f"{kind} {module} {name}"] = sorted(made(**given).get_config())
    return found
