"""Data sets for tests that are written byte by byte, and the shortest definitions of them."""

import io
import struct
import zipfile
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from functions.datasets.arrays import Arrays, read
from functions.datasets.definition import Definition
from functions.datasets.limits import Limits
from functions.runtime.errors import Rejected

TABLE = Definition.model_validate(
    {"columns": {"a": "float", "b": "int", "c": "str"}, "label": "c", "input_shape": [2], "output_shape": [1]}
)
ARRAYS = Definition.model_validate({"input_shape": [3], "output_shape": [1]})
PICTURES = Definition.model_validate({"input_shape": [4, 4, 1], "output_shape": [1]})

Member = tuple[str | zipfile.ZipInfo, bytes]


def changed(definition: Definition, **fields: object) -> Definition:
    """Give the definition with other fields; its task is told anew."""
    given = definition.model_dump(exclude={"task"}, exclude_unset=True)
    return Definition.model_validate({**given, **fields})


def arrays(path: Path, data: bytes, definition: Definition, **limits: int) -> Arrays:
    """Write ``data`` to ``path`` and read it as a data set."""
    path.write_bytes(data)
    return read(path, definition, Limits(**limits))


def refused(path: Path, data: bytes, definition: Definition, **limits: int) -> str:
    """Write ``data`` to ``path`` and give why it is not read; always one sentence that begins with the file's name."""
    with pytest.raises(Rejected) as refusal:
        arrays(path, data, definition, **limits)
    message = refusal.value.message
    assert message.startswith(path.name)
    assert "\n" not in message
    assert len(message) < 1000
    return message.removeprefix(f"{path.name}: ")


def zipped(members: Sequence[Member]) -> bytes:
    """Give a deflated zip archive."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members:
            archive.writestr(name, data)
    return file.getvalue()


def npz(**content: NDArray[Any]) -> bytes:
    """Give what ``numpy.savez_compressed`` writes."""
    file = io.BytesIO()
    np.savez_compressed(file, **content)  # type: ignore[arg-type]
    return file.getvalue()


def npy(shape: str, kind: str, data: bytes = b"") -> bytes:
    """Give an array's file whose header says what it is told to."""
    header = f"{{'descr': '{kind}', 'fortran_order': False, 'shape': {shape}, }}\n".encode()
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header + data


def picture(width: int = 4, height: int = 4, mode: str = "L", kind: str = "PNG", colour: Any = 0, **more: Any) -> bytes:
    """Give a picture of one colour."""
    file = io.BytesIO()
    Image.new(mode, (width, height), colour).save(file, kind, **more)
    return file.getvalue()


def png_of(width: int, height: int) -> bytes:
    """Give a PNG file that says it has so many pixels and has almost none."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(bytes(1000))) + chunk(b"IEND", b"")
