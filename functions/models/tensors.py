"""Weights in a ``.safetensors`` file: a JSON header and bytes, as huggingface/safetensors describes it ("Format")."""

import re
from math import prod

from functions.models.facts import Inspected, LayerFact, ModelLimits, ModelRefused
from functions.models.json_text import Json, parse
from functions.models.source import Window

BITS = {
    "BOOL": 8, "U8": 8, "I8": 8, "I16": 16, "U16": 16, "F16": 16, "BF16": 16, "I32": 32, "U32": 32, "F32": 32,
    "I64": 64, "U64": 64, "F64": 64,
}  # fmt: skip
NAME = re.compile(r"[A-Za-z0-9_.\-/:]{1,200}\Z")
MAX_RANK = 8
MAX_NOTE = 64 << 10


def inspect_tensors(file: Window, limits: ModelLimits) -> Inspected:
    """Give which tensors a ``.safetensors`` file has.

    Raises:
        ModelRefused: The header is too large or not plain, or its tensors do not fill the file without gap or overlap.
    """
    if file.size < 8:
        raise ModelRefused("E_DAMAGED", "it is too short for a header", where=file.name)
    length = int.from_bytes(file.read(0, 8), "little")
    if length > limits.max_json:
        raise ModelRefused("E_TOO_LARGE", f"its header says that it is {length} bytes long", where=file.name)
    header = parse(file.read(8, length), f"{file.name} $", limits)
    if not isinstance(header, dict):
        raise ModelRefused("E_VALUE", "its header is no object", where=file.name)
    notes = _notes(header.pop("__metadata__", {}))
    if len(header) > limits.max_members:
        raise ModelRefused("E_TOO_LARGE", f"it has {len(header)} tensors", where=file.name)
    spans: list[tuple[int, int, str]] = []
    facts: list[LayerFact] = []
    for name, entry in header.items():
        (start, end), fact = _tensor(name, entry)
        spans.append((start, end, name))
        facts.append(fact)
    _filled(spans, file.size - 8 - length)
    parameters = sum(each.parameters for each in facts)
    if parameters > limits.max_parameters:
        raise ModelRefused("E_TOO_LARGE", f"it has {parameters} parameters", where=file.name)
    details = {"tensors": str(len(facts)), **{f"metadata.{key}": notes[key][:200] for key in sorted(notes)[:32]}}
    return Inspected("safetensors", (), (), tuple(facts), parameters, file.size, details)


def _notes(value: Json) -> dict[str, str]:
    if not isinstance(value, dict):
        raise ModelRefused("E_VALUE", "the metadata is no object", where="$.__metadata__")
    notes = {key: each for key, each in value.items() if isinstance(each, str)}
    if len(notes) < len(value) or sum(len(key) + len(each) for key, each in notes.items()) > MAX_NOTE:
        raise ModelRefused("E_VALUE", "the metadata may have short texts alone", where="$.__metadata__")
    return notes


def _tensor(name: str, entry: Json) -> tuple[tuple[int, int], LayerFact]:
    at = f"$.{ascii(name)[1:-1][:120]}"
    if not NAME.match(name) or {"", ".", ".."} & set(name.split("/")):  # TensorFlow's have slashes and colons
        raise ModelRefused("E_PATH", "it is no name for a tensor", where=at)
    if not isinstance(entry, dict) or set(entry) != {"dtype", "shape", "data_offsets"}:
        raise ModelRefused("E_VALUE", "it has not exactly dtype, shape and data_offsets", where=at)
    dtype, shape, offsets = entry["dtype"], entry["shape"], entry["data_offsets"]
    if not isinstance(dtype, str) or dtype not in BITS:
        raise ModelRefused("E_DTYPE", f"{ascii(dtype)[:40]} is no type that is read", where=at)
    sizes = _whole(shape, at)
    start_end = _whole(offsets, at)
    if len(sizes) > MAX_RANK or len(start_end) != 2:
        raise ModelRefused("E_VALUE", "it has too many sizes, or not two offsets", where=at)
    start, end = start_end
    if prod(sizes) * BITS[dtype] // 8 != end - start:
        raise ModelRefused("E_STORAGE", f"its shape {sizes} does not fill {end - start} bytes", where=at)
    return (start, end), LayerFact(name, f"{dtype}{list(sizes)}", prod(sizes))


def _whole(value: Json, at: str) -> tuple[int, ...]:
    numbers = value if isinstance(value, list) else [None]
    found = tuple(
        each for each in numbers if isinstance(each, int) and not isinstance(each, bool) and 0 <= each < 1 << 48
    )
    if len(found) != len(numbers):
        raise ModelRefused("E_VALUE", "sizes and offsets are whole numbers from 0", where=at)
    return found


def _filled(spans: list[tuple[int, int, str]], size: int) -> None:
    position = 0
    for start, end, name in sorted(spans):
        if start != position:
            problem = "overlaps another" if start < position else "leaves a gap in front of it"
            raise ModelRefused("E_STORAGE", f"the tensor {problem}", where=f"$.{name}")
        position = end
    if position != size:
        raise ModelRefused("E_STORAGE", f"its tensors have {position} bytes and the file {size}")
