"""Rules for layers that step through time."""

from collections.abc import Mapping, Sequence
from math import prod

from functions.models.facts import Shape
from functions.models.keras.kernels import convolved
from functions.models.keras.shapes import Config, Rule, known, split, tuple_of

MAX_UNROLLED = 256
GATES = {"SimpleRNN": 1, "LSTM": 4, "GRU": 3}


def cell_parameters(name: str, config: Config, size: int) -> int:
    """Give the parameters of one cell, ``LSTMCell`` or ``LSTM``, that takes ``size`` numbers a step."""
    kind = name.removesuffix("Cell")
    units: int = config["units"]
    biases = bool(config.get("use_bias", True)) * (2 if kind == "GRU" and config.get("reset_after", True) else 1)
    return GATES[kind] * units * (size + units + biases)


def stepped(config: Config, shape: Shape, units: Sequence[int], *, states: int) -> list[Shape]:
    """Give a recurrent layer's outputs: the last or every step, then its states where they are asked for."""
    outputs: list[Shape] = [
        (shape[0], shape[1], units[-1]) if config.get("return_sequences") else (shape[0], units[-1])
    ]
    if config.get("return_state"):
        outputs += [(shape[0], each) for each in units for _ in range(states)]
    return outputs


def _recurrent(name: str) -> Rule:
    def rule(config: Config, inputs: Sequence[Shape]) -> tuple[list[Shape], int]:
        if len(inputs[0]) != 3:
            raise ValueError("it wants batch, steps and numbers")
        if config.get("unroll") and not 0 < (inputs[0][1] or 0) <= MAX_UNROLLED:
            raise ValueError(f"only up to {MAX_UNROLLED} steps are unrolled")
        outputs = stepped(config, inputs[0], [config["units"]], states=2 if name == "LSTM" else 1)
        return outputs, cell_parameters(name, config, known(inputs[0][2]))

    return rule


def _spatial(config: Config, inputs: Sequence[Shape]) -> tuple[list[Shape], int]:
    batch, steps, *frame = inputs[0]
    picture: Shape = (batch, *frame)
    filters = config["filters"]
    (shape,), _ = convolved(config, [picture])
    cells, channels = split(config, picture)
    sides = prod(tuple_of(config["kernel_size"], len(cells)))
    bias = bool(config.get("use_bias", True))
    outputs: list[Shape] = [(batch, steps, *shape[1:]) if config.get("return_sequences") else shape]
    if config.get("return_state"):
        outputs += [shape, shape]
    return outputs, 4 * filters * (sides * (known(channels) + filters) + bias)


RECURRENCE: Mapping[str, Rule] = {
    **{name: _recurrent(name) for name in GATES},
    **{f"ConvLSTM{n}D": _spatial for n in (1, 2)},
}
