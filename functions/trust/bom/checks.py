"""What must hold of a bill of materials: the schema, and what the schema does not see."""

import json
from collections import Counter
from collections.abc import Iterator
from typing import Any

import rfc8785

from functions.runtime.errors import Rejected
from functions.trust.bom import schema
from functions.trust.bom.schema import SPECS, Spec

LIMIT = 16_000_000
BOM_LINK = "urn:cdx:"

Document = dict[str, Any]


class BomError(Rejected):
    """A bill of materials is wrong; ``problems`` has a sentence for each thing that is."""

    def __init__(self, *problems: str) -> None:
        super().__init__("; ".join(problems), hint="make the bill of materials again from the commit record")
        self.problems = problems


def check(bom: bytes) -> None:
    """Hold a bill of materials against the strict schema of its version and against itself.

    Beside the schema: canonical bytes (RFC 8785), every bom-ref given once and every one used given, one digest for
    each algorithm of a component, one digest for each file wherever it is named, and a dependency graph that has every
    component in it and reaches each from the subject.

    Raises:
        BomError: It names each problem.
    """
    document = parse(bom)
    spec = version(document)
    problems = list(schema.violations(document, spec))
    if rfc8785.dumps(document) != bom:
        problems.append("its bytes are not the canonical form of RFC 8785")
    if not problems:
        problems += [*_references(document, spec), *_digests(document), *_graph(document)]
    if problems:
        raise BomError(*problems)


def parse(bom: bytes) -> Document:
    """Read the JSON of a bill of materials; a key twice, a number that is none and a huge document are refused.

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


def _references(document: Document, spec: Spec) -> Iterator[str]:
    """Name bom-refs that are given twice, and those that are used and not given."""
    found = list(schema.references(document, spec))
    given = Counter(ref for _, ref in {(path, ref) for kind, ref, path in found if kind == "name"})
    used = {ref: path for kind, ref, path in found if kind == "link" and not ref.startswith(BOM_LINK)}
    for one in document.get("compositions", ()):  # plain strings to the schema
        used |= dict.fromkeys(one.get("dependencies", ()), "$.compositions")
    yield from (f"the bom-ref {ref!r} is given {count} times" for ref, count in sorted(given.items()) if count > 1)
    for ref in sorted(used.keys() - given.keys()):
        yield f"{used[ref]} refers to {ref!r}, which nothing has as bom-ref"


def _digests(document: Document) -> Iterator[str]:
    """Name components and files that are said to have two digests of one algorithm."""
    known: dict[tuple[str, ...], dict[str, str]] = {}
    for one in components(document):
        name = one.get("name", "")
        yield from _ambiguous(one.get("hashes", ()), name)
        same = known.setdefault((one.get("type", ""), name, one.get("version", "")), {})
        yield from _differing(same, one.get("hashes", ()), name)
    files = {ref: one for one in components(document) if (ref := one.get("bom-ref", ""))}
    for holder in (document, *components(document)):
        for each in holder.get("externalReferences", ()):
            yield from _ambiguous(each.get("hashes", ()), each["url"])
            of = {h["alg"]: h["content"] for h in files.get(f"output/{each['url']}", {}).get("hashes", ())}
            yield from _differing(of, each.get("hashes", ()), each["url"])


def _ambiguous(hashes: list[Document], name: str) -> Iterator[str]:
    for algorithm, count in Counter(each["alg"] for each in hashes).items():
        if count > 1:
            yield f"{name!r} has {count} digests of {algorithm}"


def _differing(known: dict[str, str], hashes: list[Document], name: str) -> Iterator[str]:
    for each in hashes:
        if known.setdefault(each["alg"], each["content"]).lower() != each["content"].lower():
            yield f"{name!r} has one {each['alg']} in one place and another in another"


def _graph(document: Document) -> Iterator[str]:
    """Name components that the dependency graph leaves out, or that the subject does not reach."""
    edges: dict[str, list[str]] = {}
    for node in document.get("dependencies", ()):
        if node["ref"] in edges:
            yield f"the dependencies of {node['ref']!r} are listed twice"
        edges[node["ref"]] = [*node.get("dependsOn", ()), *node.get("provides", ())]
    subject = document.get("metadata", {}).get("component", {}).get("bom-ref", "")
    reached, waiting = set(), [subject]
    while waiting:
        ref = waiting.pop()
        if ref not in reached:
            reached.add(ref)
            waiting += edges.get(ref, ())
    for one in _listed(document.get("components", [])):
        ref = one.get("bom-ref", "")
        if not ref:
            yield f"the component {one['name']!r} has no bom-ref"
        elif ref not in reached:
            yield f"the subject of the bill does not depend on {ref!r}, however indirectly"


def _listed(found: list[Document]) -> Iterator[Document]:
    for one in found:
        yield one
        yield from _listed(one.get("components", []))


def _once(pairs: list[tuple[str, Any]]) -> Document:
    """Build an object, refusing a key that comes twice: readers would differ over which one counts."""
    built = dict(pairs)
    if len(built) != len(pairs):
        twice = next(key for key, count in Counter(key for key, _ in pairs).items() if count > 1)
        raise ValueError(f"the key {twice!r} comes twice")
    return built


def _no_number(text: str) -> None:
    raise ValueError(f"{text} is not JSON")
