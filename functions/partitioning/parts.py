"""A part of a network as a model of its own: from some of its tensors to others."""

from collections.abc import Sequence

from onnx import ModelProto, NodeProto, ValueInfoProto, helper

from functions.partitioning.network import Network
from functions.runtime.errors import Rejected
from functions.runtime.settings import nearest

PRODUCER = "noria"


def halves(network: Network, tensor: str) -> tuple[ModelProto, ModelProto]:
    """Cut a network at one of its ``cuts``; what the first gives, the second takes.

    Raises:
        Rejected: The tensor is no cut of the network.
    """
    return part(network, network.inputs, (tensor,)), part(network, (tensor,), network.outputs)


def part(network: Network, inputs: Sequence[str], outputs: Sequence[str]) -> ModelProto:
    """Give the operations that lead from ``inputs`` to ``outputs``, and no others.

    Raises:
        Rejected: There is no such tensor, or the outputs need more than these inputs.
    """
    nodes = _needed(network, inputs, outputs)
    used = {name for node in nodes for name in node.input} | set(outputs)
    graph = helper.make_graph(
        nodes,
        f"{network.model.graph.name or 'network'} to {outputs[0]}",
        [_info(network, name) for name in inputs if name in used],
        [_info(network, name) for name in outputs],
        initializer=[weight for name, weight in network.weights.items() if name in used],
    )
    model = helper.make_model(graph, producer_name=PRODUCER, opset_imports=network.model.opset_import)
    model.ir_version = network.model.ir_version
    return model


def _needed(network: Network, inputs: Sequence[str], outputs: Sequence[str]) -> list[NodeProto]:
    """Walk back from the outputs; nothing before an input is looked at."""
    made = {name for node in network.nodes for name in node.output}
    there = {*network.inputs, *network.weights, *made}
    for name in (*inputs, *outputs):
        if name not in there:
            raise Rejected(f"{network.name} has no tensor {name!r}{nearest(name, there)}")
    given = frozenset(inputs)
    wanted, nodes = set(outputs) - given, []
    for node in reversed(network.nodes):
        if wanted.intersection(node.output):
            nodes.append(node)
            wanted.update(name for name in node.input if name and name not in given)
    if missing := sorted(wanted.intersection(network.inputs)):
        said = f"{', '.join(outputs)} cannot be made of {', '.join(inputs)} alone: {missing[0]} is needed too"
        raise Rejected(f"{network.name}: {said}", hint="cut it at a tensor that every way leads through")
    return nodes[::-1]


def _info(network: Network, name: str) -> ValueInfoProto:
    """Describe an input or output: as the file does, or as it was inferred."""
    for each in (*network.model.graph.input, *network.model.graph.output):
        if each.name == name:
            return each
    fact = network.fact(name)
    if not fact.kind:
        raise Rejected(f"{network.name}: what kind of tensor {name!r} is cannot be told without running it")
    return helper.make_tensor_value_info(name, fact.kind, fact.shape and list(fact.shape))
