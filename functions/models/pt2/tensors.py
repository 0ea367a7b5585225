"""Weights and constants of an exported program: raw bytes in members of their own, described by JSON."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import prod

from functions.models.archive import Member
from functions.models.facts import ModelLimits, ModelRefused
from functions.models.json_text import Json, parse
from functions.models.pt2.fields import integer, mapping, sizes, text

ITEM = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 2, 7: 4, 8: 8, 12: 1, 13: 2}
"""Bytes of one number by ``ScalarType`` (torch/_export/serde/schema.py)."""
STRIDED = 7
PATH = re.compile(r"(weight|tensor)_\d{1,6}\Z")
FIELDS = {"path_name", "is_param", "use_pickle", "tensor_meta"}


@dataclass(frozen=True)
class Weight:
    """One tensor by its name in the module; ``member`` may be that of another tensor too, when the two are tied."""

    name: str
    member: str
    shape: tuple[int, ...]
    is_parameter: bool

    @property
    def count(self) -> int:
        """How many numbers it has."""
        return prod(self.shape)


def read_weights(members: Mapping[str, Member], folder: str, config: Member, limits: ModelLimits) -> Iterator[Weight]:
    """Give the tensors that ``config`` describes, whose members lie in ``folder``.

    Raises:
        ModelRefused: One is pickled, or is not stored whole.
    """
    at = config.name
    whole = mapping(parse(config.bytes(limits.max_json), at, limits), at)
    if set(whole) != {"config"}:
        raise ModelRefused("E_KEY_NOT_ALLOWED", "it has other keys than config", where=at)
    for name, entry in mapping(whole["config"], f"{at} $.config").items():
        yield _weight(members, folder, name, mapping(entry, at), f"{at} $.config.{ascii(name)[1:100]}".rstrip("'"))


def _weight(members: Mapping[str, Member], folder: str, name: str, entry: Mapping[str, Json], at: str) -> Weight:
    path = text(entry.get("path_name"), at)
    if entry.get("use_pickle") is not False or not PATH.match(path):
        raise ModelRefused(
            "E_PICKLE", f"the member {ascii(path)[:60]} is pickled, and nothing is unpickled", where=at,
            hint="keep plain dense tensors in the module, and save it with torch.export.save of torch 2.8 or later",
        )  # fmt: skip
    if set(entry) - FIELDS or f"{folder}{path}" not in members:
        raise ModelRefused("E_MEMBERS", f"its bytes {path!a} are not in the archive", where=at)
    meta = mapping(entry.get("tensor_meta"), at)
    shape, strides = sizes(meta.get("sizes"), at), sizes(meta.get("strides"), at)
    known = tuple(each for each in shape if each is not None)
    steps = tuple(each for each in strides if each is not None)
    if (len(known), len(steps)) != (len(shape), len(shape)):
        raise ModelRefused("E_VALUE", "its sizes are not all known", where=at)
    kind = integer(meta.get("dtype"), at)
    if kind not in ITEM or meta.get("layout") != STRIDED:
        raise ModelRefused("E_DTYPE", f"numbers of type {kind} are not read, or not in this layout", where=at)
    first = integer(mapping(meta.get("storage_offset"), at).get("as_int"), at)
    stored = members[f"{folder}{path}"].window().size // ITEM[kind]
    last = first + sum((size - 1) * step for size, step in zip(known, steps, strict=True))
    if prod(known) and (first < 0 or prod(known) > stored or last >= stored):
        raise ModelRefused("E_STORAGE", f"its shape {known} is larger than its {stored} stored numbers", where=at)
    return Weight(name, f"{folder}{path}", known, entry.get("is_param") is True)
