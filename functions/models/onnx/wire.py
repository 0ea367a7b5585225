"""Protocol buffers on the wire (protobuf.dev, "Encoding"): fields of one message at a time, unknown ones refused."""

import struct
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from functions.models.facts import ModelRefused
from functions.models.source import Window

VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5
BUFFER = 64 << 10
MAX_TEXT = 64 << 10


class Span(NamedTuple):
    """Where the bytes of a field lie in the file: its first byte and the one behind its last."""

    start: int
    end: int

    @property
    def size(self) -> int:
        """Number of bytes."""
        return self.end - self.start


Value = int | Span
Schema = Mapping[int, str]
"""Field number -> name; ``name*`` may be there many times."""


class Wire:
    """Reads messages out of a file through a small buffer."""

    def __init__(self, file: Window) -> None:
        self.file = file
        self._base = 0
        self._buffer = b""

    def message(self, span: Span, schema: Schema, at: str) -> dict[str, list[Value]]:
        """Give the fields of the message in ``span`` by name.

        Raises:
            ModelRefused: A field is not in the schema, or is there twice and may not be, since readers then differ.
        """
        found: dict[str, list[Value]] = {}
        for number, value in self.fields(span):
            name = schema.get(number)
            if name is None:
                raise ModelRefused("E_ONNX_FIELD", f"field {number} is not one of ONNX that is read here", where=at)
            many = name.endswith("*")
            values = found.setdefault(name.removesuffix("*"), [])
            if values and not many:
                raise ModelRefused("E_ONNX_FIELD", f"the field {name} is there twice", where=at)
            values.append(value)
        return found

    def fields(self, span: Span) -> Iterator[tuple[int, Value]]:
        """Give number and value of each field in ``span``; a fixed number is given as its bytes' place."""
        position = span.start
        while position < span.end:
            self.file.patience.spend(1, self.file.name)
            key, position = self.varint(position, span.end)
            kind = key & 7
            if kind == VARINT:
                value, position = self.varint(position, span.end)
                yield key >> 3, value
                continue
            if kind == BYTES:
                size, position = self.varint(position, span.end)
            elif kind in (FIXED64, FIXED32):
                size = 8 if kind == FIXED64 else 4
            else:
                raise ModelRefused("E_DAMAGED", "it is no protocol buffer", where=self.file.name)
            if position + size > span.end:
                raise ModelRefused("E_DAMAGED", "a field goes beyond its message", where=self.file.name)
            yield key >> 3, Span(position, position + size)
            position += size

    def varint(self, position: int, end: int) -> tuple[int, int]:
        """Give the number at ``position`` and where it ends."""
        value = 0
        for shift in range(0, 70, 7):
            if position >= end:
                break
            index = position - self._base
            if not 0 <= index < len(self._buffer):
                self._base, index = position, 0
                self._buffer = self.file.read(position, min(BUFFER, self.file.size - position))
            byte = self._buffer[index]
            position += 1
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                return value & 0xFFFFFFFFFFFFFFFF, position
        raise ModelRefused("E_DAMAGED", "it is no protocol buffer", where=self.file.name)

    def text(self, value: Value, at: str) -> str:
        """Give a text of at most 64 KiB."""
        span = place(value, at)
        if span.size > MAX_TEXT:
            raise ModelRefused("E_TOO_LARGE", f"a text of {span.size} bytes", where=at)
        return self.file.read(span.start, span.size).decode(errors="replace")

    def integers(self, values: list[Value], most: int, at: str) -> list[int]:
        """Give repeated int64, packed or one by one."""
        found: list[int] = []
        for value in values:
            if isinstance(value, int):
                found.append(signed(value))
                continue
            position = value.start
            while position < value.end and len(found) <= most:
                number, position = self.varint(position, value.end)
                found.append(signed(number))
        if len(found) > most:
            raise ModelRefused("E_TOO_LARGE", f"more than {most} numbers where few belong", where=at)
        self.file.patience.spend(len(found), self.file.name)
        return found

    def floats(self, value: Value) -> tuple[float, ...]:
        """Give packed 32-bit floats, 64 of them at most."""
        if isinstance(value, int):
            return ()
        size = min(value.size, 256) & ~3
        return struct.unpack(f"<{size // 4}f", self.file.read(value.start, size))


def signed(value: int) -> int:
    """Give a varint as the int64 that it stands for."""
    return value - (1 << 64) if value >> 63 else value


def place(value: Value, at: str) -> Span:
    """Give a field that must be bytes."""
    if isinstance(value, int):
        raise ModelRefused("E_DAMAGED", "a field is of another kind than its own", where=at)
    return value


def number(value: Value, at: str) -> int:
    """Give a field that must be a whole number."""
    if not isinstance(value, int):
        raise ModelRefused("E_DAMAGED", "a field is of another kind than its own", where=at)
    return signed(value)
