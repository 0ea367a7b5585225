"""JSON from strangers, with one meaning only: no name twice in an object, no number that is none, not too deep."""

import json
import math
from typing import Literal, NoReturn, TypeAlias

Json: TypeAlias = "dict[str, Json] | list[Json] | str | int | float | bool | None"

DEEPEST = 64
LONGEST = 4_000
"""Digits of a number; Python itself refuses more, after a while."""


class NotStrictError(ValueError):
    """The text is not JSON with one meaning; ``kind`` says why, the message how."""

    def __init__(self, kind: Literal["json", "twice", "depth"], message: str) -> None:
        super().__init__(message)
        self.kind = kind


def loads(text: str | bytes, *, deepest: int = DEEPEST) -> Json:
    """Read one JSON value (RFC 8259) from UTF-8; objects and lists lie at most ``deepest`` inside each other.

    Raises:
        NotStrictError: It is none.
    """
    try:
        whole = text.decode() if isinstance(text, bytes) else text
        value: Json = json.loads(
            whole, object_pairs_hook=_once, parse_constant=_no_number, parse_float=_finite, parse_int=_not_too_long
        )
    except NotStrictError:
        raise
    except RecursionError:
        raise NotStrictError("depth", "it is nested too deep") from None
    except ValueError as error:
        raise NotStrictError("json", f"it is not JSON: {str(error)[:120]}") from None
    if _is_deeper(value, deepest):
        raise NotStrictError("depth", f"it is nested deeper than {deepest} levels")
    return value


def _once(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    # Readers differ over which of two counts.
    value = dict(pairs)
    if len(value) < len(pairs):
        seen: set[str] = set()
        for name, _ in pairs:
            if name in seen:
                raise NotStrictError("twice", f"an object has {name[:60]!a} twice")
            seen.add(name)
    return value


def _no_number(word: str) -> NoReturn:
    raise NotStrictError("json", f"it is not JSON: {word} is no number")


def _finite(digits: str) -> float:
    number = float(digits)
    if not math.isfinite(number):
        raise NotStrictError("json", f"{digits[:40]} is greater than any number that a computer holds")
    return number


def _not_too_long(digits: str) -> int:
    if len(digits) > LONGEST:
        raise NotStrictError("json", f"{digits[:40]}... has more than {LONGEST:,} digits")
    return int(digits)


def _is_deeper(value: Json, deepest: int) -> bool:
    """Whether something lies deeper, without recursion: what recurses into it later would fail for want of stack."""
    level: list[Json] = [value]
    for _ in range(deepest):
        level = [
            inner
            for each in level
            if isinstance(each, dict | list)
            for inner in (each.values() if isinstance(each, dict) else each)
            if isinstance(inner, dict | list)
        ]
    return bool(level)
