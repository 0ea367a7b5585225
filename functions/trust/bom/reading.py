"""The JSON of a bill, read with care: whoever wrote it may mean ill."""

from collections.abc import Iterator
from typing import Any

import rfc8785

from functions.documents import strict
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
        document = strict.loads(bom, deepest=DEEPEST)
    except strict.NotStrictError as error:
        raise BomError(f"the bill of materials is not plain JSON: {error}") from error
    if not isinstance(document, dict):
        raise BomError("the bill of materials is not a JSON object")
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
