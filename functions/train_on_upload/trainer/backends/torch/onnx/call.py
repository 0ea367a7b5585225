"""One operator at work: its node in the graph, and the tensors that it was given."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

Attribute = float | int | str | Tensor | tuple[float, ...] | tuple[int, ...] | tuple[str, ...]


@dataclass(frozen=True)
class Node:
    """A node of the graph; an absent optional input or output has the name ``""``."""

    op: str
    name: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    attributes: Mapping[str, Attribute]
    opset: int


@dataclass(frozen=True)
class Call:
    """What an operator sees. ``training``: batch statistics and dropout are on."""

    node: Node
    given: Sequence[Tensor | None]
    training: bool

    @property
    def x(self) -> Tensor:
        """The first input."""
        return self.tensor(0)

    def tensor(self, place: int) -> Tensor:
        """The input at ``place``, which must be there."""
        found = self.maybe(place)
        if found is None:
            raise ValueError(f"{self.node.op} has no input {place}")
        return found

    def maybe(self, place: int) -> Tensor | None:
        """The input at ``place``, if it was given."""
        return self.given[place] if place < len(self.given) else None

    def number(self, name: str, default: float) -> float:
        """An attribute that is a number."""
        found = self.node.attributes.get(name, default)
        if not isinstance(found, int | float):
            raise ValueError(f"{name} of {self.node.op} is not a number")
        return found

    def whole(self, name: str, default: int) -> int:
        """An attribute that is a whole number."""
        return int(self.number(name, default))

    def text(self, name: str, default: str) -> str:
        """An attribute that is a word."""
        return str(self.node.attributes.get(name, default))

    def wholes(self, name: str) -> list[int] | None:
        """An attribute that is a list of whole numbers, if it is there."""
        found = self.node.attributes.get(name)
        if found is None:
            return None
        if not isinstance(found, tuple):
            raise ValueError(f"{name} of {self.node.op} is not a list")
        return [int(each) for each in found]

    def listed(self, place: int, name: str) -> list[int] | None:
        """Whole numbers given as an input since some opset, and as an attribute before it."""
        found = self.maybe(place)
        if found is None:
            return self.wholes(name)
        return [int(each) for each in found.reshape(-1).tolist()]

    def scalar(self, place: int, name: str) -> float | None:
        """A number given as an input since some opset, and as an attribute before it."""
        found = self.maybe(place)
        if found is not None:
            return float(found.item())
        return self.number(name, 0.0) if name in self.node.attributes else None


Operation = Callable[[Call], Tensor | tuple[Tensor, ...]]
ELEMENT_TYPES = {
    1: torch.float32,
    2: torch.uint8,
    3: torch.int8,
    5: torch.int16,
    6: torch.int32,
    7: torch.int64,
    9: torch.bool,
    11: torch.float64,
}
"""TensorProto.DataType of onnx.proto3 -> torch; the others do not occur in graphs that we train."""
