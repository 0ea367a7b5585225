"""Which operators of the standard domain a graph may use, and which sizes they can be asked to make.

Left out of ``ai.onnx`` on purpose: ``If``, ``Loop``, ``Scan`` and ``SequenceMap``, which hold graphs; sequences and
optionals; texts; ``ImageDecoder``, which parses pictures.
"""

from collections.abc import Mapping, Sequence
from math import prod

from functions.models.facts import ModelLimits, ModelRefused

OPERATORS = frozenset(
    """Abs Acos Acosh Add AffineGrid And ArgMax ArgMin Asin Asinh Atan Atanh Attention AveragePool BatchNormalization
    Bernoulli BitShift BitwiseAnd BitwiseNot BitwiseOr BitwiseXor BlackmanWindow Cast CastLike Ceil Celu CenterCropPad
    Clip Col2Im Compress Concat Constant ConstantOfShape Conv ConvInteger ConvTranspose Cos Cosh CumProd CumSum DFT
    DeformConv DepthToSpace DequantizeLinear Det Div Dropout DynamicQuantizeLinear Einsum Elu Equal Erf Exp Expand
    EyeLike Flatten Floor GRU Gather GatherElements GatherND Gelu Gemm GlobalAveragePool GlobalLpPool GlobalMaxPool
    Greater GreaterOrEqual GridSample GroupNormalization HammingWindow HannWindow HardSigmoid HardSwish Hardmax Identity
    InstanceNormalization IsInf IsNaN LRN LSTM LayerNormalization LeakyRelu Less LessOrEqual Log LogSoftmax
    LpNormalization LpPool MatMul MatMulInteger Max MaxPool MaxRoiPool MaxUnpool Mean MeanVarianceNormalization
    MelWeightMatrix Min Mish Mod Mul Multinomial Neg NegativeLogLikelihoodLoss NonMaxSuppression NonZero Not OneHot Or
    PRelu Pad Pow QLinearConv QLinearMatMul QuantizeLinear RMSNormalization RNN RandomNormal RandomNormalLike
    RandomUniform RandomUniformLike Range Reciprocal ReduceL1 ReduceL2 ReduceLogSum ReduceLogSumExp ReduceMax ReduceMean
    ReduceMin ReduceProd ReduceSum ReduceSumSquare Relu Reshape Resize ReverseSequence RoiAlign RotaryEmbedding Round
    STFT Scatter ScatterElements ScatterND Selu Shape Shrink Sigmoid Sign Sin Sinh Size Slice Softmax
    SoftmaxCrossEntropyLoss Softplus Softsign SpaceToDepth Split Sqrt Squeeze Sub Sum Swish Tan Tanh ThresholdedRelu
    Tile TopK Transpose Trilu Unique Unsqueeze Upsample Where Xor""".split()  # noqa: SIM905 - a list of words
)
SIZING: Mapping[str, tuple[int, ...]] = {
    "ConstantOfShape": (0,), "Expand": (1,), "Tile": (1,), "OneHot": (1,), "Resize": (2, 3), "Upsample": (1,),
    "Pad": (1,), "Range": (0, 1), "CenterCropPad": (1,), "Reshape": (1,), "BlackmanWindow": (0,), "HannWindow": (0,),
    "HammingWindow": (0,), "MelWeightMatrix": (0, 1), "Col2Im": (1,), "MaxUnpool": (2,), "AffineGrid": (1,),
}  # fmt: skip
"""Inputs by place whose numbers say how large an output becomes."""
SCALES = {"Resize": 2, "Upsample": 1}
MAX_SCALE = 1 << 12
LARGE = {
    "shape", "size", "sizes", "pads", "kernel_shape", "strides", "dilations", "output_shape", "output_padding",
    "repeats", "hidden_size", "scales", "num_groups", "group", "sample_size",
}  # fmt: skip
"""Attributes whose numbers do."""


def check_sizes(operator: str, known: Mapping[int, Sequence[float]], at: str, limits: ModelLimits) -> None:
    """Refuse an operator whose constant inputs, by place, ask for an output beyond the limits."""
    for index in SIZING.get(operator, ()):
        wanted = prod(max(abs(each), 1) for each in known.get(index, ()))
        scales = index == SCALES.get(operator)
        if not wanted <= (MAX_SCALE if scales else limits.max_values):
            raise ModelRefused("E_TOO_LARGE", f"{operator} is asked to make {wanted:.0f} numbers or more", where=at)


def check_attribute(name: str, numbers: Sequence[int], at: str, limits: ModelLimits) -> None:
    """Refuse an attribute that asks for sizes beyond the limits."""
    if name in LARGE and any(abs(each) > limits.max_units for each in numbers):
        raise ModelRefused("E_TOO_LARGE", f"{name} is {list(numbers)[:8]}", where=at)
    if name == "shape" and prod(max(abs(each), 1) for each in numbers) > limits.max_values:
        raise ModelRefused("E_TOO_LARGE", f"{name} is {list(numbers)[:8]}", where=at)
