"""What must hold of a bill of materials: the schema, and what the schema does not see."""

from collections import Counter
from collections.abc import Iterator

from functions.trust.bom import schema
from functions.trust.bom.reading import BomError, Document, components, is_canonical, parse, version
from functions.trust.bom.schema import Spec

BOM_LINK = "urn:cdx:"


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
    if not is_canonical(document, bom):
        raise BomError("its bytes are not the canonical form of RFC 8785")
    problems = list(schema.violations(document, spec))
    if not problems:
        problems += [*_references(document, spec), *_digests(document), *_graph(document)]
    if problems:
        raise BomError(*problems)


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
