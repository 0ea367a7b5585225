"""What pydantic finds wrong with a document, in one sentence each, with the line and the nearest right name."""

import re
from collections.abc import Iterator, Mapping
from typing import get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from functions.datasets.document import Document, Place, Plain, Problem
from functions.runtime.settings import nearest

_WANTED = {
    "int_type": "a whole number",
    "int_parsing": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "float_parsing": "a number",
    "string_type": "text; put it in quotes",
    "bool_type": "true or false",
    "bool_parsing": "true or false",
    "tuple_type": "a list",
    "list_type": "a list",
    "dict_type": "a mapping of names to values",
    "model_type": "a mapping of fields",
    "model_attributes_type": "a mapping of fields",
    "greater_than": "greater than {gt}",
    "greater_than_equal": "at least {ge}",
    "less_than": "less than {lt}",
    "less_than_equal": "at most {le}",
    "string_too_short": "text of at least {min_length} characters",
    "string_too_long": "text of at most {max_length} characters",
}
_FORM = {
    "sha256": "64 hexadecimal digits in lower case",
    "license": "an SPDX expression such as CC-BY-4.0",
    "model": "a file's name without its folder",
    "dataset": "a file's name without its folder",
}


def shown(value: object) -> str:
    """Give a value as a person may see it in a sentence: on one line, and not longer than that."""
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def dotted(place: Place) -> str:
    """Give a place as a person writes it, ``split.validation``."""
    return ".".join(part if isinstance(part, str) and part.isprintable() else shown(part) for part in _short(place))


def problems(error: ValidationError, document: Document, model: type[BaseModel]) -> Iterator[Problem]:
    """Give each thing that pydantic found, once a place."""
    seen = set()
    for each in error.errors(include_url=False):
        place = _place(each["loc"], document.content, missing=each["type"] == "missing")
        if place not in seen:
            seen.add(place)
            sentence = _sentence(each, place, model)
            yield Problem(place, sentence, document.line(place))


def _sentence(error: ErrorDetails, place: Place, model: type[BaseModel]) -> str:
    name, kind, context = dotted(place), error["type"], error.get("ctx", {})
    if kind == "extra_forbidden":
        return f"{name} is not a field{nearest(str(place[-1]), _fields(model, place[:-1]))}"
    if kind == "missing":
        description = _description(model, place)
        return f"{name} is missing" + (
            f": {description[0].lower()}{description[1:].rstrip('.')}" if description else ""
        )
    if kind == "literal_error":
        words = re.findall(r"'([^']*)'", context["expected"])
        close = nearest(str(error["input"])[:60], words)
        return f"{name} is {shown(error['input'])}, not one of {', '.join(shown(word)[1:-1] for word in words)}{close}"
    if kind in ("too_short", "too_long"):
        bound = f"at least {context['min_length']}" if kind == "too_short" else f"at most {context['max_length']}"
        return f"{name} has {context['actual_length'] or 'no'} entries; it takes {bound}"
    if kind == "string_pattern_mismatch":
        wanted = next((form for word, form in _FORM.items() if word in place), f"of the form {context['pattern']}")
        return f"{name} must be {wanted}, not {shown(error['input'])}"
    if kind in _WANTED:
        return f"{name} must be {_WANTED[kind].format(**context)}, not {shown(error['input'])}"
    message = error["msg"].removeprefix("Value error, ")
    return f"{name}: {message[0].lower()}{message[1:]}" if name else message


def _place(location: tuple[int | str, ...], content: Plain, *, missing: bool) -> Place:
    # pydantic puts names of its own between those of the document: tags of unions, "[key]".
    place: list[str | int] = []
    node: Plain = content
    for part in location[:-1] if missing else location:
        inner: Mapping[int | str, Plain] = {}
        if isinstance(node, dict):
            inner = dict(node.items())
        elif isinstance(node, list):
            inner = dict(enumerate(node))
        if part in inner:
            node = inner[part]
            place.append(part)
    return (*place, location[-1]) if missing else tuple(place)


def _fields(model: type[BaseModel], place: Place) -> list[str]:
    return [name for each in _models(model, place) for name in each.model_fields]


def _description(model: type[BaseModel], place: Place) -> str:
    for each in _models(model, place[:-1]):
        if place[-1] in each.model_fields:
            return each.model_fields[str(place[-1])].description or ""
    return ""


def _models(model: type[BaseModel], place: Place) -> list[type[BaseModel]]:
    """Give the models that may stand at ``place``."""
    current = [model]
    for part in place:
        if isinstance(part, str):
            current = [
                inner
                for each in current
                if part in each.model_fields
                for inner in _inside(each.model_fields[part].annotation)
            ]
    return current


def _inside(annotation: object) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for inner in get_args(annotation):
        yield from _inside(inner)


def _short(place: Place) -> Place:
    return tuple(part[:60] if isinstance(part, str) else part for part in place)
