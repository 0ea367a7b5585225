"""How many numbers a graph makes on its way, told by its shapes alone, before anything runs it."""

from math import prod
from typing import Any

from functions.runtime.errors import Rejected

MOST_NUMBERS = 40_000_000
"""Numbers that are made at once, weights among them: a third of a gigabyte."""
ROWS = (64, 8, 1)
"""So many rows are asked at once, as many of these as have room."""


_MOST_SIDES = 8
"""Sides of a tensor, and axes that an operator is given: fitted models have three."""
_BY_AXES = frozenset({"CumSum", "ReduceMax", "ReduceSum", "Squeeze", "Unsqueeze"})


def rows_at_once(content: bytes, name: str) -> int:
    """Give how many rows a model can be asked at once.

    Raises:
        Rejected: Not even one, or the shapes do not tell.
    """
    import onnx

    try:
        model = onnx.load_model_from_string(content)
        (given,) = model.graph.input
        _check_sides(model.graph)
        dimensions = given.type.tensor_type.shape.dim
        del model.graph.value_info[:]  # what the file says of these is not asked: they are worked out
        for output in model.graph.output:
            output.type.tensor_type.ClearField("shape")
        for rows in ROWS:
            dimensions[0].dim_value = rows
            if _numbers(onnx.shape_inference.infer_shapes(model, strict_mode=True).graph) <= MOST_NUMBERS:
                return rows
    except Exception as error:  # protobuf and onnx raise their own, of no common base
        said = f"{name} is no performance model: its graph does not tell how many numbers it makes"
        raise Rejected(said, hint="make it with noria fit") from error
    said = f"{name} is no performance model: its graph makes more than {MOST_NUMBERS:,} numbers of one row"
    raise Rejected(said, hint="make it with noria fit")


def _check_sides(graph: Any) -> None:  # noqa: ANN401 - onnx's GraphProto
    """Check that no tensor can have many sides, which working the shapes out would take long over.

    Raises:
        ValueError: One can.
    """
    axes = {each.name: prod(each.dims) for each in graph.initializer}
    sides = {each.name: len(each.dims) for each in graph.initializer}
    sides |= {each.name: len(each.type.tensor_type.shape.dim) for each in graph.input}
    for node in graph.node:
        given = [sides[name] for name in node.input if name]
        found = max(given, default=0)
        if node.op_type == "Gather":
            found = sum(given)
        if node.op_type in _BY_AXES:
            told = [len(each.ints) for each in node.attribute] + [axes[name] for name in node.input[1:]]
            found += max(told, default=0) if node.op_type == "Unsqueeze" else 0
            if max(told, default=0) > _MOST_SIDES:
                raise ValueError("it has too many axes")
        if found > _MOST_SIDES:
            raise ValueError("it has too many sides")
        sides |= dict.fromkeys(node.output, found - 1 if node.op_type == "Gather" else found)


def _numbers(graph: Any) -> int:  # noqa: ANN401 - onnx's GraphProto
    """Count the numbers of all tensors; an empty side counts as one, so that none hides a long one.

    Raises:
        ValueError: A shape is open.
    """
    shapes = {
        each.name: [_side(side) for side in each.type.tensor_type.shape.dim]
        for each in (*graph.value_info, *graph.output)
        if each.type.tensor_type.HasField("shape")
    }
    made = [shapes.get(name) for node in graph.node for name in node.output if name]
    if None in made:
        raise ValueError("a shape is open")
    sides = [*(each for each in made if each is not None), *(each.dims for each in graph.initializer)]
    return sum(prod(max(1, side) for side in each) for each in sides)


def _side(dimension: Any) -> int:  # noqa: ANN401 - onnx's Dimension
    if not dimension.HasField("dim_value") or dimension.dim_value < 0:
        raise ValueError("a shape is open")
    return int(dimension.dim_value)
