"""An ONNX file as a graph that can be cut: inspected as bytes first, then read; nothing of it is ever run here."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from math import prod
from pathlib import Path

import onnx
from google.protobuf.message import Message
from onnx import ModelProto, NodeProto, TensorProto, ValueInfoProto, helper

from functions.models.facts import ModelLimits, ModelRefused, Shape
from functions.models.inspection import inspect
from functions.partitioning.inferring import inferred
from functions.runtime.errors import Rejected
from functions.runtime.settings import nearest

LIMITS = ModelLimits(max_bytes=1 << 30)
"""An ONNX file ends at 2 GiB, and each half is written beside it."""
FEW = 1024
"""Weights with fewer numbers take part in shape inference: they may be the sizes of a Reshape."""


@dataclass(frozen=True)
class TensorFact:
    """What is known of a tensor without running anything.

    Attributes:
        name: In the graph.
        kind: Number of ``TensorProto.DataType``; 0 where it is not known.
        shape: Sizes, None where one is open; None in place of all where nothing is known.
    """

    name: str
    kind: int
    shape: Shape | None

    @property
    def elements(self) -> int | None:
        """Numbers in it for one sample, open sizes being 1; None where its shape is not known."""
        return None if self.shape is None else prod(1 if size is None else size for size in self.shape)

    @property
    def bytes(self) -> int | None:
        """Bytes in it for one sample, as they travel; None where they are not known."""
        if self.elements is None or not self.kind:
            return None
        return self.elements * int(helper.tensor_dtype_to_np_dtype(self.kind).itemsize)


@dataclass(frozen=True)
class Network:
    """A network whose weights are no inputs.

    Attributes:
        model: The file, with weights taken off the list of its inputs: the runtime may then fold them.
        name: What to call it in a sentence.
        apart: Whether its shapes are inferred in a process of their own: it was uploaded, and nothing walls this one.
    """

    model: ModelProto
    name: str
    apart: bool = False

    @property
    def nodes(self) -> tuple[NodeProto, ...]:
        """Operations, each after all whose results it takes."""
        return tuple(self.model.graph.node)

    @property
    def inputs(self) -> tuple[str, ...]:
        """Tensors that whoever runs it gives."""
        return tuple(each.name for each in self.model.graph.input)

    @property
    def outputs(self) -> tuple[str, ...]:
        """Tensors that it gives."""
        return tuple(each.name for each in self.model.graph.output)

    @cached_property
    def weights(self) -> Mapping[str, TensorProto]:
        """Weight by name."""
        return {each.name: each for each in self.model.graph.initializer}

    @cached_property
    def facts(self) -> Mapping[str, TensorFact]:
        """What is known of each tensor, by name; from the file, or inferred from the shapes of inputs and weights."""
        graph = inferred(_outline(self.model), name=self.name, apart=self.apart)
        return {each.name: _fact(each) for each in (*graph.input, *graph.value_info, *graph.output)}

    def fact(self, name: str) -> TensorFact:
        """What is known of one tensor."""
        return self.facts.get(name, TensorFact(name, 0, None))


def read_network(path: Path, *, name: str = "", limits: ModelLimits = LIMITS, apart: bool = True) -> Network:
    """Read an ``.onnx`` file, that sentences call ``name``; ``apart`` as in ``Network``.

    Raises:
        ModelRefused: It is none that may be opened; see ``functions.models.inspection``.
    """
    name = name or path.name
    try:
        inspect(path, limits, name=name)
    except ModelRefused as error:
        if name in error.message:
            raise
        named = ModelRefused(error.code, f"{name}: {error.message}", hint=error.hint)
        named.where = error.where
        raise named from None
    return replace(from_bytes(path.read_bytes(), name=name), apart=apart)


def from_bytes(content: bytes, *, name: str) -> Network:
    """Read the content of an ``.onnx`` file that was inspected, or whose digest is known.

    Raises:
        ModelRefused: It is damaged.
    """
    try:
        model = onnx.load_model_from_string(content)
    except Exception as error:  # noqa: BLE001 - protobuf's errors have no common base
        raise ModelRefused("E_DAMAGED", f"{name} cannot be read: {str(error)[:120]}") from None
    if not _all_text(model):
        raise ModelRefused("E_DAMAGED", f"{name} cannot be read: a name in it is no text in UTF-8")
    return Network(without_weights_as_inputs(model), name)


def _all_text(part: Message) -> bool:
    """Tell whether each text is one: ONNX is of protobuf's second version, which gives bytes for others."""
    for field, value in part.ListFields():
        each = value if field.is_repeated else [value]
        if field.type == field.TYPE_STRING and not all(isinstance(text, str) for text in each):
            return False
        if field.type == field.TYPE_MESSAGE and not all(_all_text(inner) for inner in each):
            return False
    return True


def without_weights_as_inputs(model: ModelProto) -> ModelProto:
    """Give the model with its true inputs alone: before IR version 4 every weight was listed as one too."""
    weights = {each.name for each in model.graph.initializer}
    true = [each for each in model.graph.input if each.name not in weights]
    del model.graph.input[:]
    model.graph.input.extend(true)
    model.ir_version = max(model.ir_version, 4)
    return model


def with_shapes(network: Network, shapes: Mapping[str, Shape]) -> Network:
    """Give the network with other sizes of its inputs; all sizes that follow from them are inferred anew.

    Args:
        network: Stays as it is.
        shapes: Input -> its sizes, None for one that may be any.

    Raises:
        Rejected: There is no such input, or it has another number of sizes.
        ModelRefused: The operations do not fit these sizes.
    """
    model = ModelProto()
    model.CopyFrom(network.model)
    inputs = {each.name: each for each in model.graph.input}
    for name, shape in shapes.items():
        if name not in inputs:
            raise Rejected(f"{network.name} has no input {name!r}{nearest(name, inputs)}")
        tensor = inputs[name].type.tensor_type
        if tensor.HasField("shape") and len(tensor.shape.dim) != len(shape):
            raise Rejected(f"{network.name}: the input {name} has {len(tensor.shape.dim)} sizes, not {len(shape)}")
        given = helper.make_tensor_value_info(name, tensor.elem_type, _named(name, shape))
        inputs[name].CopyFrom(given)
    del model.graph.value_info[:]
    for each in model.graph.output:
        each.type.tensor_type.ClearField("shape")
    anew = Network(model, network.name, network.apart)
    for each in model.graph.output:
        fact = anew.fact(each.name)
        if fact.shape is not None:
            each.CopyFrom(helper.make_tensor_value_info(each.name, each.type.tensor_type.elem_type, list(fact.shape)))
    return Network(model, network.name, network.apart)


def _named(name: str, shape: Shape) -> list[int | str]:
    # A size without a name is one of its own to onnxruntime too, but shape inference then forgets that it is there.
    return [f"{name}_{place}" if size is None else size for place, size in enumerate(shape)]


def _outline(model: ModelProto) -> ModelProto:
    """Give the model without its large weights, in whose place stand their shapes."""
    outline = ModelProto(ir_version=model.ir_version, opset_import=model.opset_import)
    graph = outline.graph
    graph.name = model.graph.name or "network"
    for part in ("node", "input", "output", "value_info"):
        getattr(graph, part).extend(getattr(model.graph, part))
    for weight in model.graph.initializer:
        if prod(weight.dims) < FEW:
            graph.initializer.append(weight)
        else:
            graph.input.append(helper.make_tensor_value_info(weight.name, weight.data_type, list(weight.dims)))
    return outline


def _fact(info: ValueInfoProto) -> TensorFact:
    tensor = info.type.tensor_type
    shape: Shape | None = None
    if tensor.HasField("shape"):
        shape = tuple(size.dim_value if size.HasField("dim_value") else None for size in tensor.shape.dim)
    kind = tensor.elem_type if tensor.elem_type in TensorProto.DataType.values() else TensorProto.UNDEFINED
    return TensorFact(info.name, kind, shape)
