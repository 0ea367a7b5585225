"""Bills of materials: what a page says of one, read from a document that anybody may have written."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from functions.runtime.store import Stat, Store

LARGEST = 4 * 1024 * 1024
"""Bytes of a bill that is read."""
MOST = 200
"""Components that are shown."""


@dataclass(frozen=True)
class Component:
    """One thing that something consists of: kind, name and version, licences, and a digest where it has one."""

    kind: str
    name: str
    version: str
    licences: str
    digest: str


@dataclass(frozen=True)
class Bill:
    """A bill of materials as CycloneDX 1.6 and 1.7 write it (ECMA-424): what it is of, and ``parts`` of ``total``."""

    form: str
    subject: Component | None
    parts: tuple[Component, ...]
    total: int


def bill_of_materials(store: Store, bucket: str, stat: Stat) -> Bill | None:
    """Read a bill; None when it is none, or a very large one."""
    if stat.size > LARGEST:
        return None
    try:
        document = json.loads(store.part(bucket, stat.key, 0, stat.size, etag=stat.etag)) if stat.size else None
    except (ValueError, RecursionError):
        return None
    return bill(document)


def bill(document: object) -> Bill | None:
    """Understand a document as far as it is a bill; whatever is not of the kind that it should be is left out."""
    if not isinstance(document, Mapping) or document.get("bomFormat") != "CycloneDX":
        return None
    found = list(_components(document.get("components")))
    subject = list(_components([_mapping(document.get("metadata")).get("component")]))
    form = f"CycloneDX {_word(document.get('specVersion'))}"
    return Bill(form, subject[0] if subject else None, tuple(found[:MOST]), len(found))


def _components(given: object) -> Iterator[Component]:
    for each in given if isinstance(given, list) else ():
        if isinstance(each, Mapping):
            hashes = [f"{_word(one.get('alg'))} {_word(one.get('content'))}" for one in _mappings(each.get("hashes"))]
            licences = [_mapping(one.get("license")) for one in _mappings(each.get("licenses"))]
            names = [_word(one.get("id")) or _word(one.get("name")) for one in licences]
            kind, name, version = (_word(each.get(field)) for field in ("type", "name", "version"))
            yield Component(kind, name, version, ", ".join(filter(None, names)), hashes[0] if hashes else "")


def _mapping(given: object) -> Mapping[str, object]:
    return given if isinstance(given, Mapping) else {}


def _mappings(given: object) -> list[Mapping[str, object]]:
    return [each for each in given if isinstance(each, Mapping)] if isinstance(given, list) else []


def _word(given: object) -> str:
    return given[:200] if isinstance(given, str) else ""
