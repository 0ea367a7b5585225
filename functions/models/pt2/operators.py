"""The ATen operators that an exported program may use: arithmetic on tensors; none reads files, draws, or calls out.

``<operator>.<overload>`` as ``torch.export`` writes them after ``torch.ops.aten.``. ATen has operators that open files
(``from_file``) or take memory as it comes (``empty``, ``set_``), so that the namespace alone says too little.
"""

from collections.abc import Mapping

PREFIX = "torch.ops.aten."
ATEN = frozenset(
    """_log_softmax.default _softmax.default abs.default adaptive_avg_pool1d.default adaptive_avg_pool2d.default
    adaptive_max_pool2d.default add.Scalar add.Tensor add_.Tensor addmm.default alias.default amax.default
    amin.default arange.default arange.start arange.start_step argmax.default avg_pool1d.default avg_pool2d.default
    batch_norm.default bmm.default cat.default ceil.default celu.default chunk.default clamp.Tensor clamp.default
    clamp_max.default clamp_min.default clone.default constant_pad_nd.default contiguous.default conv1d.default
    conv1d.padding conv2d.default conv2d.padding conv_transpose1d.default conv_transpose2d.input cos.default
    cumsum.default detach.default detach_.default div.Scalar div.Tensor div.Tensor_mode div_.Tensor dropout.default
    dropout_.default einsum.default elu.default elu_.default embedding.default eq.Scalar eq.Tensor erf.default
    exp.default expand.default expand_as.default expm1.default feature_dropout.default flatten.using_ints
    flip.default floor.default floor_divide.default full.default gather.default ge.Scalar ge.Tensor gelu.default
    glu.default group_norm.default gru.input gt.Scalar gt.Tensor hardsigmoid.default hardswish.default
    hardswish_.default hardtanh.default hardtanh_.default index_select.default instance_norm.default
    layer_norm.default le.Scalar le.Tensor leaky_relu.default leaky_relu_.default lift_fresh_copy.default
    linear.default log.default log1p.default log_sigmoid.default log_softmax.int logical_and.default
    logical_not.default lstm.input lt.Scalar lt.Tensor masked_fill.Scalar matmul.default max.dim max_pool1d.default
    max_pool2d.default maximum.default mean.default mean.dim min.dim minimum.default mish.default mm.default
    movedim.int mul.Scalar mul.Tensor mul_.Tensor narrow.default ne.Scalar ne.Tensor neg.default ones.default
    ones_like.default pad.default permute.default pow.Tensor_Scalar pow.Tensor_Tensor prelu.default
    reciprocal.default relu.default relu6.default relu_.default repeat.default reshape.default rms_norm.default
    rsqrt.default rsub.Scalar scaled_dot_product_attention.default select.int selu.default sigmoid.default
    sigmoid_.default sign.default silu.default silu_.default sin.default slice.Tensor softmax.int softplus.default
    split.Tensor split_with_sizes.default sqrt.default squeeze.default squeeze.dim squeeze.dims stack.default
    sub.Scalar sub.Tensor sub_.Tensor sum.default sum.dim_IntList swapaxes.default t.default tanh.default
    tanh_.default to.dtype to.dtype_layout transpose.int tril.default triu.default type_as.default unbind.int
    unflatten.int unsqueeze.default upsample_bilinear2d.vec upsample_nearest2d.vec var.correction var.dim
    view.default where.self zeros.default zeros_like.default
    sym_size.int""".split()  # noqa: SIM905 - a list of words
)
SIZES = frozenset(("_operator.add", "_operator.sub", "_operator.mul", "_operator.floordiv"))
"""Arithmetic on sizes."""
MAKING: Mapping[str, str] = {
    "zeros": "size", "ones": "size", "full": "size", "expand": "size", "repeat": "repeats", "arange": "end",
    "constant_pad_nd": "pad", "pad": "pad", "view": "size", "reshape": "shape", "upsample_bilinear2d": "output_size",
    "upsample_nearest2d": "output_size", "adaptive_avg_pool1d": "output_size", "adaptive_avg_pool2d": "output_size",
    "adaptive_max_pool2d": "output_size", "conv_transpose1d": "stride", "conv_transpose2d": "stride",
}  # fmt: skip
"""Which argument of an operator says how large its output becomes."""
