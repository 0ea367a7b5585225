"""ONNX files made loadable: the two edits our models need, made in the file's own wire format.

``onnxruntime`` can neither free a dimension that a file fixes nor drop an input that a file lists. The ``onnx`` package
can, but it is 31 MB in every image, 13 MB and 50 ms in every process, and narrows protobuf's version. A model is a
protobuf message (onnx.proto3): what is not edited is copied byte for byte, 12 ms for CenterFace's 7 MB.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

MODEL_GRAPH = 7  # ModelProto.graph
GRAPH_INITIALIZER, GRAPH_INPUT, GRAPH_OUTPUT, GRAPH_VALUES = 5, 11, 12, 13  # GraphProto
TENSOR_NAME = 8  # TensorProto.name
VALUE_NAME, VALUE_TYPE = 1, 2  # ValueInfoProto
TYPE_TENSOR, TENSOR_ELEMENT, TENSOR_SHAPE = 1, 1, 2  # TypeProto, TypeProto.Tensor
SHAPE_DIM, DIM_VALUE, DIM_NAME = 1, 1, 2  # TensorShapeProto, TensorShapeProto.Dimension
FLOAT = 1  # TensorProto.DataType

Dims = Sequence[int | str]


class _Field(NamedTuple):
    number: int
    value: memoryview
    raw: memoryview


def loadable(model: bytes, dims: Mapping[str, Dims]) -> bytes:
    """Give the model with the shapes in ``dims``, and with no constant listed among its inputs.

    A listed constant may be overridden by a caller, so onnxruntime folds nothing into it: 24 ms a frame for RFB-640
    where 8 would do.

    Args:
        model: An ONNX file.
        dims: Name of a float input or output -> its dimensions, a text for one that may have any size.
    """
    parts: list[bytes | memoryview] = []
    for field in _fields(memoryview(model)):
        if field.number == MODEL_GRAPH:
            graph = _loadable_graph(field.value, dims)
            parts += [_start(MODEL_GRAPH, sum(map(len, graph))), *graph]
        else:
            parts.append(field.raw)
    return b"".join(parts)  # once: weights are copied a single time


def _loadable_graph(graph: memoryview, dims: Mapping[str, Dims]) -> list[bytes | memoryview]:
    constants = {_text(field.value, TENSOR_NAME) for field in _fields(graph) if field.number == GRAPH_INITIALIZER}
    parts: list[bytes | memoryview] = []
    for field in _fields(graph):
        name = _text(field.value, VALUE_NAME) if field.number in (GRAPH_INPUT, GRAPH_OUTPUT) else ""
        if field.number == GRAPH_INPUT and name in constants:
            continue
        if field.number == GRAPH_VALUES and dims:  # shapes inside of the graph, wrong once the outer ones are free
            continue
        parts.append(_message(field.number, _tensor(name, dims[name])) if name in dims else field.raw)
    return parts


def _tensor(name: str, dims: Dims) -> bytes:
    shape = b"".join(_message(SHAPE_DIM, _dimension(dim)) for dim in dims)
    tensor = _number(TENSOR_ELEMENT, FLOAT) + _message(TENSOR_SHAPE, shape)
    return _message(VALUE_NAME, name.encode()) + _message(VALUE_TYPE, _message(TYPE_TENSOR, tensor))


def _dimension(dim: int | str) -> bytes:
    return _number(DIM_VALUE, dim) if isinstance(dim, int) else _message(DIM_NAME, dim.encode())


def _text(message: memoryview, number: int) -> str:
    return next((bytes(field.value).decode() for field in _fields(message) if field.number == number), "")


def _fields(message: memoryview) -> Iterator[_Field]:
    """Walk the fields of one message (protobuf.dev/programming-guides/encoding)."""
    at = 0
    while at < len(message):
        start = at
        tag, at = _varint(message, at)
        match tag & 7:
            case 0:
                value = at
                _, at = _varint(message, at)
            case 1:
                value, at = at, at + 8
            case 2:
                length, value = _varint(message, at)
                at = value + length
            case 5:
                value, at = at, at + 4
            case kind:
                raise ValueError(f"wire type {kind} is not one that ONNX files use")
        yield _Field(tag >> 3, message[value:at], message[start:at])


def _varint(message: memoryview, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = message[at]
        value |= (byte & 127) << shift
        at, shift = at + 1, shift + 7
        if byte < 128:
            return value, at


def _number(number: int, value: int) -> bytes:
    return _encoded(number << 3) + _encoded(value)


def _message(number: int, value: bytes) -> bytes:
    return _start(number, len(value)) + value


def _start(number: int, length: int) -> bytes:
    return _encoded(number << 3 | 2) + _encoded(length)


def _encoded(value: int) -> bytes:
    parts = bytearray()
    while value > 127:
        parts.append(value & 127 | 128)
        value >>= 7
    parts.append(value)
    return bytes(parts)
