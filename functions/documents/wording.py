"""What pydantic finds wrong with a document, in one sentence each, with the line and the nearest right name."""

import re
from collections.abc import Iterable, Iterator, Mapping
from difflib import get_close_matches

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from functions.documents.document import Document, Place, Plain, Problem
from functions.documents.fields import description, fields, is_secret
from functions.runtime.settings import nearest

_WANTED = {
    "int_type": "a whole number",
    "int_parsing": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "float_parsing": "a number",
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

_CHOICES = ("literal_error", "union_tag_invalid", "union_tag_not_found")


MOST = 100
"""Problems that are looked at; a file with more is wrong as a whole, and each costs time."""


def shown(value: object) -> str:
    """Give a value as a person may see it in a sentence: on one line, and not longer than that."""
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def dotted(place: Place) -> str:
    """Give a place as a person writes it, ``split.validation``."""
    return ".".join(part if isinstance(part, str) and part.isprintable() else shown(part) for part in _short(place))


def meant(word: str, known: Iterable[str]) -> str | None:
    """Give the known word that is most like ``word``, if one is like it."""
    return next(iter(get_close_matches(word[:60], list(known), n=1, cutoff=0.6)), None)


def problems(
    error: ValidationError, document: Document, model: type[BaseModel], *, forms: Mapping[str, str] | None = None
) -> Iterator[Problem]:
    """Give each thing that pydantic found, once a place; ``forms`` has field -> what its text looks like, in words."""
    errors = [
        (_place(each["loc"], document.content, missing=each["type"] == "missing"), each)
        for each in error.errors(include_url=False)[:MOST]
    ]
    around = {place[:depth] for place, _ in errors for depth in range(len(place))}
    misspelt = {
        (*place[:-1], meant(str(place[-1]), fields(model, place[:-1])))
        for place, each in errors
        if each["type"] == "extra_forbidden"
    }
    seen: set[Place] = set()
    for place, each in errors:
        # A list with wrong entries is also called too short; a field that is misspelt is also called missing.
        implied = (each["type"] == "too_short" and place in around) or (each["type"] == "missing" and place in misspelt)
        if place not in seen and not implied:
            seen.add(place)
            yield Problem(place, _sentence(each, place, model, forms or {}), document.line(place))


def _sentence(error: ErrorDetails, place: Place, model: type[BaseModel], forms: Mapping[str, str]) -> str:
    name, kind, context = dotted(place), error["type"], error.get("ctx", {})
    if kind not in ("extra_forbidden", "missing") and is_secret(model, place):
        return f"{name} is not what it must be; what it is may be a secret, and is not shown"
    if kind == "extra_forbidden":
        known = fields(model, place[:-1])
        if place[-1] in known:
            return f"{name} says what another field beside it says; write one of them"
        return f"{name} is not a field{nearest(str(place[-1]), known)}"
    if kind == "missing":
        about = description(model, place)
        return f"{name} is missing" + (f": {_inside_a_sentence(about)}" if about else "")
    if kind in _CHOICES:
        return _no_choice(error, name)
    if kind in ("too_short", "too_long"):
        bound = f"at least {context['min_length']}" if kind == "too_short" else f"at most {context['max_length']}"
        some = context["actual_length"] or ("no" if kind == "too_short" else "too many")
        return f"{name} has {some} entries; it takes {bound}"
    if kind == "string_pattern_mismatch":
        wanted = next((form for word, form in forms.items() if word in place), f"of the form {context['pattern']}")
        return f"{name} must be {wanted}, not {shown(error['input'])}"
    if kind == "string_type":
        return f"{name} must be text, not {shown(error['input'])}; put it in quotes"
    if kind in _WANTED:
        return f"{name} must be {_WANTED[kind].format(**context)}, not {shown(error['input'])}"
    message = error["msg"].removeprefix("Value error, ")
    return f"{name}: {message[0].lower()}{message[1:]}" if name else message


def _inside_a_sentence(text: str) -> str:
    begin = text if text[:2].isupper() else f"{text[0].lower()}{text[1:]}"
    return begin.rstrip(".")


def _no_choice(error: ErrorDetails, name: str) -> str:
    """Give the sentence of a word that is none of those which can stand there."""
    kind, context = error["type"], error["ctx"]
    if kind == "literal_error":
        close = nearest(str(error["input"])[:60], re.findall(r"'([^']*)'", context["expected"]))
        return f"{name} is {shown(error['input'])}, not {context['expected']}{close}"
    field = f"{name}.{context['discriminator'].strip(chr(39))}"
    if kind == "union_tag_not_found":
        return f"{field} is missing"
    close = nearest(context["tag"][:60], re.findall(r"'([^']*)'", context["expected_tags"]))
    return f"{field} is {shown(context['tag'])}, not {context['expected_tags']}{close}"


def _place(location: tuple[int | str, ...], content: Plain, *, missing: bool) -> Place:
    # pydantic puts names of its own between those of the document: tags of unions, "[key]".
    place: list[str | int] = []
    node: Plain = content
    for part in location[:-1] if missing else location:
        if isinstance(node, list) and isinstance(part, int) and part < len(node):  # noqa: SIM114 - two types
            node = node[part]
        elif isinstance(node, dict) and isinstance(part, str) and part in node:
            node = node[part]
        else:
            continue
        place.append(part)
    return (*place, location[-1]) if missing else tuple(place)


def _short(place: Place) -> Place:
    return tuple(part[:60] if isinstance(part, str) else part for part in place)
