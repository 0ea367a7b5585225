"""numpy's archives of arrays, read without numpy's loader: headers by a pattern, numbers as bytes, nothing else.

Format: numpy.lib.format (NEP 1), versions 1 to 3. An array that would need pickle has a type that is not read.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from math import prod
from typing import Any, BinaryIO, Literal

import numpy as np
from numpy.typing import NDArray

from functions.datasets.archive import Archive, Stream
from functions.datasets.arrays import Samples
from functions.datasets.columns import check_names, check_size
from functions.datasets.definition import Definition
from functions.datasets.labels import Labels
from functions.datasets.limits import Limits
from functions.datasets.vectors import refuse_odd, vector
from functions.documents.wording import shown
from functions.runtime.errors import Rejected

_HEADER = re.compile(
    rb"\{'descr': '([<>|=]?)([a-zA-Z])(\d{0,6})', 'fortran_order': (True|False), "
    rb"'shape': \(((?:\d{1,19}, ?)*\d{0,19})\), ?\} *\n?"
)
_TYPES = frozenset(("f2", "f4", "f8", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "b1"))
_LONGEST_TEXT = 200
_CHUNK = 1 << 22


@dataclass(frozen=True)
class _Header:
    """What an array says of itself; ``start`` is where its numbers begin."""

    name: str
    type: np.dtype[Any]
    shape: tuple[int, ...]
    column_major: bool
    start: int


def read_npz(file: BinaryIO, definition: Definition, limits: Limits) -> Samples:
    """Read ``x`` and ``y``, or one array for each column, from an npz archive.

    Raises:
        Rejected: Arrays are missing, of other shapes or types, hold Python objects, or are not what they say they are.
    """
    archive = Archive(file, limits)
    names = []
    for member in archive.names:
        if not member.endswith(".npy"):
            raise Rejected(f"{shown(member)} in the archive is no array", hint="write it with numpy.savez")
        names.append(member.removesuffix(".npy"))
    if definition.columns:
        return _columns(archive, names, definition, limits)
    if missing := [name for name in ("x", definition.label) if name not in names]:
        there = ", ".join(shown(name) for name in names[:10])
        raise Rejected(
            f"array {shown(missing[0])} is missing; there is {there}",
            hint="write numpy.savez(file, x=inputs, y=labels), or name the label's array in label:",
        )
    if strange := [name for name in names if name not in ("x", definition.label)]:
        raise Rejected(f"array {shown(strange[0])} is not declared", hint="keep the inputs x and the labels alone")
    inputs, labels = _header(archive, "x"), _header(archive, definition.label)
    _check_shapes(inputs, labels, definition, limits)
    return Samples(_inputs(archive, inputs), _labels(archive, labels, definition))


def _columns(archive: Archive, names: list[str], definition: Definition, limits: Limits) -> Samples:
    check_names(names, definition)
    headers = {name: _header(archive, name) for name in (*definition.features, definition.label)}
    rows = headers[definition.label].shape[:1]
    for header in headers.values():
        if header.shape != rows:
            raise Rejected(
                f"array {shown(header.name)} has shape {list(header.shape)}, but the label has {list(rows)}",
                hint="give every column as many numbers as there are rows",
            )
    _check_rows(rows)
    check_size(rows[0], len(definition.features), limits)
    x = np.empty((rows[0], len(definition.features)), np.float32)
    for place, name in enumerate(definition.features):
        values = _whole(archive, headers[name])
        x[:, place] = vector(values, definition.columns[name], name=name, where=_row)
    label = _labels(archive, headers[definition.label], definition)
    if label.kind != (declared := definition.columns[definition.label]):
        raise Rejected(f"column {shown(definition.label)} holds {label.kind}, but is declared {declared}")
    return Samples(x, label)


def _check_shapes(inputs: _Header, labels: _Header, definition: Definition, limits: Limits) -> None:
    _check_rows(inputs.shape)
    if _without_ones(inputs.shape[1:]) != _without_ones(definition.input_shape):
        raise Rejected(
            f"array 'x' has samples of shape {list(inputs.shape[1:])}, but input_shape is "
            f"{list(definition.input_shape)}",
            hint="correct input_shape, or the array's axes",
        )
    if labels.shape[:1] != inputs.shape[:1]:
        raise Rejected(f"there are {inputs.shape[0]:,} inputs, but labels of shape {list(labels.shape)}")
    several = labels.shape[1:] not in ((), (1,))
    if several and (definition.task != "regression" or labels.shape[1:] != definition.output_shape):
        raise Rejected(
            f"array {shown(labels.name)} has labels of shape {list(labels.shape[1:])}",
            hint="give one class number for each sample, not one column for each class",
        )
    check_size(inputs.shape[0], prod(definition.input_shape), limits)
    check_size(labels.shape[0], prod(labels.shape[1:]), limits)


def _check_rows(shape: tuple[int, ...]) -> None:
    if not shape or not shape[0]:
        raise Rejected("its arrays have no rows", hint="give one row for each sample")


def _without_ones(shape: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(size for size in shape if size != 1)


def _inputs(archive: Archive, header: _Header) -> NDArray[np.float32]:
    if header.type.kind not in "fiub":
        raise Rejected(f"array 'x' holds {header.type.name}, not numbers")
    x = np.empty(prod(header.shape), np.float32)
    done = 0
    for part in _parts(archive, header):
        if part.dtype.kind == "f":
            start = done
            refuse_odd(part, lambda place, start=start: _element(header, start + int(place[0])))  # type: ignore[misc]
        x[done : done + len(part)] = part
        done += len(part)
    return _arranged(x, header)


def _labels(archive: Archive, header: _Header, definition: Definition) -> Labels:
    values = _whole(archive, header)
    values = values[:, 0] if values.ndim == 2 and values.shape[1] == 1 else values
    if values.dtype.kind == "U":
        words, numbers = np.unique(values, return_inverse=True)
        return Labels("str", numbers.astype(np.int64), _row, tuple(str(word) for word in words))
    kind = {"f": "float", "b": "bool"}.get(values.dtype.kind, "int")
    flat = vector(values.reshape(-1), kind, name=definition.label, where=_row)
    return Labels(kind, flat.reshape(values.shape), _row)  # type: ignore[arg-type]


def _whole(archive: Archive, header: _Header) -> NDArray[Any]:
    return _arranged(np.concatenate([*_parts(archive, header)]), header)


def _arranged(values: NDArray[Any], header: _Header) -> NDArray[Any]:
    if not header.column_major:
        return values.reshape(header.shape)
    return np.ascontiguousarray(values.reshape(header.shape[::-1]).T)


def _parts(archive: Archive, header: _Header) -> Iterator[NDArray[Any]]:
    """Give the numbers in the order they are stored, some at a time."""
    step = max(1, _CHUNK // header.type.itemsize) * header.type.itemsize
    left = prod(header.shape) * header.type.itemsize
    with archive.stream(f"{header.name}.npy") as stream:
        stream.read(header.start)
        while left:
            data = stream.read(min(step, left))
            if len(data) < min(step, left):
                raise Rejected(f"array {shown(header.name)} is cut off", hint="write the file anew")
            left -= len(data)
            yield np.frombuffer(data, header.type)
        stream.read(1)  # nothing is left, and so the checksum is checked


def _header(archive: Archive, name: str) -> _Header:
    with archive.stream(f"{name}.npy") as stream:
        text, start = _header_text(stream, name)
    found = _HEADER.fullmatch(text)
    if not found:
        raise Rejected(
            f"array {shown(name)} has a header that is not read: {shown(text.strip())}",
            hint="store plain numbers or text, not records",
        )
    order, kind, width, fortran, sizes = (part.decode() for part in found.groups())
    if f"{kind}{width}" not in _TYPES and not (kind == "U" and width and 0 < int(width) <= _LONGEST_TEXT):
        what = "Python objects, which are never read" if kind == "O" else f"type {kind}{width}, which is not read"
        raise Rejected(f"array {shown(name)} holds {what}", hint="store plain numbers or text")
    shape = tuple(int(size) for size in sizes.split(",") if size.strip())
    header = _Header(name, np.dtype(f"{order}{kind}{width}"), shape, fortran == "True", start)
    stored = archive.size(f"{name}.npy") - start
    if len(shape) > 8 or prod(shape) * header.type.itemsize != stored:
        raise Rejected(
            f"array {shown(name)} says {shown(list(shape))} numbers of {header.type.name}, but holds {stored:,} bytes",
            hint="write the file anew with numpy.savez",
        )
    return header


def _header_text(stream: Stream, name: str) -> tuple[bytes, int]:
    start = stream.read(12)
    width = {1: 2, 2: 4, 3: 4}.get(start[6] if len(start) == 12 else 0)
    if start[:6] != b"\x93NUMPY" or width is None:
        raise Rejected(f"array {shown(name)} is not in numpy's format", hint="write the file with numpy.savez")
    length = int.from_bytes(start[8 : 8 + width], "little")
    if length > 10_000:
        raise Rejected(f"array {shown(name)} has a header of {length:,} bytes", hint="write the file with numpy.savez")
    text = (start[8 + width :] + stream.read(length - (4 - width)))[:length]
    return text, 8 + width + length


def _element(header: _Header, number: int) -> str:
    order: Literal["C", "F"] = "F" if header.column_major else "C"
    row, *place = np.unravel_index(number, header.shape, order=order)
    return f"{_row(int(row))}: {header.name}[{', '.join(str(int(each)) for each in place)}]"


def _row(index: int) -> str:
    return f"row {index + 1}"
