"""Operators of ONNX that move numbers or reduce axes."""

from collections.abc import Callable, Mapping

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from functions.train_on_upload.trainer.backends.torch.onnx.call import Call, Operation


def _reshape(call: Call) -> Tensor:
    wanted = call.listed(1, "shape") or []
    if not call.whole("allowzero", 0):
        wanted = [call.x.shape[place] if size == 0 else size for place, size in enumerate(wanted)]
    return call.x.reshape(wanted)


def _flatten(call: Call) -> Tensor:
    axis = call.whole("axis", 1)
    axis = axis + call.x.ndim if axis < 0 else axis
    return call.x.reshape(int(torch.tensor(call.x.shape[:axis]).prod()) if axis else 1, -1)


def _transpose(call: Call) -> Tensor:
    return call.x.permute(call.wholes("perm") or list(range(call.x.ndim))[::-1])


def _squeeze(call: Call) -> Tensor:
    axes = call.listed(1, "axes")
    return call.x.squeeze() if axes is None else call.x.squeeze(tuple(axes))


def _unsqueeze(call: Call) -> Tensor:
    axes, out = call.listed(1, "axes") or [], call.x
    for axis in sorted(axis % (call.x.ndim + len(axes)) for axis in axes):
        out = out.unsqueeze(axis)
    return out


def _concat(call: Call) -> Tensor:
    return torch.cat([call.tensor(place) for place in range(len(call.given))], dim=call.whole("axis", 0))


def _split(call: Call) -> tuple[Tensor, ...]:
    axis, parts = call.whole("axis", 0), call.listed(1, "split")
    if parts is None:
        size, many = call.x.shape[axis], len(call.node.outputs)
        return torch.split(call.x, -(-size // many), dim=axis)
    return torch.split(call.x, parts, dim=axis)


def _slice(call: Call) -> Tensor:
    starts, ends = call.listed(1, "starts") or [], call.listed(2, "ends") or []
    axes = call.listed(3, "axes") or list(range(len(starts)))
    steps = call.listed(4, "steps") or [1] * len(starts)
    out = call.x
    for start, end, axis, step in zip(starts, ends, axes, steps, strict=True):
        places = range(out.shape[axis])[start:end:step]
        out = out.index_select(axis, torch.tensor(list(places), dtype=torch.int64))
    return out


def _gather(call: Call) -> Tensor:
    axis, indices = call.whole("axis", 0) % call.x.ndim, call.tensor(1).long()
    indices = torch.where(indices < 0, indices + call.x.shape[axis], indices)
    if axis == 0 and call.x.ndim == 2:
        return functional.embedding(indices, call.x)
    picked = call.x.index_select(axis, indices.reshape(-1))
    return picked.reshape(*call.x.shape[:axis], *indices.shape, *call.x.shape[axis + 1 :])


def _pad(call: Call) -> Tensor:
    pads, axes = call.listed(1, "pads") or [], call.listed(3, "axes")
    mode = {"constant": "constant", "reflect": "reflect", "edge": "replicate"}.get(call.text("mode", "constant"))
    if mode is None or axes is not None:
        raise ValueError("Pad takes the modes constant, reflect and edge, over all axes")
    before, after = pads[: call.x.ndim], pads[call.x.ndim :]
    flat = [each for pair in zip(before[::-1], after[::-1], strict=True) for each in pair]
    if mode == "constant":
        return functional.pad(call.x, flat, value=call.scalar(2, "value") or 0.0)
    while flat and flat[-2:] == [0, 0]:  # torch pads the last axes only in these modes
        flat = flat[:-2]
    return functional.pad(call.x, flat, mode=mode)


def _filled(call: Call) -> Tensor:
    value = call.node.attributes.get("value", torch.zeros(1))
    if not isinstance(value, Tensor):
        raise ValueError("the value of ConstantOfShape is not a tensor")
    return value.reshape(()).expand([int(each) for each in call.x.tolist()]).clone()


def _expand(call: Call) -> Tensor:
    wanted = tuple(int(each) for each in call.tensor(1).tolist())
    return call.x.expand(np.broadcast_shapes(tuple(call.x.shape), wanted))


def _shape(call: Call) -> Tensor:
    end = call.node.attributes.get("end")
    return torch.tensor(call.x.shape[call.whole("start", 0) : None if end is None else call.whole("end", 0)])


def _constant(call: Call) -> Tensor:
    for name, value in call.node.attributes.items():
        if isinstance(value, Tensor):
            return value
        if name.startswith("value_"):
            return torch.tensor(value, dtype=torch.float32 if "float" in name else torch.int64)
    raise ValueError("a Constant has no value")


def _range(call: Call) -> Tensor:
    start, end, step = (call.tensor(place).item() for place in range(3))
    return torch.arange(start, end, step, dtype=call.x.dtype)


def _triangle(call: Call) -> Tensor:
    given = call.maybe(1)
    places = 0 if given is None else int(given.item())
    return torch.triu(call.x, places) if call.whole("upper", 1) else torch.tril(call.x, places)


def _reduced(function: Callable[..., Tensor]) -> Operation:
    def reduce(call: Call) -> Tensor:
        axes = call.listed(1, "axes")
        if not axes:
            if call.whole("noop_with_empty_axes", 0):
                return call.x
            axes = list(range(call.x.ndim))
        return function(call.x, dim=axes, keepdim=bool(call.whole("keepdims", 1)))

    return reduce


def _product(x: Tensor, *, dim: list[int], keepdim: bool) -> Tensor:
    for axis in sorted((each % x.ndim for each in dim), reverse=True):
        x = x.prod(dim=axis, keepdim=keepdim)
    return x


SHAPES: Mapping[str, Operation] = {
    "Concat": _concat,
    "Constant": _constant,
    "ConstantOfShape": _filled,
    "Expand": _expand,
    "Flatten": _flatten,
    "Gather": _gather,
    "Pad": _pad,
    "Range": _range,
    "ReduceL2": _reduced(torch.linalg.vector_norm),
    "ReduceMax": _reduced(torch.amax),
    "ReduceMean": _reduced(torch.mean),
    "ReduceMin": _reduced(torch.amin),
    "ReduceProd": _reduced(_product),
    "ReduceSum": _reduced(torch.sum),
    "Reshape": _reshape,
    "Shape": _shape,
    "Slice": _slice,
    "Split": _split,
    "Squeeze": _squeeze,
    "Tile": lambda call: call.x.repeat(call.listed(1, "repeats") or []),
    "Transpose": _transpose,
    "Trilu": _triangle,
    "Unsqueeze": _unsqueeze,
}
