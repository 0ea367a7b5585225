"""A float32 graph of standard ONNX operators as a module: float initializers are its parameters, under their names."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import numpy_helper
from torch import Tensor, nn

from functions.runtime.errors import Rejected
from functions.runtime.settings import nearest
from functions.train_on_upload.trainer.backends.torch.network import Head, Network
from functions.train_on_upload.trainer.backends.torch.onnx.call import ELEMENT_TYPES, Attribute, Call, Node
from functions.train_on_upload.trainer.backends.torch.onnx.operators import OPERATORS, OPSETS, STATISTICS, WEIGHTS

_HEADS: Mapping[str, Head] = {"Softmax": "softmax", "LogSoftmax": "log_softmax", "Sigmoid": "sigmoid"}
_STANDARD = {"", "ai.onnx"}


class OnnxNetwork(Network):
    """The graph of an ONNX model.

    ``trained``: initializer -> parameter. ``running``: initializer -> running mean or variance. Both keep their names
    in ``model``, so that ``exported`` is the same graph with other numbers.
    """

    def __init__(self, model: onnx.ModelProto) -> None:
        super().__init__()
        _check(model)
        self.model = model
        self.opset = next(each.version for each in model.opset_import if each.domain in _STANDARD)
        self.nodes = [_node(each, self.opset) for each in model.graph.node]
        initial = {each.name: _tensor(each) for each in model.graph.initializer}
        self._check_order(initial)
        trained, running = self._weights(initial, WEIGHTS), self._weights(initial, STATISTICS)
        self.trained = nn.ParameterList([nn.Parameter(initial[name]) for name in trained])
        self.trained_names, self.running_names = trained, [name for name in running if name not in trained]
        self.running = {name: initial[name] for name in self.running_names}
        self.constants = {name: each for name, each in initial.items() if name not in {*trained, *running}}
        self.head, self.end = self._ending()
        self.takes = ELEMENT_TYPES[self.input.type.tensor_type.elem_type]

    @property
    def input(self) -> onnx.ValueInfoProto:
        """The graph's only input that is not an initializer."""
        given = {each.name for each in self.model.graph.initializer}
        return next(each for each in self.model.graph.input if each.name not in given)

    def named(self) -> dict[str, Tensor]:
        """Every tensor that training changes, by its initializer's name."""
        return dict(zip(self.trained_names, self.trained, strict=True)) | self.running

    def scores(self, x: Tensor) -> Tensor:
        """Run the graph up to its head."""
        values: dict[str, Tensor] = self.constants | self.named() | {self.input.name: x}
        for node in self.nodes:
            found = OPERATORS[node.op](self._call(node, values))
            values.update(zip(node.outputs, found if isinstance(found, tuple) else (found,), strict=False))
            if self.end in values:
                break
        return values[self.end]

    def exported(self) -> bytes:
        """The same model with the numbers of now; the same bytes for the same numbers."""
        model = onnx.ModelProto()
        model.CopyFrom(self.model)
        now = self.named()
        for each in model.graph.initializer:
            if each.name in now:
                array = np.ascontiguousarray(now[each.name].detach().numpy(), dtype="<f4")
                each.CopyFrom(numpy_helper.from_array(array, each.name))
        return model.SerializeToString(deterministic=True)

    def _call(self, node: Node, values: Mapping[str, Tensor]) -> Call:
        return Call(node, [values[name] if name else None for name in node.inputs], self.training)

    def _weights(self, initial: Mapping[str, Tensor], places: Mapping[str, tuple[int, ...]]) -> list[str]:
        found = []
        for node in self.nodes:
            for place in places.get(node.op, ()):
                name = node.inputs[place] if place < len(node.inputs) else ""
                if name in initial and initial[name].dtype == torch.float32 and initial[name].ndim:
                    found.append(name)
        return sorted(set(found))

    def _check_order(self, initial: Mapping[str, Tensor]) -> None:
        known = {"", self.input.name, *initial}
        for node in self.nodes:
            for name in node.inputs:
                if name not in known:
                    raise Rejected(f"node {node.name or node.op} uses {name}, which nothing before it makes")
            known |= set(node.outputs)
        if self.model.graph.output[0].name not in known:
            raise Rejected(f"no node makes the graph's output, {self.model.graph.output[0].name}")

    def _ending(self) -> tuple[Head, str]:
        """The activation that the graph ends with, and the name of what goes into it."""
        makers = {name: node for node in self.nodes for name in node.outputs}
        name = self.model.graph.output[0].name
        while (node := makers.get(name)) and node.op == "Identity":
            name = node.inputs[0]
        if not node or node.op not in _HEADS:
            return "none", name
        axis = node.attributes.get("axis", 1 if self.opset < 13 else -1)
        rank = len(self.model.graph.output[0].type.tensor_type.shape.dim)
        if node.op != "Sigmoid" and axis != -1 and axis != rank - 1:
            return "none", name
        return _HEADS[node.op], node.inputs[0]


def read(path: Path) -> OnnxNetwork:
    """Build the network of an ``.onnx`` file; nothing outside of the file is read.

    Raises:
        Rejected: It is not a graph of known operators; the sentence names the first that is not.
    """
    try:
        model = onnx.load_model(path, load_external_data=False)
    except Exception as error:
        raise Rejected(f"{path.name} is not an ONNX model") from error
    return OnnxNetwork(model)


def _check(model: onnx.ModelProto) -> None:
    opsets = {each.domain: each.version for each in model.opset_import}
    versions = [version for domain, version in opsets.items() if domain in _STANDARD]
    if not versions or versions[0] not in OPSETS:
        wanted = f"the operators of opset {OPSETS.start} to {OPSETS.stop - 1} are known"
        raise Rejected(f"the model uses opset {versions[0] if versions else 'none'}", hint=wanted)
    for node in model.graph.node:
        if node.domain not in _STANDARD:
            raise Rejected(f"operator {node.domain}.{node.op_type} is not one of the standard ones")
        if node.op_type not in OPERATORS:
            hint = "export the model with standard operators, without quantization and control flow"
            raise Rejected(f"operator {node.op_type} is not known here{nearest(node.op_type, OPERATORS)}", hint=hint)
    if model.functions or model.training_info or model.graph.sparse_initializer:
        raise Rejected("the model has functions, training info or sparse initializers of its own")
    given = {each.name for each in model.graph.initializer}
    inputs = [each for each in model.graph.input if each.name not in given]
    if len(inputs) != 1 or len(model.graph.output) != 1:
        many = f"{len(inputs)} inputs and {len(model.graph.output)} outputs"
        raise Rejected(f"the graph has {many}; one of each can be trained")
    if inputs[0].type.tensor_type.elem_type not in ELEMENT_TYPES:
        raise Rejected("the graph's input has an element type that is not known", hint="float32 is the usual one")


def _tensor(given: onnx.TensorProto) -> Tensor:
    if given.data_location == onnx.TensorProto.EXTERNAL or given.external_data:
        raise Rejected(f"initializer {given.name} lies outside of the file", hint="save the model as one file")
    if given.data_type not in ELEMENT_TYPES:
        kind = onnx.TensorProto.DataType.Name(given.data_type)
        raise Rejected(f"initializer {given.name} is of type {kind}", hint="convert the model to float32")
    return torch.from_numpy(np.array(numpy_helper.to_array(given)))


def _node(given: onnx.NodeProto, opset: int) -> Node:
    attributes = {each.name: _attribute(given, each) for each in given.attribute}
    return Node(given.op_type, given.name, tuple(given.input), tuple(given.output), attributes, opset)


def _attribute(node: onnx.NodeProto, given: onnx.AttributeProto) -> Attribute:
    kinds = onnx.AttributeProto
    if given.type == kinds.FLOAT:
        return float(given.f)
    if given.type == kinds.INT:
        return int(given.i)
    if given.type == kinds.STRING:
        return given.s.decode(errors="replace")
    if given.type == kinds.FLOATS:
        return tuple(given.floats)
    if given.type == kinds.INTS:
        return tuple(given.ints)
    if given.type == kinds.STRINGS:
        return tuple(each.decode(errors="replace") for each in given.strings)
    if given.type == kinds.TENSOR:
        return _tensor(given.t)
    raise Rejected(f"attribute {given.name} of {node.op_type} is of a kind that is not known here")
