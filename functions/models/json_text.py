"""JSON from strangers: one meaning only, and bounded before it is parsed."""

import json
from typing import NoReturn

from functions.models.facts import ModelLimits, ModelRefused

MAX_CONTAINERS = 300_000
MAX_ITEMS = 1_500_000

Json = dict[str, "Json"] | list["Json"] | str | int | float | bool | None


def parse(text: bytes, where: str, limits: ModelLimits) -> Json:
    """Give the value of a JSON text in UTF-8.

    Raises:
        ModelRefused: It is not JSON, too long, too deep, has too many values, a key twice in one object, or NaN.
    """
    if len(text) > limits.max_json:
        raise ModelRefused(
            "E_TOO_LARGE", f"{len(text)} bytes of JSON, more than the {limits.max_json} allowed", where=where
        )
    if text.count(b"{") + text.count(b"[") > MAX_CONTAINERS or text.count(b",") > MAX_ITEMS:
        raise ModelRefused("E_TOO_LARGE", "the JSON has too many objects or values", where=where)
    try:
        value: Json = json.loads(text.decode(), object_pairs_hook=_once, parse_constant=_number)
    except RecursionError:
        raise ModelRefused("E_DEPTH", "the JSON is nested too deeply", where=where) from None
    except _DuplicateKeyError as error:
        raise ModelRefused("E_DUPLICATE_KEY", f"an object has the key {error.args[0]!a} twice", where=where) from None
    except ValueError as error:
        raise ModelRefused("E_JSON", f"it is not JSON: {str(error)[:100]}", where=where) from None
    if _depth(value) > limits.max_depth:
        raise ModelRefused("E_DEPTH", f"the JSON is nested deeper than {limits.max_depth}", where=where)
    return value


class _DuplicateKeyError(Exception):
    """An object has one key twice; readers differ in which one counts."""


def _once(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    value = dict(pairs)
    if len(value) < len(pairs):
        seen: set[str] = set()
        raise _DuplicateKeyError(next(key for key, _ in pairs if key in seen or seen.add(key)))  # type: ignore[func-returns-value]
    return value


def _number(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON number")


def _depth(value: Json) -> int:
    """Count levels without recursion."""
    depth = 0
    level: list[Json] = [value]
    while level:
        depth += 1
        level = [
            inner
            for each in level
            if isinstance(each, dict | list)
            for inner in (each.values() if isinstance(each, dict) else each)
            if isinstance(inner, dict | list)
        ]
    return depth
