"""The ATen operators that an exported program may use: arithmetic on tensors, nothing that draws, writes or calls out.

Names are ``<operator>.<overload>`` as ``torch.export`` writes them after ``torch.ops.aten.``.
"""

from collections.abc import Callable, Mapping
from typing import Any

import torch

_ARITHMETIC = """
abs.default add.Tensor add.Scalar add_.Tensor addmm.default bmm.default ceil.default clamp.default clamp.Tensor
clamp_min.default clamp_max.default cos.default div.Tensor div.Scalar div.Tensor_mode div_.Tensor einsum.default
eq.Scalar eq.Tensor erf.default exp.default expm1.default floor.default floor_divide.default ge.Scalar ge.Tensor
gt.Scalar gt.Tensor le.Scalar le.Tensor linear.default log.default log1p.default logical_and.default
logical_not.default lt.Scalar lt.Tensor masked_fill.Scalar matmul.default maximum.default minimum.default mm.default
mul.Tensor mul.Scalar mul_.Tensor ne.Scalar ne.Tensor neg.default pow.Tensor_Scalar pow.Tensor_Tensor
reciprocal.default rsqrt.default rsub.Scalar sign.default sin.default sqrt.default sub.Tensor sub.Scalar sub_.Tensor
tril.default triu.default where.self
"""
_ACTIVATIONS = """
celu.default elu.default elu_.default gelu.default glu.default hardsigmoid.default hardswish.default
hardswish_.default hardtanh.default hardtanh_.default leaky_relu.default leaky_relu_.default log_sigmoid.default
log_softmax.int _log_softmax.default mish.default prelu.default relu.default relu_.default relu6.default
selu.default sigmoid.default sigmoid_.default silu.default silu_.default softmax.int _softmax.default
softplus.default tanh.default tanh_.default
"""
_LAYERS = """
adaptive_avg_pool1d.default adaptive_avg_pool2d.default adaptive_max_pool2d.default avg_pool1d.default
avg_pool2d.default batch_norm.default conv1d.default conv1d.padding conv2d.default conv2d.padding
conv_transpose1d.default conv_transpose2d.input dropout.default dropout_.default embedding.default
feature_dropout.default group_norm.default gru.input instance_norm.default layer_norm.default lstm.input
max_pool1d.default max_pool2d.default rms_norm.default scaled_dot_product_attention.default
upsample_bilinear2d.vec upsample_nearest2d.vec
"""
_SHAPES = """
alias.default amax.default amin.default arange.default arange.start arange.start_step argmax.default cat.default
chunk.default clone.default constant_pad_nd.default contiguous.default cumsum.default detach.default
detach_.default expand.default expand_as.default flatten.using_ints flip.default full.default gather.default
index_select.default lift_fresh_copy.default max.dim mean.default mean.dim min.dim movedim.int narrow.default
ones.default ones_like.default pad.default permute.default repeat.default reshape.default select.int slice.Tensor
split.Tensor split_with_sizes.default squeeze.default squeeze.dim squeeze.dims stack.default sum.default
sum.dim_IntList swapaxes.default t.default to.dtype to.dtype_layout transpose.int type_as.default unbind.int
unflatten.int unsqueeze.default var.correction var.dim view.default zeros.default zeros_like.default
"""

ATEN = frozenset(f"{_ARITHMETIC} {_ACTIVATIONS} {_LAYERS} {_SHAPES}".split())
SIZES: Mapping[str, Callable[..., Any]] = {
    "_operator.add": lambda a, b: a + b,
    "_operator.sub": lambda a, b: a - b,
    "_operator.mul": lambda a, b: a * b,
    "_operator.floordiv": lambda a, b: a // b,
}
"""Arithmetic on sizes, which are whole numbers."""

MODES: Mapping[str, str] = {
    "batch_norm.default": "training",
    "dropout.default": "train",
    "dropout_.default": "train",
    "feature_dropout.default": "train",
    "gru.input": "train",
    "lstm.input": "train",
}
"""Arguments that say whether the model is in training: an export has the mode of its moment, training sets it anew."""

TYPES: Mapping[int, torch.dtype] = {
    1: torch.uint8,
    2: torch.int8,
    3: torch.int16,
    4: torch.int32,
    5: torch.int64,
    7: torch.float32,
    8: torch.float64,
    12: torch.bool,
}
"""``ScalarType`` of the program's schema (torch/_export/serde/schema.py) -> torch."""


def callee(target: str) -> Callable[..., Any] | None:
    """What a node's target stands for; None when it is not allowed."""
    if target in SIZES:
        return SIZES[target]
    name = target.removeprefix("torch.ops.aten.")
    if name == "sym_size.int":
        return lambda self, dim: self.shape[dim]
    if name == target or name not in ATEN:
        return None
    operator, _, overload = name.partition(".")
    return getattr(getattr(torch.ops.aten, operator), overload)  # type: ignore[no-any-return]
