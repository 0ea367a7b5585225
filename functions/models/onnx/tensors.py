"""Tensors in an ONNX file: their sizes are those of the bytes that are there, in this file."""

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from math import prod

from functions.models.facts import ModelLimits, ModelRefused, Shape
from functions.models.onnx.messages import BITS, DIMENSION, FLOATS, SHAPE, TENSOR, TENSOR_TYPE, TYPE, TYPED, VALUE
from functions.models.onnx.wire import Span, Value, Wire, number, place

MAX_RANK = 16
FEW = 64
INT64 = 7


@dataclass(frozen=True)
class Tensor:
    """A constant of the graph; ``few`` are its numbers when they are whole or 32-bit floats, and not many."""

    name: str
    shape: tuple[int, ...]
    kind: int
    few: Sequence[float] = ()

    @property
    def count(self) -> int:
        """How many numbers it has."""
        return prod(self.shape)

    @property
    def is_weight(self) -> bool:
        """Whether it holds floating-point numbers, as weights do."""
        return self.kind in FLOATS


def read_tensor(wire: Wire, span: Span, at: str, limits: ModelLimits) -> Tensor:
    """Give the tensor in ``span``.

    Raises:
        ModelRefused: Its numbers lie in another file, or are not as many as its shape says.
    """
    found = wire.message(span, TENSOR, at)
    name = wire.text(found["name"][0], at) if "name" in found else ""
    at = f"{at} {ascii(name)[:80]}"
    if found.get("external_data") or number(found.get("data_location", [0])[0], at):
        raise ModelRefused(
            "E_EXTERNAL_DATA", "its numbers lie in another file", where=at,
            hint="save the model in one file, onnx.save(model, path, save_as_external_data=False)",
        )  # fmt: skip
    kind = number(found.get("data_type", [0])[0], at)
    if kind not in BITS or found.get("string_data"):
        raise ModelRefused("E_DTYPE", f"numbers of type {kind} are not read", where=at)
    shape = tuple(wire.integers(found.get("dims", []), MAX_RANK, at))
    if any(size < 0 for size in shape) or prod(shape) > limits.max_parameters:
        raise ModelRefused("E_TOO_LARGE", f"it declares the shape {shape}", where=at)
    _check_stored(wire, found, prod(shape), kind, at)
    return Tensor(name, shape, kind, _few(wire, found, prod(shape), kind))


def _check_stored(wire: Wire, found: dict[str, list[Value]], count: int, kind: int, at: str) -> None:
    parts = [name for name in ("raw_data", "int32_data", "int64_data", "uint64_data", *TYPED) if found.get(name)]
    if len(parts) > 1:
        raise ModelRefused("E_STORAGE", "it has its numbers twice", where=at)
    stored = 0
    if parts == ["raw_data"]:
        size = place(found["raw_data"][0], at).size
        stored = count if size == (count * BITS[kind] + 7) // 8 else -1
    elif parts and parts[0] in TYPED:
        stored = sum(each.size for each in found[parts[0]] if isinstance(each, Span)) // TYPED[parts[0]]
    elif parts:
        wanted = (count * BITS[kind] + 7) // 8 if BITS[kind] < 8 else count
        stored = count if _varints(wire, found[parts[0]]) == wanted else -1
    if stored != count:
        raise ModelRefused("E_STORAGE", f"it declares {count} numbers and does not store as many", where=at)


def _varints(wire: Wire, values: list[Value]) -> int:
    """Count packed numbers: each ends in the byte without the high bit."""
    count = 0
    for value in values:
        if isinstance(value, int):
            count += 1
            continue
        for start in range(value.start, value.end, 1 << 20):
            block = wire.file.read(start, min(1 << 20, value.end - start))
            count += len(block.translate(None, bytes(range(0x80, 0x100))))
    return count


def _few(wire: Wire, found: dict[str, list[Value]], count: int, kind: int) -> Sequence[float]:
    if not 0 < count <= FEW:
        return ()
    raw = found.get("raw_data", [0])[0]
    if isinstance(raw, Span) and kind in (1, INT64):
        return struct.unpack(f"<{count}{'f' if kind == 1 else 'q'}", wire.file.read(raw.start, raw.size))
    if found.get("int64_data"):
        return wire.integers(found["int64_data"], FEW, "")
    return wire.floats(found["float_data"][0]) if found.get("float_data") else ()


def read_value(wire: Wire, span: Span, at: str) -> tuple[str, Shape]:
    """Give name and shape of an input or output; it must be a tensor."""
    found = wire.message(span, VALUE, at)
    name = wire.text(found["name"][0], at) if "name" in found else ""
    if "type" not in found:
        return name, ()
    kinds = wire.message(place(found["type"][0], at), TYPE, f"{at} {ascii(name)[:80]}")
    if "tensor_type" not in kinds:
        return name, ()
    tensor = wire.message(place(kinds["tensor_type"][0], at), TENSOR_TYPE, at)
    if "shape" not in tensor:
        return name, ()
    sizes: list[int | None] = []
    for each in wire.message(place(tensor["shape"][0], at), SHAPE, at).get("dim", []):
        size = wire.message(place(each, at), DIMENSION, at).get("dim_value")
        sizes.append(number(size[0], at) if size else None)
    if len(sizes) > MAX_RANK or any(size is not None and not 0 <= size < 1 << 40 for size in sizes):
        raise ModelRefused("E_TOO_LARGE", f"{ascii(name)[:80]} has the shape {sizes[:20]}", where=at)
    return name, tuple(sizes)
