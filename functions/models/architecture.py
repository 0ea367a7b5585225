"""A network declared layer by layer, for weights that come without one (``.safetensors``).

A layer's tensors are named ``<name>.<tensor>``; a layer without a name has its place in the list for one, as in
``torch.nn.Sequential``.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from math import prod
from typing import Annotated, Literal, Self, get_args

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from functions.models import declared_layers as layers
from functions.models.declared_layers import Declared
from functions.runtime.settings import nearest

MAX_LAYERS = 256
MAX_PARAMETERS = 100_000_000

_Plain = (
    layers.Linear | layers.Conv | layers.Activation | layers.Softmax | layers.Pool | layers.GlobalPool
    | layers.BatchNorm | layers.LayerNorm | layers.Dropout | layers.Flatten | layers.Permute | layers.Unflatten
    | layers.Recurrent | layers.Embedding
)  # fmt: skip


def _kinds(*classes: type[Declared]) -> dict[str, type[Declared]]:
    return {kind: each for each in classes for kind in get_args(each.model_fields["kind"].annotation)}


def _known(kinds: Mapping[str, type[Declared]]) -> Callable[[object], object]:
    """Refuse a kind or a field that there is not, with the nearest that there is."""

    def check(given: object) -> object:
        if isinstance(given, Declared):
            return given
        if not isinstance(given, dict) or not isinstance(given.get("kind"), str):
            raise ValueError("a layer is a mapping with kind: and its sizes")
        kind = given["kind"]
        if kind not in kinds:
            raise ValueError(f"{kind} is not a kind of layer here{nearest(kind, kinds)}")
        fields = kinds[kind].model_fields
        strange = [f"{kind} has no {each}{nearest(str(each), fields)}" for each in given if each not in fields]
        if strange:
            raise ValueError("; ".join(strange))
        return given

    return check


PLAIN = _kinds(*get_args(_Plain))
Plain = Annotated[_Plain, Field(discriminator="kind"), BeforeValidator(_known(PLAIN))]


class Residual(Declared):
    """``body(x) + shortcut(x)``; no shortcut is ``x`` itself. Tensors: ``<name>.body.<layer>.<tensor>``."""

    kind: Literal["residual"]
    body: tuple[Plain, ...] = Field(min_length=1, max_length=64)
    shortcut: tuple[Plain, ...] = Field(default=(), max_length=8)


KINDS = PLAIN | _kinds(Residual)
Layer = Annotated[_Plain | Residual, Field(discriminator="kind"), BeforeValidator(_known(KINDS))]


class Architecture(BaseModel):
    """The layers of a network, one after the other; the first takes rows of the definition's ``input_shape``."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    layers: tuple[Layer, ...] = Field(min_length=1, max_length=MAX_LAYERS)

    @model_validator(mode="after")
    def _is_within_limits(self) -> Self:
        names = Counter(name for name, _ in self.walk())
        twice = sorted(name for name, times in names.items() if times > 1)
        if names.total() > MAX_LAYERS:
            raise ValueError(f"{names.total()} layers are more than {MAX_LAYERS}")
        if twice:
            raise ValueError(f"two layers have the name {twice[0]}")
        if self.parameters > MAX_PARAMETERS:
            raise ValueError(f"{self.parameters:,} parameters are more than {MAX_PARAMETERS:,}")
        return self

    def walk(self) -> Iterator[tuple[str, Declared]]:
        """Every layer with its full name, those inside of residual ones too."""
        yield from _walk("", self.layers)

    def tensors(self) -> Mapping[str, tuple[int, ...]]:
        """Every trainable tensor: full name -> shape."""
        return {f"{name}.{each}": shape for name, layer in self.walk() for each, shape in layer.tensors().items()}

    @property
    def parameters(self) -> int:
        """How many numbers are trained."""
        return sum(prod(shape) for shape in self.tensors().values())


def _walk(prefix: str, layers: tuple[Declared, ...]) -> Iterator[tuple[str, Declared]]:
    for place, layer in enumerate(layers):
        name = f"{prefix}{layer.name or place}"
        yield name, layer
        if isinstance(layer, Residual):
            yield from _walk(f"{name}.body.", layer.body)
            yield from _walk(f"{name}.shortcut.", layer.shortcut)
