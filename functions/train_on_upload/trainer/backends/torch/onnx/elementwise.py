"""Operators of ONNX that treat each number alone: arithmetic, comparisons, activations."""

from collections.abc import Callable, Mapping
from functools import reduce

import torch
from torch import Tensor
from torch.nn import functional

from functions.train_on_upload.trainer.backends.torch.onnx.call import ELEMENT_TYPES, Call, Operation


def _one(function: Callable[[Tensor], Tensor]) -> Operation:
    return lambda call: function(call.x)


def _two(function: Callable[[Tensor, Tensor], Tensor]) -> Operation:
    return lambda call: function(call.x, call.tensor(1))


def _many(function: Callable[[Tensor, Tensor], Tensor]) -> Operation:
    return lambda call: reduce(function, (call.tensor(place) for place in range(len(call.given))))


def _divided(a: Tensor, b: Tensor) -> Tensor:
    return a / b if a.is_floating_point() else torch.div(a, b, rounding_mode="trunc")


def _clipped(call: Call) -> Tensor:
    low, high = call.scalar(1, "min"), call.scalar(2, "max")
    return call.x if low is None and high is None else torch.clamp(call.x, min=low, max=high)


def _cast(call: Call) -> Tensor:
    code = call.whole("to", 1)
    if code not in ELEMENT_TYPES:
        raise ValueError(f"Cast to element type {code} is not supported")
    return call.x.to(ELEMENT_TYPES[code])


def _leaky(call: Call) -> Tensor:
    return functional.leaky_relu(call.x, call.number("alpha", 0.01))


def _selu(call: Call) -> Tensor:
    alpha, gamma = call.number("alpha", 1.6732632423543772), call.number("gamma", 1.0507009873554805)
    return gamma * (torch.clamp(call.x, min=0) + torch.clamp(alpha * (torch.exp(call.x) - 1), max=0))


def _hard_sigmoid(call: Call) -> Tensor:
    return torch.clamp(call.number("alpha", 0.2) * call.x + call.number("beta", 0.5), 0, 1)


def _gelu(call: Call) -> Tensor:
    return functional.gelu(call.x, approximate=call.text("approximate", "none"))


def _prelu(call: Call) -> Tensor:
    return torch.clamp(call.x, min=0) + call.tensor(1) * torch.clamp(call.x, max=0)


def soft(call: Call, function: Callable[..., Tensor]) -> Tensor:
    """Softmax or its logarithm; before opset 13 over all axes from ``axis`` on taken together."""
    if call.node.opset >= 13:
        return function(call.x, dim=call.whole("axis", -1))
    axis = call.whole("axis", 1) % call.x.ndim
    return function(call.x.flatten(axis), dim=-1).reshape(call.x.shape)


ELEMENTWISE: Mapping[str, Operation] = {
    "Abs": _one(torch.abs),
    "Add": _two(torch.add),
    "And": _two(torch.logical_and),
    "Cast": _cast,
    "CastLike": lambda call: call.x.to(call.tensor(1).dtype),
    "Ceil": _one(torch.ceil),
    "Celu": lambda call: functional.celu(call.x, call.number("alpha", 1.0)),
    "Clip": _clipped,
    "Cos": _one(torch.cos),
    "Div": _two(_divided),
    "Elu": lambda call: functional.elu(call.x, call.number("alpha", 1.0)),
    "Equal": _two(torch.eq),
    "Erf": _one(torch.erf),
    "Exp": _one(torch.exp),
    "Floor": _one(torch.floor),
    "Gelu": _gelu,
    "Greater": _two(torch.gt),
    "GreaterOrEqual": _two(torch.ge),
    "HardSigmoid": _hard_sigmoid,
    "HardSwish": _one(functional.hardswish),
    "Identity": _one(lambda x: x),
    "LeakyRelu": _leaky,
    "Less": _two(torch.lt),
    "LessOrEqual": _two(torch.le),
    "Log": _one(torch.log),
    "LogSoftmax": lambda call: soft(call, torch.log_softmax),
    "Max": _many(torch.maximum),
    "Min": _many(torch.minimum),
    "Mish": _one(functional.mish),
    "Mul": _two(torch.mul),
    "Neg": _one(torch.neg),
    "Not": _one(torch.logical_not),
    "Or": _two(torch.logical_or),
    "PRelu": _prelu,
    "Pow": _two(torch.pow),
    "Reciprocal": _one(torch.reciprocal),
    "Relu": _one(torch.relu),
    "Selu": _selu,
    "Sigmoid": _one(torch.sigmoid),
    "Sign": _one(torch.sign),
    "Sin": _one(torch.sin),
    "Softmax": lambda call: soft(call, torch.softmax),
    "Softplus": _one(functional.softplus),
    "Softsign": _one(functional.softsign),
    "Sqrt": _one(torch.sqrt),
    "Sub": _two(torch.sub),
    "Sum": _many(torch.add),
    "Tanh": _one(torch.tanh),
    "Where": lambda call: torch.where(call.x, call.tensor(1), call.tensor(2)),
}
