"""What each kind of layer makes of its input: the output's shape and its number of parameters, as Keras computes them.

A rule takes the layer's configuration and the shapes of its inputs, batch first, and gives the outputs' shapes and the
parameters. It may fail in any way on inputs that do not fit; ``networks`` turns that into a refusal. An open size,
None, stays open.
"""

from collections.abc import Callable, Mapping, Sequence
from math import ceil, prod
from typing import Any

from functions.models.facts import Shape
from functions.models.keras.words import words

Config = Mapping[str, Any]
Rule = Callable[[Config, Sequence[Shape]], tuple[list[Shape], int]]


def same(_: Config, inputs: Sequence[Shape]) -> tuple[list[Shape], int]:
    """One output like the first input, no parameters."""
    return [inputs[0]], 0


def known(size: int | None) -> int:
    """Give a size that parameters depend on, which must not be open."""
    if size is None:
        raise ValueError("its number of parameters depends on an open size")
    return size


def tuple_of(value: int | Sequence[int], count: int) -> tuple[int, ...]:
    """Give ``count`` numbers from one for all, or from as many."""
    return (value,) * count if isinstance(value, int) else tuple(value)[:count]


def split(config: Config, shape: Shape) -> tuple[Shape, int | None]:
    """Give the sizes between batch and channels, and the channels."""
    return (shape[2:], shape[1]) if config.get("data_format") == "channels_first" else (shape[1:-1], shape[-1])


def join(config: Config, batch: int | None, cells: Sequence[int | None], channels: int | None) -> Shape:
    """Put a shape together again where its channels belong."""
    first = config.get("data_format") == "channels_first"
    return (batch, channels, *cells) if first else (batch, *cells, channels)


def slid(size: int | None, kernel: int, stride: int, dilation: int, padding: str) -> int | None:
    """Give how many places a sliding kernel has along one axis."""
    if size is None:
        return None
    return ceil((size if padding in ("same", "causal") else size - dilation * (kernel - 1)) / stride)


def _dense(config: Config, inputs: Sequence[Shape]) -> tuple[list[Shape], int]:
    units = config["units"]
    return [(*inputs[0][:-1], units)], known(inputs[0][-1]) * units + bool(config.get("use_bias", True)) * units


def _embedding(config: Config, inputs: Sequence[Shape]) -> tuple[list[Shape], int]:
    return [(*inputs[0], config["output_dim"])], config["input_dim"] * config["output_dim"]


def _sizes(shape: Shape, axis: int | Sequence[int] | None) -> int:
    return prod(known(shape[each]) for each in ([axis] if isinstance(axis, int) else axis or ()))


def _batch_norm(config: Config, inputs: Sequence[Shape]) -> tuple[list[Shape], int]:
    size = _sizes(inputs[0], config.get("axis", -1))
    each = bool(config.get("scale", True)) + bool(config.get("center", True)) + 2
    return [inputs[0]], size * (each + 2 * bool(config.get("renorm")))


def _norm(config: Config, inputs: Sequence[Shape]) -> tuple[list[Shape], int]:
    size = _sizes(inputs[0], config.get("axis", -1))
    whole = bool(config.get("rms_scaling"))
    scale, center = config.get("scale", True) or whole, config.get("center", True) and not whole
    return [inputs[0]], size * (bool(scale) + bool(center))


def _rms_norm(config: Config, inputs: Sequence[Shape]) -> tuple[list[Shape], int]:
    return [inputs[0]], _sizes(inputs[0], config.get("axis", -1))


def _normalization(config: Config, inputs: Sequence[Shape]) -> tuple[list[Shape], int]:
    if config.get("mean") is not None:
        return [inputs[0]], 0
    return [inputs[0]], 2 * _sizes(inputs[0], config.get("axis", -1)) + 1


def _prelu(config: Config, inputs: Sequence[Shape]) -> tuple[list[Shape], int]:
    shared = config.get("shared_axes") or ()
    return [inputs[0]], prod(1 if at in shared else known(size) for at, size in enumerate(inputs[0]) if at)


def _flatten(_: Config, inputs: Sequence[Shape]) -> tuple[list[Shape], int]:
    cells = inputs[0][1:]
    return [(inputs[0][0], None if None in cells else prod(known(each) for each in cells))], 0


def _reshape(config: Config, inputs: Sequence[Shape]) -> tuple[list[Shape], int]:
    wanted, cells = list(config["target_shape"]), inputs[0][1:]
    if -1 in wanted:
        rest = prod(each for each in wanted if each != -1)
        whole = None if None in cells else prod(known(each) for each in cells)
        wanted[wanted.index(-1)] = None if whole is None else whole // rest
    return [(inputs[0][0], *wanted)], 0


def _permute(config: Config, inputs: Sequence[Shape]) -> tuple[list[Shape], int]:
    return [(inputs[0][0], *(inputs[0][each] for each in config["dims"]))], 0


def _repeat(config: Config, inputs: Sequence[Shape]) -> tuple[list[Shape], int]:
    return [(inputs[0][0], config["n"], inputs[0][1])], 0


def _pairs(value: Any, count: int) -> list[tuple[int, int]]:  # noqa: ANN401 - as it stands in the file
    """Give what is added or cut at both ends of each axis."""
    if isinstance(value, int):
        return [(value, value)] * count
    if count == 1:
        return [(value[0], value[1])]
    return [(each, each) if isinstance(each, int) else (each[0], each[1]) for each in value]


def _scale(config: Config, inputs: Sequence[Shape]) -> tuple[list[Shape], int]:
    return [inputs[0]], config["projection_dim"]


def _padded(key: str, sign: int) -> Rule:
    def rule(config: Config, inputs: Sequence[Shape]) -> tuple[list[Shape], int]:
        cells, channels = split(config, inputs[0])
        sizes = [
            None if size is None else size + sign * (before + after)
            for size, (before, after) in zip(cells, _pairs(config[key], len(cells)), strict=True)
        ]
        return [join(config, inputs[0][0], sizes, channels)], 0

    return rule


def _upsampled(config: Config, inputs: Sequence[Shape]) -> tuple[list[Shape], int]:
    cells, channels = split(config, inputs[0])
    factors = tuple_of(config["size"], len(cells))
    sizes = [None if size is None else size * by for size, by in zip(cells, factors, strict=True)]
    return [join(config, inputs[0][0], sizes, channels)], 0


def _resized(config: Config, inputs: Sequence[Shape]) -> tuple[list[Shape], int]:
    cells, channels = split(config, inputs[0])
    if len(cells) != 2:
        raise ValueError("pictures have two sides")
    return [join(config, inputs[0][0], (config["height"], config["width"]), channels)], 0


def _encoded(config: Config, inputs: Sequence[Shape]) -> tuple[list[Shape], int]:
    if config.get("output_mode") == "one_hot" and inputs[0][-1] != 1:
        return [(*inputs[0], config["num_tokens"])], 0
    return [(*inputs[0][:-1], config["num_tokens"])], 0


def broadcast(_: Config, inputs: Sequence[Shape]) -> tuple[list[Shape], int]:
    """One output as wide as the widest input along each axis, aligned at the last."""
    rank = max(len(each) for each in inputs)
    wide = [(1,) * (rank - len(each)) + tuple(each) for each in inputs]
    return [
        tuple(None if None in sizes else max(known(size) for size in sizes) for sizes in zip(*wide, strict=True))
    ], 0


def _concatenated(config: Config, inputs: Sequence[Shape]) -> tuple[list[Shape], int]:
    axis = config.get("axis", -1)
    if not -len(inputs[0]) <= axis < len(inputs[0]):
        raise ValueError(f"axis {axis} of {len(inputs[0])}")
    axis %= len(inputs[0])
    sizes = [each[axis] for each in inputs]
    total = None if None in sizes else sum(known(size) for size in sizes)
    return [(*inputs[0][:axis], total, *inputs[0][axis + 1 :])], 0


def _dot(config: Config, inputs: Sequence[Shape]) -> tuple[list[Shape], int]:
    left, right = list(inputs[0]), list(inputs[1])
    axes = config["axes"]
    pair = [axes % len(left), axes % len(right)] if isinstance(axes, int) else axes
    left.pop(pair[0])
    right.pop(pair[1])
    return [(*left, *right[1:]) if len(left) + len(right) > 2 else (left[0], 1)], 0


def _reduced(config: Config, inputs: Sequence[Shape]) -> tuple[list[Shape], int]:
    shape, axis = inputs[0], config.get("axis")
    axes = range(len(shape)) if axis is None else [axis] if isinstance(axis, int) else axis
    gone = {each % len(shape) for each in axes}
    if config.get("keepdims"):
        return [tuple(1 if at in gone else size for at, size in enumerate(shape))], 0
    return [tuple(size for at, size in enumerate(shape) if at not in gone)], 0


SHAPES: Mapping[str, Rule] = {
    **dict.fromkeys(
        words("""Activation ReLU LeakyReLU ELU Softmax Identity Masking ActivityRegularization UnitNormalization
        Rescaling RandomFlip RandomRotation RandomZoom RandomTranslation RandomContrast RandomBrightness Dropout
        AlphaDropout GaussianDropout GaussianNoise SpatialDropout1D SpatialDropout2D SpatialDropout3D"""),
        same,
    ),
    **dict.fromkeys(words("Add Subtract Multiply Average Maximum Minimum"), broadcast),
    **dict.fromkeys(words("Resizing CenterCrop RandomCrop"), _resized),
    **{f"{kind}{n}D": rule for n in (1, 2, 3) for kind, rule in (
        ("Cropping", _padded("cropping", -1)), ("ZeroPadding", _padded("padding", 1)), ("UpSampling", _upsampled),
    )},
    "Dense": _dense, "Embedding": _embedding, "PReLU": _prelu, "BatchNormalization": _batch_norm,
    "LayerNormalization": _norm, "GroupNormalization": _norm, "RMSNormalization": _rms_norm,
    "Normalization": _normalization, "Flatten": _flatten, "Reshape": _reshape, "Permute": _permute,
    "RepeatVector": _repeat, "LayerScale": _scale, "CustomScaleLayer": broadcast, "StochasticDepth": same,
    "CategoryEncoding": _encoded, "Concatenate": _concatenated, "Dot": _dot,
}  # fmt: skip
"""Rules of the classes in ``keras.layers`` that neither slide, attend nor step through time."""
REDUCED = _reduced
