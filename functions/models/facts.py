"""What an inspection gives, the limits that it holds a file to, and the verdict when it refuses one."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from functions.runtime.errors import Rejected

Form = Literal["keras", "onnx", "pt2", "safetensors"]
Shape = tuple[int | None, ...]
"""Sizes of a tensor; None where the size is open, as the batch is."""


class ModelRefused(Rejected):
    """The file is no model that may be opened.

    Attributes:
        code: Stable word for machines, ``E_LAMBDA``.
        where: Member and JSON path, tensor or node of the culprit; empty when it is the file itself.
    """

    def __init__(self, code: str, message: str, *, where: str = "", hint: str = "") -> None:
        super().__init__(f"{where}: {message}" if where else message, hint=hint)
        self.code = code
        self.where = where


class ModelLimits(BaseModel):
    """How large and how deep a model may be; sizes in bytes."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    max_bytes: int = Field(default=2 << 30, gt=0, description="The file.")
    max_parameters: int = Field(default=500_000_000, gt=0, description="Numbers in all weights, optimizer's aside.")
    max_members: int = Field(default=20_000, gt=0, description="Members of an archive, tensors, groups, graph nodes.")
    max_ratio: int = Field(default=100, gt=0, description="Bytes that one stored byte may unpack to.")
    max_depth: int = Field(default=64, gt=0, description="Nesting of JSON, of groups and of subgraphs.")
    max_layers: int = Field(default=3_000, gt=0, description="Layers of a Keras model, nested ones among them.")
    max_json: int = Field(default=16 << 20, gt=0, description="One JSON text.")
    max_units: int = Field(default=1 << 20, gt=0, description="One size in a layer's configuration.")
    max_values: int = Field(default=1 << 28, gt=0, description="Numbers that one layer gives for one sample.")


@dataclass(frozen=True)
class LayerFact:
    """One layer or graph node: its name, its class or operation, and how many parameters it has itself."""

    name: str
    kind: str
    parameters: int


@dataclass(frozen=True)
class Inspected:
    """A model file that may be opened, and what its bytes say of it.

    Attributes:
        form: Which format it is.
        inputs: Shape of each input, batch first, where the file says it.
        outputs: Shape of each output likewise.
        layers: Layers, graph nodes or tensors in the file's order.
        parameters: Numbers in all weights, the optimizer's aside.
        bytes: Size of the file.
        details: More, by form: versions, operator sets, what a loader must leave out.
        config: The parsed ``config.json`` of a Keras model; every class in it is on the allow-list.
    """

    form: Form
    inputs: tuple[Shape, ...]
    outputs: tuple[Shape, ...]
    layers: tuple[LayerFact, ...]
    parameters: int
    bytes: int
    details: Mapping[str, str] = field(default_factory=dict)
    config: Mapping[str, object] | None = None
