"""The published CycloneDX schemas, compiled: strict, offline, and asked which of their fields hold references."""

import json
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from typing import Any, Literal, get_args

import jsonschema_rs

Spec = Literal["1.7", "1.6"]
SPECS: tuple[Spec, ...] = get_args(Spec)
RESOURCES = "cyclonedx.schema._res"
SHOWN = 10

Schema = dict[str, Any]
Reference = tuple[Literal["name", "link"], str, str]
"""Whether a bom-ref is given or used, the bom-ref, and the JSON path where."""


@cache
def published(name: str) -> Schema:
    """Give a schema file that ``cyclonedx-python-lib`` packages: ``bom-1.7``, ``spdx``, ``jsf-0.82``."""
    text = files(RESOURCES).joinpath(f"{name}.SNAPSHOT.schema.json").read_text(encoding="utf-8")
    schema: Schema = json.loads(text)
    return schema


@cache
def validator(spec: Spec) -> jsonschema_rs.Draft7Validator:
    """Compile the schema of a version once per process; nothing is looked up on a network."""

    def packaged(uri: str) -> Schema:
        return published(uri.rpartition("/")[2].removesuffix(".SNAPSHOT.schema.json"))

    return jsonschema_rs.Draft7Validator(published(f"bom-{spec}"), validate_formats=True, retriever=packaged)


def violations(document: object, spec: Spec) -> tuple[str, ...]:
    """Name what the schema does not allow, a sentence each, ten at most."""
    found = []
    for error in validator(spec).iter_errors(document):
        found.append(f"{_path(error.instance_path)}: {error.message[:200]}")
        if len(found) == SHOWN:
            break
    return tuple(found)


def references(document: object, spec: Spec) -> Iterator[Reference]:
    """Find every bom-ref that the document gives or uses, in whatever field the schema has for one."""
    yield from _references(document, published(f"bom-{spec}"), published(f"bom-{spec}")["definitions"], "$")


def _references(value: object, schema: Schema, definitions: Schema, path: str) -> Iterator[Reference]:
    """Walk value and schema side by side; a field that a branch of the schema has is followed in that branch."""
    kind = schema.get("$ref", "").rpartition("/")[2]
    if kind in {"refType", "refLinkType"}:
        if isinstance(value, str):
            yield ("name" if kind == "refType" else "link"), value, path
        return
    if kind in definitions:
        yield from _references(value, definitions[kind], definitions, path)
    for branch in (*schema.get("oneOf", ()), *schema.get("anyOf", ()), *schema.get("allOf", ())):
        yield from _references(value, branch, definitions, path)
    if isinstance(value, dict):
        for key in value.keys() & schema.get("properties", {}).keys():
            yield from _references(value[key], schema["properties"][key], definitions, f"{path}.{key}")
    elif isinstance(value, list) and isinstance(schema.get("items"), dict):
        for index, each in enumerate(value):
            yield from _references(each, schema["items"], definitions, f"{path}[{index}]")


def _path(parts: list[str | int]) -> str:
    return "$" + "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in parts)
