"""How much work the operations of a network are, told from shapes alone: multiplications and additions."""

from collections.abc import Mapping
from math import prod

from onnx import NodeProto

from functions.partitioning.network import Network

_INPUT_WEIGHED = ("ConvTranspose",)
_WEIGHED = ("Conv", "ConvInteger", "QLinearConv")
_PRODUCTS = ("MatMul", "Gemm", "MatMulInteger", "QLinearMatMul")
_WEIGHT_AT: Mapping[str, int] = {"QLinearConv": 3, "QLinearMatMul": 3}
"""Place of the weight among the inputs where it is not the second."""
_FREE = frozenset(
    ("Constant", "Dropout", "Flatten", "Identity", "Reshape", "Shape", "Size", "Squeeze", "Unsqueeze", "Cast")
)


def work(network: Network) -> tuple[int, ...]:
    """Give the multiply-adds of each operation for one sample, in the order of the file.

    Of a convolution: numbers in the result times those in the weight for one channel of it; of a product: numbers in
    the result times the length of a row. Others count one for each number in the result, those that only name
    numbers otherwise nothing. Sizes that are open count as 1.
    """
    return tuple(_of(network, node) for node in network.nodes)


def _of(network: Network, node: NodeProto) -> int:
    if node.op_type in _FREE:
        return 0
    results = sum(_elements(network, name) for name in node.output if name)
    weight = _shape(network, _at(node, _WEIGHT_AT.get(node.op_type, 1)))
    if node.op_type in _WEIGHED and weight:
        return results * prod(weight[1:])
    if node.op_type in _INPUT_WEIGHED and weight:
        return _elements(network, _at(node, 0)) * prod(weight[1:])
    if node.op_type in _PRODUCTS:
        return results * _row(network, node)
    return results


def _row(network: Network, node: NodeProto) -> int:
    """Give the length of a row of the first factor."""
    shape = _shape(network, _at(node, 0))
    is_turned = any(each.name == "transA" and each.i for each in node.attribute)
    return shape[0 if is_turned else -1] if shape else 1


def _at(node: NodeProto, place: int) -> str:
    return node.input[place] if place < len(node.input) else ""


def _elements(network: Network, name: str) -> int:
    return prod(_shape(network, name) or (1,))


def _shape(network: Network, name: str) -> tuple[int, ...]:
    """Give a tensor's sizes, those that are open being 1; nothing where they are not known."""
    if name in network.weights:
        return tuple(network.weights[name].dims)
    return tuple(1 if size is None else size for size in network.fact(name).shape or ())
