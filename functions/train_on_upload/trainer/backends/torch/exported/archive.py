"""The archive of an exported program, as torch 2.8 and later write it: JSON and raw numbers.

Read by ourselves: ``torch.export.load`` unpickles the sample inputs, and evaluates the sizes' expressions as Python.
"""

import io
import json
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from functions.runtime.errors import Rejected
from functions.train_on_upload.trainer.backends.torch.exported.operators import TYPES

_SCHEMA = 8
_PROGRAM, _SAMPLE = "models/model.json", "data/sample_inputs/model.pt"
_CONFIGS = {
    "weights": "data/weights/model_weights_config.json",
    "constants": "data/constants/model_constants_config.json",
}
_KEPT = {"archive_format", "archive_version", "byteorder", ".data/version", _PROGRAM, *_CONFIGS.values()}


@dataclass(frozen=True)
class Stored:
    """One tensor of the archive: its member, its numbers, and whether training may change it."""

    member: str
    tensor: Tensor
    trained: bool


@dataclass(frozen=True)
class Archive:
    """What is used of an archive; ``kept`` are the members that do not change, ``tensors`` is trained in place."""

    program: Mapping[str, Any]
    tensors: Mapping[str, Stored]
    kept: Mapping[str, bytes] = field(repr=False)

    def rewritten(self, sample: tuple[int, ...], kind: torch.dtype) -> bytes:
        """The same archive with the numbers of now and zeros as sample input; the same bytes for the same numbers."""
        buffer = io.BytesIO()
        torch.save(((torch.zeros(sample, dtype=kind),), {}), buffer)
        members = {**self.kept, _SAMPLE: buffer.getvalue()}
        for each in self.tensors.values():  # tied ones share a member, and the first is the one that is trained
            members.setdefault(each.member, each.tensor.numpy().tobytes())
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_STORED) as archive:
            for name in sorted(members):
                archive.writestr(zipfile.ZipInfo(f"trained_model/{name}"), members[name])
        return packed.getvalue()


def read(path: Path) -> Archive:
    """Read the program and the tensors; sample inputs and whatever else there is stay where they are.

    Raises:
        Rejected: It is not such an archive, or something in it is pickled.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            return _read(archive, path.name)
    except (zipfile.BadZipFile, KeyError, TypeError, ValueError, IndexError, RecursionError) as error:
        raise Rejected(f"{path.name} is not a program saved by torch.export.save") from error


def _read(archive: zipfile.ZipFile, name: str) -> Archive:
    names = archive.namelist()
    if packed := [each.filename for each in archive.infolist() if each.compress_type != zipfile.ZIP_STORED]:
        raise Rejected(f"{name} has {packed[0]} compressed, as torch.export.save writes nothing")
    if any(each.endswith("serialized_exported_program.json") for each in names):
        raise Rejected(
            f"{name} is of a torch before 2.8", hint="save it again with torch.export.save of torch 2.8 or later"
        )
    root = names[0].partition("/")[0]
    if f"{root}/{_PROGRAM}" not in names:
        raise Rejected(f"{name} has no program {_PROGRAM}", hint="save one program with torch.export.save")
    program = json.loads(archive.read(f"{root}/{_PROGRAM}"))
    if program["schema_version"]["major"] != _SCHEMA:
        raise Rejected(
            f"{name} is written in version {program['schema_version']['major']} of the schema, not {_SCHEMA}"
        )
    tensors = {}
    for folder, config in _CONFIGS.items():
        for each, entry in json.loads(archive.read(f"{root}/{config}"))["config"].items():
            tensors[each] = _tensor(archive, root, f"data/{folder}/{entry['path_name']}", entry, each)
    kept = {each: archive.read(f"{root}/{each}") for each in sorted(_KEPT) if f"{root}/{each}" in names}
    return Archive(program["graph_module"], tensors, kept)


def _tensor(archive: zipfile.ZipFile, root: str, member: str, entry: Mapping[str, Any], name: str) -> Stored:
    if entry["use_pickle"]:
        raise Rejected(
            f"tensor {name} is pickled, and nothing uploaded is unpickled", hint="keep plain dense tensors only"
        )
    meta = entry["tensor_meta"]
    shape, strides = (tuple(int(size["as_int"]) for size in meta[part]) for part in ("sizes", "strides"))
    if meta["dtype"] not in TYPES:
        raise Rejected(f"tensor {name} has an element type that is not known here", hint="convert the model to float32")
    kind = TYPES[meta["dtype"]]
    expected = prod(shape) * kind.itemsize
    size = archive.getinfo(f"{root}/{member}").file_size
    packed = strides == tuple(prod(shape[place + 1 :]) for place in range(len(shape)))
    if size != expected or not (packed or 1 in shape or 0 in shape) or meta["storage_offset"]["as_int"]:
        hint = "make it contiguous, and no part of another tensor, before the export"
        raise Rejected(f"tensor {name} of shape {list(shape)} does not lie packed in its {size} bytes", hint=hint)
    numbers = np.frombuffer(bytearray(archive.read(f"{root}/{member}")), dtype=np.uint8)
    tensor = torch.from_numpy(numbers).view(kind).reshape(shape) if expected else torch.zeros(shape, dtype=kind)
    trained = bool(entry["is_param"] and meta["requires_grad"])
    if trained and kind != torch.float32:
        raise Rejected(f"parameter {name} is {kind}".replace("torch.", ""), hint="convert the model to float32")
    return Stored(member, tensor, trained)
