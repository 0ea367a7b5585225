"""Weights in safetensors, digested without any framework (https://github.com/huggingface/safetensors, its format)."""

import hashlib
import json
from pathlib import Path

from functions.trust.errors import TrustError

TYPES = {"F64": "<f8", "F32": "<f4", "F16": "<f2", "I64": "<i8", "I32": "<i4", "I16": "<i2", "I8": "|i1",
         "U64": "<u8", "U32": "<u4", "U16": "<u2", "U8": "|u1", "BOOL": "|b1"}  # fmt: skip
"""safetensors' names of types -> numpy's."""
HEADER = 100_000_000
"""Bytes; the format's own limit."""
PIECE = 1 << 20


def safetensors_digest(file: Path) -> str:
    """Give the canonical digest of the tensors in a file, as ``functions.training.tensors.digest`` does of arrays.

    Raises:
        TrustError: ``E_WEIGHTS``: the file is not a right one.
    """
    sha256 = hashlib.sha256()
    with file.open("rb") as source:
        size = int.from_bytes(source.read(8), "little")
        try:
            header = json.loads(source.read(size)) if size <= HEADER else None
            tensors = {name: each for name, each in header.items() if name != "__metadata__"} if header else {}
            for name in sorted(tensors):
                each = tensors[name]
                begin, end = each["data_offsets"]
                shape = ",".join(map(str, each["shape"]))
                sha256.update(f"{name}\0{TYPES[each['dtype']]}\0{shape}\0".encode())
                source.seek(8 + size + begin)
                for start in range(begin, end, PIECE):
                    sha256.update(source.read(min(PIECE, end - start)))
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            raise TrustError("E_WEIGHTS", f"{file.name} is not a safetensors file") from error
    return sha256.hexdigest()
