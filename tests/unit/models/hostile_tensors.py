"""Hostile ``.safetensors`` files: headers that do not describe the bytes behind them."""

import json
import struct
from typing import Any

from tests.unit.models.hostile import Json, Ordinary, hostile


def tensors(header: object, content: bytes = b"\0" * 8) -> bytes:
    """Give a file of that header."""
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + content


def tensor(start: int, end: int, shape: list[Any], dtype: str = "F32") -> Json:
    """Give one entry of a header."""
    return {"dtype": dtype, "shape": shape, "data_offsets": [start, end]}


@hostile("E_STORAGE", "$.b", ".safetensors")
def tensors_that_overlap(_: Ordinary) -> bytes:
    return tensors({"a": tensor(0, 8, [2]), "b": tensor(4, 8, [1])})


@hostile("E_STORAGE", "$.b", ".safetensors")
def gap_between_tensors(_: Ordinary) -> bytes:
    return tensors({"a": tensor(0, 4, [1]), "b": tensor(8, 12, [1])}, b"\0" * 12)


@hostile("E_STORAGE", suffix=".safetensors")
def bytes_behind_the_tensors(_: Ordinary) -> bytes:
    return tensors({"a": tensor(0, 4, [1])}, b"\0" * 40)


@hostile("E_STORAGE", "$.a", ".safetensors")
def shape_that_is_not_there(_: Ordinary) -> bytes:
    return tensors({"a": tensor(0, 8, [1 << 40])})


@hostile("E_VALUE", "$.a", ".safetensors")
def negative_size(_: Ordinary) -> bytes:
    return tensors({"a": tensor(0, 8, [-1, -2])})


@hostile("E_TOO_LARGE", suffix=".safetensors")
def header_of_an_exabyte(_: Ordinary) -> bytes:
    return struct.pack("<Q", 1 << 60) + b"{}"


@hostile("E_DAMAGED", suffix=".safetensors")
def header_longer_than_the_file(_: Ordinary) -> bytes:
    return struct.pack("<Q", 1 << 20) + b"{}"


@hostile("E_DUPLICATE_KEY", suffix=".safetensors")
def tensor_twice(_: Ordinary) -> bytes:
    entry = json.dumps(tensor(0, 8, [2]))
    return tensors(f'{{"a": {entry}, "a": {entry}}}'.encode())


@hostile("E_DTYPE", "$.a", ".safetensors")
def type_that_there_is_not(_: Ordinary) -> bytes:
    return tensors({"a": tensor(0, 8, [1], "OBJECT")})


@hostile("E_VALUE", "__metadata__", ".safetensors")
def metadata_that_is_no_text(_: Ordinary) -> bytes:
    return tensors({"__metadata__": {"x": {"y": 1}}, "a": tensor(0, 8, [2])})


@hostile("E_PATH", suffix=".safetensors")
def tensor_named_like_a_file(_: Ordinary) -> bytes:
    return tensors({"../../x": tensor(0, 8, [2])})
