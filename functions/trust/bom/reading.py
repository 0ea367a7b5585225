"""The JSON of a bill, read with care: whoever wrote it may mean ill."""

import json
from collections import Counter
from collections.abc import Iterator
from typing import Any

import rfc8785

from functions.runtime.errors import Rejected
from functions.trust.bom.schema import SPECS, Spec

LIMIT = 16_000_000
DEEPEST = 64

Document = dict[str, Any]


class BomError(Rejected):
    """A bill of materials is wrong; ``problems`` has a sentence for each thing that is."""

    def __init__(self, *problems: str) -> None:
        super().__init__("; ".join(problems), hint="sign the training's result again")
        self.problems = problems


def parse(bom: bytes) -> Document:
    """Read the JSON of a bill of materials; what is huge, deep, or has a key twice or a number that is none is refused.

    Raises:
        BomError: It is no such JSON.
    """
    if len(bom) > LIMIT:
        raise BomError(f"the bill of materials has {len(bom):,} bytes, more than {LIMIT:,}")
    try:
        document = json.loads(bom.decode("utf-8"), object_pairs_hook=_once, parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        raise BomError(f"the bill of materials is not plain JSON: {error}") from error
    if not isinstance(document, dict):
        raise BomError("the bill of materials is not a JSON object")
    if _is_deep(document):
        raise BomError(f"the bill of materials is nested deeper than {DEEPEST} levels")
    return document


def version(document: Document) -> Spec:
    """Give the version of CycloneDX that the document says it has.

    Raises:
        BomError: It is none that is known here.
    """
    for spec in SPECS:
        if document.get("bomFormat") == "CycloneDX" and document.get("specVersion") == spec:
            return spec
    named = f"{document.get('bomFormat')!r:.40} {document.get('specVersion')!r:.40}"
    raise BomError(f"it is {named}, not CycloneDX {' or '.join(SPECS)}")


def components(document: Document) -> Iterator[Document]:
    """Give every component of the bill, the subject, tools and nested ones included."""
    metadata = document.get("metadata", {})
    tools = metadata.get("tools", {})
    waiting = [
        *document.get("components", ()),
        *([metadata["component"]] if "component" in metadata else ()),
        *(tools.get("components", ()) if isinstance(tools, dict) else ()),
    ]
    while waiting:
        one = waiting.pop(0)
        yield one
        pedigree = one.get("pedigree", {})
        waiting += [
            *one.get("components", ()),
            *(each for kind in ("ancestors", "descendants", "variants") for each in pedigree.get(kind, ())),
        ]


def is_canonical(document: Document, bom: bytes) -> bool:
    """Whether the bytes are the canonical form of the document (RFC 8785)."""
    try:
        return rfc8785.dumps(document) == bom
    except ValueError:  # numbers and texts that it has no form for
        return False


def _is_deep(document: Document) -> bool:
    """Whether something lies deeper than any bill has it; what recurses into it later would fail for want of stack."""
    level: list[Any] = [document]
    for _ in range(DEEPEST):
        level = [
            inner
            for each in level
            for inner in (each.values() if isinstance(each, dict) else each)
            if isinstance(inner, dict | list)
        ]
    return bool(level)


def _once(pairs: list[tuple[str, Any]]) -> Document:
    """Build an object, refusing a key that comes twice: readers would differ over which one counts."""
    built = dict(pairs)
    if len(built) != len(pairs):
        twice = next(key for key, count in Counter(key for key, _ in pairs).items() if count > 1)
        raise ValueError(f"the key {twice!r} comes twice")
    return built


def _no_number(text: str) -> None:
    raise ValueError(f"{text} is not JSON")
