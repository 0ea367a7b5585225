"""A declared architecture as a module, with the weights of a ``.safetensors`` file in it."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor, nn

from functions.models import declared_layers as layers
from functions.models.architecture import Architecture, Residual
from functions.models.declared_layers import Declared
from functions.runtime.errors import Rejected
from functions.runtime.settings import nearest
from functions.train_on_upload.trainer.backends.torch.network import Head, Network, descend

_HEADS: Mapping[str, Head] = {"sigmoid": "sigmoid", "softmax": "softmax", "log_softmax": "log_softmax"}
_SIMPLE: Mapping[str, Callable[[], nn.Module]] = {
    "elu": nn.ELU,
    "flatten": nn.Flatten,
    "gelu": nn.GELU,
    "leaky_relu": nn.LeakyReLU,
    "log_softmax": lambda: nn.LogSoftmax(dim=-1),
    "relu": nn.ReLU,
    "sigmoid": nn.Sigmoid,
    "silu": nn.SiLU,
    "softmax": lambda: nn.Softmax(dim=-1),
    "tanh": nn.Tanh,
}
_POOLS: Mapping[str, Callable[..., nn.Module]] = {
    "maxpool1d": nn.MaxPool1d,
    "maxpool2d": nn.MaxPool2d,
    "avgpool1d": nn.AvgPool1d,
    "avgpool2d": nn.AvgPool2d,
}


class _Permute(nn.Module):
    def __init__(self, dims: Sequence[int]) -> None:
        super().__init__()
        self.dims = (0, *(each + 1 for each in dims))

    def forward(self, x: Tensor) -> Tensor:
        return x.permute(self.dims)


class _Mean(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return x.flatten(2).mean(-1)


class _Embedding(nn.Embedding):
    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x.long())


class _Chain(nn.Module):
    """Layers one after the other, each found under its declared name; the dots of a name are levels."""

    def __init__(self, given: Sequence[Declared]) -> None:
        super().__init__()
        self.order = tuple(_module(each) for each in given)
        for place, (layer, module) in enumerate(zip(given, self.order, strict=True)):
            *levels, last = (layer.name or str(place)).split(".")
            home: nn.Module = self
            for level in levels:
                home = descend(home, level)
            if last in home._modules:
                raise Rejected(f"layer {layer.name} has the name of a part of another layer")
            home._modules[last] = module

    def forward(self, x: Tensor) -> Tensor:
        for layer in self.order:
            x = layer(x)
        return x


class _Residual(nn.Module):
    def __init__(self, layer: Residual) -> None:
        super().__init__()
        self.body, self.shortcut = _Chain(layer.body), _Chain(layer.shortcut)

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.body(x) + self.shortcut(x)
        return out


class _Lstm(nn.LSTM):
    returns = "last"

    def forward(self, x: Tensor) -> Tensor:  # type: ignore[override]
        out, (hidden, _) = super().forward(x)
        return _ended(out, hidden, self)


class _Gru(nn.GRU):
    returns = "last"

    def forward(self, x: Tensor) -> Tensor:  # type: ignore[override]
        out, hidden = super().forward(x)
        return _ended(out, hidden, self)


def _ended(out: Tensor, hidden: Tensor, layer: _Lstm | _Gru) -> Tensor:
    """All steps' outputs, or those that each direction ends with, side by side."""
    if layer.returns == "sequence":
        return out
    return torch.cat(list(hidden[-2 if layer.bidirectional else -1 :]), dim=-1)


class DeclaredNetwork(Network):
    """The layers one after the other; tensors are named as the declaration names them."""

    def __init__(self, architecture: Architecture) -> None:
        super().__init__()
        self.body = _Chain(architecture.layers)
        self.head = _HEADS.get(architecture.layers[-1].kind, "none")

    def named(self) -> dict[str, Tensor]:
        """Every tensor that training changes, sorted by name."""
        return dict(sorted(self.body.state_dict(keep_vars=True).items()))

    def scores(self, x: Tensor) -> Tensor:
        """Run the layers up to the head."""
        for layer in self.body.order[: -1 if self.head != "none" else None]:
            x = layer(x)
        return x


def read(path: Path, architecture: Architecture) -> DeclaredNetwork:
    """Build the network and copy the file's tensors into it, by name and shape.

    Raises:
        Rejected: A tensor is missing, strange, or of another shape or type.
    """
    network = DeclaredNetwork(architecture)
    wanted = network.named()
    try:
        with safe_open(path, framework="pt") as file:
            names = set(file.keys())
            _check_names(path.name, names, wanted)
            for name in sorted(names):
                _copy(name, file.get_tensor(name), wanted[name])
    except SafetensorError as error:
        raise Rejected(f"{path.name} is not a safetensors file") from error
    return network


def _check_names(source: str, names: set[str], wanted: Mapping[str, Tensor]) -> None:
    strange = sorted(names - set(wanted))
    if strange:
        hint = "name the layers in the definition as the tensors begin"
        close = nearest(strange[0], wanted) or f"; it has {', '.join(list(wanted)[:6])}"
        raise Rejected(f"{source} has {strange[0]}, which the architecture has not{close}", hint=hint)
    missing = [name for name in wanted if name not in names and not name.endswith("num_batches_tracked")]
    if missing:
        raise Rejected(f"{source} has no {missing[0]}{nearest(missing[0], names)}", hint="the architecture declares it")


def _copy(name: str, found: Tensor, wanted: Tensor) -> None:
    if found.shape != wanted.shape or found.dtype != wanted.dtype:
        declared = f"{list(wanted.shape)} {wanted.dtype}".replace("torch.", "")
        raise Rejected(f"{name} is {list(found.shape)} {found.dtype}, declared {declared}".replace("torch.", ""))
    with torch.no_grad():
        wanted.copy_(found)


def _module(layer: Declared) -> nn.Module:
    if layer.kind in _SIMPLE:
        return _SIMPLE[layer.kind]()
    return _SIZED[type(layer)](layer)


def _linear(layer: layers.Linear) -> nn.Module:
    return nn.Linear(layer.in_features, layer.out_features, bias=layer.bias)


def _conv(layer: layers.Conv) -> nn.Module:
    kind = nn.Conv1d if layer.kind == "conv1d" else nn.Conv2d
    rest = layer.model_dump(exclude={"kind", "name"})
    return kind(**rest)


def _pool(layer: layers.Pool) -> nn.Module:
    return _POOLS[layer.kind](layer.kernel_size, layer.stride, layer.padding)


def _batch_norm(layer: layers.BatchNorm) -> nn.Module:
    kind = nn.BatchNorm1d if layer.kind == "batchnorm1d" else nn.BatchNorm2d
    return kind(layer.num_features, eps=layer.eps, momentum=layer.momentum)


def _recurrent(layer: layers.Recurrent) -> nn.Module:
    kind = _Lstm if layer.kind == "lstm" else _Gru
    sizes = (layer.input_size, layer.hidden_size, layer.num_layers)
    made = kind(*sizes, bidirectional=layer.bidirectional, batch_first=True)
    made.returns = layer.returns
    return made


_SIZED: Mapping[type[Declared], Callable[..., nn.Module]] = {
    layers.BatchNorm: _batch_norm,
    layers.Conv: _conv,
    layers.Dropout: lambda layer: nn.Dropout(layer.p),
    layers.Embedding: lambda layer: _Embedding(layer.num_embeddings, layer.embedding_dim),
    layers.GlobalPool: lambda _: _Mean(),
    layers.LayerNorm: lambda layer: nn.LayerNorm(layer.normalized_shape, eps=layer.eps),
    layers.Linear: _linear,
    layers.Permute: lambda layer: _Permute(layer.dims),
    layers.Pool: _pool,
    layers.Recurrent: _recurrent,
    Residual: _Residual,
    layers.Unflatten: lambda layer: nn.Unflatten(1, layer.shape),
}
