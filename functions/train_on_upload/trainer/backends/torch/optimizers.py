"""The optimizers of a definition: its words are Keras's, and so are the values it leaves open.

Where the two frameworks' formulas differ, torch's is used: adam and its family add ``epsilon`` to the root after the
correction of bias, rmsprop, adagrad and adadelta outside of the root.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from pydantic import JsonValue
from torch import Tensor, nn, optim

from functions.datasets.recipe import Optimizer

_CLASSES: Mapping[str, Callable[..., optim.Optimizer]] = {
    "adadelta": optim.Adadelta,
    "adagrad": optim.Adagrad,
    "adam": optim.Adam,
    "adamax": optim.Adamax,
    "adamw": optim.AdamW,
    "nadam": optim.NAdam,
    "rmsprop": optim.RMSprop,
    "sgd": optim.SGD,
}
_WORDS = {"learning_rate": "lr", "epsilon": "eps"}
_EXTRA: Mapping[str, Mapping[str, float]] = {
    "adagrad": {"initial_accumulator_value": 0.1},
    "nadam": {"momentum_decay": 1.0},
}
"""What Keras fixes and a definition has no word for, where torch's default is another."""


def build(asked: Optimizer, parameters: Iterable[nn.Parameter]) -> optim.Optimizer:
    """Set up the optimizer that is asked for."""
    words = _words(asked.name)
    settings: dict[str, Any] = {words.get(word, word): value for word, value in asked.settings().items()}
    if "beta_1" in settings:
        settings["betas"] = (settings.pop("beta_1"), settings.pop("beta_2"))
    if settings.get("nesterov") and not settings.get("momentum"):
        settings["nesterov"] = False  # torch refuses it, and there is nothing to look ahead with
    return _CLASSES[asked.name](parameters, **settings, **_EXTRA.get(asked.name, {}), foreach=False)


def effective(optimizer: optim.Optimizer) -> Mapping[str, JsonValue]:
    """Read back what the optimizer really uses, in the definition's words; what torch adds keeps torch's."""
    found: dict[str, JsonValue] = {"name": type(optimizer).__name__.lower()}
    words = {theirs: ours for ours, theirs in _words(str(found["name"])).items()}
    for name, value in optimizer.param_groups[0].items():
        if name == "betas":
            found["beta_1"], found["beta_2"] = value
        elif name != "params" and value is not None:
            found[words.get(name, name)] = value
    return found


def _words(name: str) -> dict[str, str]:
    return _WORDS | ({"rho": "alpha"} if name == "rmsprop" else {})


def state(optimizer: optim.Optimizer, names: Mapping[int, str]) -> dict[str, NDArray[Any]]:
    """Every tensor of the optimizer: ``<parameter>/<tensor>`` -> array; ``names`` are of the parameters in order."""
    kept = optimizer.state_dict()["state"]
    return {
        f"{names[number]}/{each}": value.detach().cpu().numpy().copy()
        for number, tensors in kept.items()
        for each, value in tensors.items()
        if isinstance(value, Tensor)
    }


def restore(optimizer: optim.Optimizer, given: Mapping[str, NDArray[Any]], names: Mapping[int, str]) -> None:
    """Go back to what ``state`` gave."""
    numbers = {name: number for number, name in names.items()}
    found: dict[int, dict[str, Tensor]] = {}
    for place, array in given.items():
        name, _, each = place.rpartition("/")
        found.setdefault(numbers[name], {})[each] = torch.from_numpy(np.array(array))
    optimizer.load_state_dict({"state": found, "param_groups": optimizer.state_dict()["param_groups"]})
