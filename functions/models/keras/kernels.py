"""Rules for layers that slide a kernel, pool, or attend."""

from collections.abc import Mapping, Sequence
from math import prod

from functions.models.facts import Shape
from functions.models.keras.shapes import Config, Rule, join, known, slid, split, tuple_of


def _slid(config: Config, cells: Shape, sides: Sequence[int]) -> list[int | None]:
    given = config.get("strides")
    strides = tuple_of(sides if given is None else given, len(cells))
    dilations = tuple_of(config.get("dilation_rate", 1), len(cells))
    padding = config.get("padding", "valid")
    return [slid(*each, padding) for each in zip(cells, sides, strides, dilations, strict=True)]


def convolved(config: Config, inputs: Sequence[Shape]) -> tuple[list[Shape], int]:
    """A convolution, in groups perhaps."""
    cells, channels = split(config, inputs[0])
    sides, filters = tuple_of(config["kernel_size"], len(cells)), config["filters"]
    if known(channels) % config.get("groups", 1):
        raise ValueError("its channels cannot be divided into groups")
    parameters = prod(sides) * (known(channels) // config.get("groups", 1)) * filters
    shape = join(config, inputs[0][0], _slid(config, cells, sides), filters)
    return [shape], parameters + bool(config.get("use_bias", True)) * filters


def _spread(config: Config, inputs: Sequence[Shape]) -> tuple[list[Shape], int]:
    cells, channels = split(config, inputs[0])
    count, filters = len(cells), config["filters"]
    sides = tuple_of(config["kernel_size"], count)
    extra = config.get("output_padding")
    extras = (None,) * count if extra is None else tuple_of(extra, count)
    strides, dilations = tuple_of(config["strides"], count), tuple_of(config.get("dilation_rate", 1), count)
    same = config.get("padding") == "same"
    sizes = [_grown(*each, same=same) for each in zip(cells, sides, strides, dilations, extras, strict=True)]
    parameters = prod(sides) * known(channels) * filters + bool(config.get("use_bias", True)) * filters
    return [join(config, inputs[0][0], sizes, filters)], parameters


def _grown(size: int | None, kernel: int, stride: int, dilation: int, extra: int | None, *, same: bool) -> int | None:
    """Give the size that a transposed convolution spreads one axis to (``compute_conv_transpose_output_shape``)."""
    if size is None:
        return None
    wide = (kernel - 1) * dilation + 1
    if extra is None:
        return size * stride if same else size * stride + max(wide - stride, 0)
    return (size - 1) * stride + wide + extra - (2 * (wide // 2) if same else 0)


def _depthwise(config: Config, inputs: Sequence[Shape]) -> tuple[list[Shape], int]:
    cells, channels = split(config, inputs[0])
    sides, filters = tuple_of(config["kernel_size"], len(cells)), known(channels) * config["depth_multiplier"]
    shape = join(config, inputs[0][0], _slid(config, cells, sides), filters)
    return [shape], prod(sides) * filters + bool(config.get("use_bias", True)) * filters


def _separable(config: Config, inputs: Sequence[Shape]) -> tuple[list[Shape], int]:
    cells, channels = split(config, inputs[0])
    sides, filters = tuple_of(config["kernel_size"], len(cells)), config["filters"]
    between = known(channels) * config["depth_multiplier"]
    shape = join(config, inputs[0][0], _slid(config, cells, sides), filters)
    return [shape], prod(sides) * between + between * filters + bool(config.get("use_bias", True)) * filters


def _pooled(config: Config, inputs: Sequence[Shape]) -> tuple[list[Shape], int]:
    cells, channels = split(config, inputs[0])
    return [join(config, inputs[0][0], _slid(config, cells, tuple_of(config["pool_size"], len(cells))), channels)], 0


def _global(config: Config, inputs: Sequence[Shape]) -> tuple[list[Shape], int]:
    cells, channels = split(config, inputs[0])
    return [join(config, inputs[0][0], (1,) * len(cells) if config.get("keepdims") else (), channels)], 0


def _attention(config: Config, inputs: Sequence[Shape]) -> tuple[list[Shape], int]:
    extra = bool(config.get("use_scale")) + (config.get("score_mode") == "concat")
    return [(*inputs[0][:-1], inputs[1][-1])], extra


def _additive(config: Config, inputs: Sequence[Shape]) -> tuple[list[Shape], int]:
    return [(*inputs[0][:-1], inputs[1][-1])], bool(config.get("use_scale", True)) * known(inputs[0][-1])


def _heads(config: Config, inputs: Sequence[Shape]) -> tuple[list[Shape], int]:
    query, value = inputs[0], inputs[1]
    key = inputs[2] if len(inputs) > 2 else value
    heads, wide = config["num_heads"], config["key_dim"]
    deep = config.get("value_dim") or wide
    wanted = config.get("output_shape")
    out = (known(query[-1]),) if wanted is None else (wanted,) if isinstance(wanted, int) else tuple(wanted)
    bias = bool(config.get("use_bias", True))
    parameters = (known(query[-1]) + known(key[-1]) + 2 * bias) * heads * wide
    parameters += (known(value[-1]) + bias) * heads * deep + (heads * deep + bias) * prod(out)
    return [(*query[:-1], *out)], parameters


KERNELS: Mapping[str, Rule] = {
    **{f"Conv{n}D": convolved for n in (1, 2, 3)},
    **{f"Conv{n}DTranspose": _spread for n in (1, 2, 3)},
    **{f"DepthwiseConv{n}D": _depthwise for n in (1, 2)},
    **{f"SeparableConv{n}D": _separable for n in (1, 2)},
    **{f"{kind}Pooling{n}D": _pooled for kind in ("Max", "Average") for n in (1, 2, 3)},
    **{f"Global{kind}Pooling{n}D": _global for kind in ("Max", "Average") for n in (1, 2, 3)},
    "Attention": _attention,
    "AdditiveAttention": _additive,
    "MultiHeadAttention": _heads,
}
