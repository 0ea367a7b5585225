"""Operators of ONNX that are layers: products, convolutions, pooling, normalisation, dropout."""

from collections.abc import Callable, Mapping
from itertools import chain

import torch
from torch import Tensor
from torch.nn import functional

from functions.train_on_upload.trainer.backends.torch.onnx.call import Call, Operation

_CONVOLUTIONS = (functional.conv1d, functional.conv2d, functional.conv3d)
_TRANSPOSED = (functional.conv_transpose1d, functional.conv_transpose2d, functional.conv_transpose3d)
_MAXIMA = (functional.max_pool1d, functional.max_pool2d, functional.max_pool3d)
_MEANS = (functional.avg_pool1d, functional.avg_pool2d, functional.avg_pool3d)


def _gemm(call: Call) -> Tensor:
    a = call.x.t() if call.whole("transA", 0) else call.x
    b, c = call.tensor(1), call.maybe(2)
    alpha, beta = call.number("alpha", 1.0), call.number("beta", 1.0)
    if alpha == beta == 1 and c is not None and c.ndim == 1:
        return functional.linear(a, b if call.whole("transB", 0) else b.t(), c)
    out = alpha * (a @ (b.t() if call.whole("transB", 0) else b))
    return out if c is None else out + beta * c


def _pads(call: Call, kernel: list[int], strides: list[int], dilations: list[int]) -> list[int]:
    """Padding before and after each axis, last axis first, as ``functional.pad`` takes it."""
    axes, rule = len(kernel), call.text("auto_pad", "NOTSET")
    if rule == "VALID":
        return [0] * 2 * axes
    if rule == "NOTSET":
        pads = call.wholes("pads") or [0] * 2 * axes
        return list(chain.from_iterable((pads[axis], pads[axis + axes]) for axis in reversed(range(axes))))
    found = []
    for axis in reversed(range(axes)):
        size, stride = call.x.shape[2 + axis], strides[axis]
        total = max((-(-size // stride) - 1) * stride + (kernel[axis] - 1) * dilations[axis] + 1 - size, 0)
        less, more = total // 2, total - total // 2
        found += [less, more] if rule == "SAME_UPPER" else [more, less]
    return found


def _conv(call: Call) -> Tensor:
    weight = call.tensor(1)
    axes = weight.ndim - 2
    strides, dilations = call.wholes("strides") or [1] * axes, call.wholes("dilations") or [1] * axes
    pads, x = _pads(call, list(weight.shape[2:]), strides, dilations), call.x
    inside = pads[::2][::-1]
    if pads[::2] != pads[1::2]:
        x, inside = functional.pad(x, pads), [0] * axes
    bias, groups = call.maybe(2), call.whole("group", 1)
    return _CONVOLUTIONS[axes - 1](x, weight, bias, strides, inside, dilations, groups)


def _conv_transpose(call: Call) -> Tensor:
    weight = call.tensor(1)
    axes = weight.ndim - 2
    one, none = [1] * axes, [0] * axes
    pads = call.wholes("pads") or none * 2
    if pads[:axes] != pads[axes:] or call.text("auto_pad", "NOTSET") != "NOTSET" or call.wholes("output_shape"):
        raise ValueError("ConvTranspose takes the same pads before and after, no auto_pad and no output_shape")
    strides, dilations = (call.wholes(name) or one for name in ("strides", "dilations"))
    more, groups = call.wholes("output_padding") or none, call.whole("group", 1)
    return _TRANSPOSED[axes - 1](call.x, weight, call.maybe(2), strides, pads[:axes], more, groups, dilations)


def _einsum(call: Call) -> Tensor:
    return torch.einsum(call.text("equation", ""), *(call.tensor(place) for place in range(len(call.given))))


def _window(call: Call) -> tuple[list[int], list[int], list[int], list[int]]:
    kernel = call.wholes("kernel_shape") or []
    strides, dilations = (call.wholes(name) or [1] * len(kernel) for name in ("strides", "dilations"))
    return kernel, strides, dilations, _pads(call, kernel, strides, dilations)


def _max_pool(call: Call) -> Tensor:
    kernel, strides, dilations, pads = _window(call)
    x = functional.pad(call.x, pads, value=-torch.inf) if any(pads) else call.x
    pool = _MAXIMA[len(kernel) - 1]
    return pool(x, kernel, strides, 0, dilations, ceil_mode=bool(call.whole("ceil_mode", 0)))


def _average_pool(call: Call) -> Tensor:
    kernel, strides, dilations, pads = _window(call)
    if any(each != 1 for each in dilations) or call.whole("ceil_mode", 0):
        raise ValueError("AveragePool with dilations or ceil_mode is not supported")
    pool = _MEANS[len(kernel) - 1]
    sums = pool(functional.pad(call.x, pads), kernel, strides)
    if not any(pads) or call.whole("count_include_pad", 0):
        return sums
    counted = functional.pad(torch.ones_like(call.x[:1, :1]), pads)
    return sums / pool(counted, kernel, strides)


def _batch_norm(call: Call) -> Tensor:
    scale, bias, mean, variance = (call.tensor(place) for place in range(1, 5))
    momentum = 1 - call.number("momentum", 0.9)  # the share of the old here, of the new in torch
    eps = call.number("epsilon", 1e-5)
    return functional.batch_norm(call.x, mean, variance, scale, bias, call.training, momentum, eps)


def _layer_norm(call: Call) -> Tensor:
    axis, scale, bias = call.whole("axis", -1), call.tensor(1), call.maybe(2)
    shape = list(call.x.shape[axis % call.x.ndim :])
    scale, bias = scale.expand(shape), None if bias is None else bias.expand(shape)
    return functional.layer_norm(call.x, shape, scale, bias, call.number("epsilon", 1e-5))


def _instance_norm(call: Call) -> Tensor:
    eps = call.number("epsilon", 1e-5)
    return functional.instance_norm(call.x, weight=call.tensor(1), bias=call.tensor(2), eps=eps)


def _dropout(call: Call) -> Tensor:
    ratio = call.scalar(1, "ratio")
    return functional.dropout(call.x, 0.5 if ratio is None else ratio, call.training)


def _global(function: Callable[..., Tensor]) -> Operation:
    return lambda call: function(call.x, dim=list(range(2, call.x.ndim)), keepdim=True)


LAYERS: Mapping[str, Operation] = {
    "AveragePool": _average_pool,
    "BatchNormalization": _batch_norm,
    "Conv": _conv,
    "ConvTranspose": _conv_transpose,
    "Dropout": _dropout,
    "Einsum": _einsum,
    "Gemm": _gemm,
    "GlobalAveragePool": _global(torch.mean),
    "GlobalMaxPool": _global(torch.amax),
    "InstanceNormalization": _instance_norm,
    "LayerNormalization": _layer_norm,
    "MatMul": lambda call: call.x @ call.tensor(1),
    "MaxPool": _max_pool,
}
