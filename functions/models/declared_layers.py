"""The kinds of layer that a network can be declared with: fields and tensors are named as ``torch.nn`` names them."""

from collections.abc import Mapping
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

Size = Annotated[int, Field(strict=True, ge=1, le=65_536)]
Pair = Size | tuple[Size, Size]
Padding = Annotated[int, Field(strict=True, ge=0, le=1024)]
PaddingPair = Padding | tuple[Padding, Padding]
Share = Annotated[float, Field(ge=0, lt=1)]
Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9_]{1,64}(\.[A-Za-z0-9_]{1,64}){0,7}$")]


class Declared(BaseModel):
    """Base of every layer; ``tensors`` gives the shapes of its parameters, without running counts."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    kind: str
    name: Name | None = Field(default=None, description="What its tensors' names begin with.")

    def tensors(self) -> Mapping[str, tuple[int, ...]]:
        """Its trainable tensors: name -> shape."""
        return {}


class Linear(Declared):
    """``y = x W^T + b`` over the last axis."""

    kind: Literal["linear"]
    in_features: Size
    out_features: Size
    bias: bool = True

    def tensors(self) -> Mapping[str, tuple[int, ...]]:
        """``weight`` (out, in) and ``bias`` (out,)."""
        return {"weight": (self.out_features, self.in_features)} | ({"bias": (self.out_features,)} if self.bias else {})


class Conv(Declared):
    """A convolution over (channels, length) or (channels, height, width)."""

    kind: Literal["conv1d", "conv2d"]
    in_channels: Size
    out_channels: Size
    kernel_size: Pair
    stride: Pair = 1
    padding: PaddingPair | Literal["same", "valid"] = 0
    dilation: Pair = 1
    groups: Size = 1
    bias: bool = True

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.in_channels % self.groups or self.out_channels % self.groups:
            raise ValueError(f"in_channels and out_channels must be multiples of groups, {self.groups}")
        if self.padding == "same" and self.stride not in {1, (1, 1)}:
            raise ValueError("padding same goes with stride 1 only")
        pairs = (self.kernel_size, self.stride, self.padding, self.dilation)
        if self.kind == "conv1d" and any(isinstance(each, tuple) for each in pairs):
            raise ValueError("conv1d takes single numbers, not pairs")
        return self

    def tensors(self) -> Mapping[str, tuple[int, ...]]:
        """``weight`` (out, in/groups, kernel...) and ``bias`` (out,)."""
        kernel = self.kernel_size if isinstance(self.kernel_size, tuple) else (self.kernel_size,) * int(self.kind[4])
        weight = (self.out_channels, self.in_channels // self.groups, *kernel)
        return {"weight": weight} | ({"bias": (self.out_channels,)} if self.bias else {})


class Activation(Declared):
    """A function of each number alone."""

    kind: Literal["relu", "gelu", "sigmoid", "tanh", "silu", "elu", "leaky_relu"]


class Softmax(Declared):
    """Probabilities, or their logarithms, over the last axis."""

    kind: Literal["softmax", "log_softmax"]


class Pool(Declared):
    """The greatest or the mean of each window; ``stride`` is the window's size when not given."""

    kind: Literal["maxpool1d", "maxpool2d", "avgpool1d", "avgpool2d"]
    kernel_size: Pair
    stride: Pair | None = None
    padding: PaddingPair = 0

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.kind.endswith("1d") and any(
            isinstance(e, tuple) for e in (self.kernel_size, self.stride, self.padding)
        ):
            raise ValueError(f"{self.kind} takes single numbers, not pairs")
        return self


class GlobalPool(Declared):
    """The mean over all positions of each channel: (channels, ...) becomes (channels,)."""

    kind: Literal["global_avgpool"]


class BatchNorm(Declared):
    """Normalisation over the batch, with running mean and variance."""

    kind: Literal["batchnorm1d", "batchnorm2d"]
    num_features: Size
    eps: float = Field(default=1e-5, gt=0, le=1)
    momentum: float = Field(default=0.1, ge=0, le=1)

    def tensors(self) -> Mapping[str, tuple[int, ...]]:
        """``weight`` and ``bias``, (features,) each."""
        return {"weight": (self.num_features,), "bias": (self.num_features,)}


class LayerNorm(Declared):
    """Normalisation over the last axis of each row."""

    kind: Literal["layernorm"]
    normalized_shape: Size
    eps: float = Field(default=1e-5, gt=0, le=1)

    def tensors(self) -> Mapping[str, tuple[int, ...]]:
        """``weight`` and ``bias``, (features,) each."""
        return {"weight": (self.normalized_shape,), "bias": (self.normalized_shape,)}


class Dropout(Declared):
    """Zeroes a share ``p`` of the numbers while it trains."""

    kind: Literal["dropout"]
    p: Share = 0.5


class Flatten(Declared):
    """All axes of a row become one."""

    kind: Literal["flatten"]


class Permute(Declared):
    """A row's axes in another order, counted from 0 without the batch: ``[2, 0, 1]`` puts channels first."""

    kind: Literal["permute"]
    dims: tuple[Annotated[int, Field(ge=0, le=4)], ...] = Field(min_length=2, max_length=5)

    @model_validator(mode="after")
    def _is_an_order(self) -> Self:
        if sorted(self.dims) != list(range(len(self.dims))):
            raise ValueError(f"dims must have each of 0 to {len(self.dims) - 1} once")
        return self


class Unflatten(Declared):
    """A row's numbers in another shape of the same size."""

    kind: Literal["unflatten"]
    shape: tuple[Size, ...] = Field(min_length=1, max_length=5)


class Recurrent(Declared):
    """An LSTM or GRU over rows of (time, features); gives its last step's outputs, or all of them."""

    kind: Literal["lstm", "gru"]
    input_size: Size
    hidden_size: Size
    num_layers: int = Field(default=1, ge=1, le=16)
    bidirectional: bool = False
    returns: Literal["last", "sequence"] = "last"

    def tensors(self) -> Mapping[str, tuple[int, ...]]:
        """``weight_ih_l0`` and so on, as ``torch.nn.LSTM`` has them."""
        gates = {"lstm": 4, "gru": 3}[self.kind] * self.hidden_size
        ways = ("", "_reverse") if self.bidirectional else ("",)
        found: dict[str, tuple[int, ...]] = {}
        for level in range(self.num_layers):
            features = self.hidden_size * len(ways) if level else self.input_size
            for way in ways:
                found[f"weight_ih_l{level}{way}"] = (gates, features)
                found[f"weight_hh_l{level}{way}"] = (gates, self.hidden_size)
                found |= {f"bias_{part}_l{level}{way}": (gates,) for part in ("ih", "hh")}
        return found


class Embedding(Declared):
    """A vector for each whole number 0 to ``num_embeddings`` - 1."""

    kind: Literal["embedding"]
    num_embeddings: int = Field(ge=1, le=10_000_000)
    embedding_dim: Size

    def tensors(self) -> Mapping[str, tuple[int, ...]]:
        """``weight`` (numbers, vector)."""
        return {"weight": (self.num_embeddings, self.embedding_dim)}
