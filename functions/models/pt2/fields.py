"""Fields of a program's JSON: each of the kind that it has to be."""

import re
from collections.abc import Mapping

from functions.models.facts import ModelRefused, Shape
from functions.models.json_text import Json

EXPRESSION = re.compile(
    r"(?:Symbol\('[a-z]{1,3}\d{1,6}'|Integer\(-?\d{1,18}|(?:Mul|Add|FloorDiv|Mod|Max|Min|Pow)\("
    r"|(?:positive|integer|nonnegative)=True|-?\d{1,18}|[(), )])*\Z"
)
"""Sizes as sympy writes them: symbols, numbers and arithmetic. Loaders evaluate these as Python."""
MAX_RANK = 16


def mapping(value: Json, at: str) -> Mapping[str, Json]:
    """Give an object."""
    if not isinstance(value, dict):
        raise ModelRefused("E_VALUE", f"{ascii(value)[:60]} is no object", where=at)
    return value


def listed(value: Json, at: str) -> list[Json]:
    """Give a list."""
    if not isinstance(value, list):
        raise ModelRefused("E_VALUE", f"{ascii(value)[:60]} is no list", where=at)
    return value


def text(value: Json, at: str) -> str:
    """Give a text of at most 300 characters."""
    if not isinstance(value, str) or len(value) > 300:
        raise ModelRefused("E_VALUE", f"{ascii(value)[:60]} is no name", where=at)
    return value


def integer(value: Json, at: str) -> int:
    """Give a whole number that 64 bits hold."""
    if not isinstance(value, int) or isinstance(value, bool) or abs(value) >= 1 << 63:
        raise ModelRefused("E_VALUE", f"{ascii(value)[:60]} is no whole number", where=at)
    return value


def only(value: Mapping[str, Json], keys: set[str], at: str) -> None:
    """Refuse keys that are not in ``keys``."""
    strange = sorted(set(value) - keys)
    if strange:
        raise ModelRefused("E_KEY_NOT_ALLOWED", f"{ascii(strange[0])[:60]} is not a key here", where=at)


def sizes(value: Json, at: str) -> Shape:
    """Give sizes, None for one that is an expression; the expression is checked to be arithmetic."""
    found: list[int | None] = []
    for each in listed(value, at):
        entry = mapping(each, at)
        if set(entry) == {"as_int"}:
            size = integer(entry["as_int"], at)
            if not 0 <= size < 1 << 48:
                raise ModelRefused("E_TOO_LARGE", f"a size of {size}", where=at)
            found.append(size)
        else:
            expression(entry, at)
            found.append(None)
    if len(found) > MAX_RANK:
        raise ModelRefused("E_TOO_LARGE", f"a tensor of {len(found)} dimensions", where=at)
    return tuple(found)


def expression(entry: Mapping[str, Json], at: str) -> None:
    """Refuse a symbolic size whose expression is more than arithmetic."""
    inner = mapping(entry.get("as_expr"), at)
    source = inner.get("expr_str")
    if set(entry) != {"as_expr"} or set(inner) - {"expr_str", "hint"} or not isinstance(source, str):
        raise ModelRefused("E_VALUE", "it is no size", where=at)
    if len(source) > 2_000 or not EXPRESSION.match(source):
        raise ModelRefused("E_EXPRESSION", f"{ascii(source)[:80]} is more than arithmetic on sizes", where=at)
