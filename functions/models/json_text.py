"""JSON from strangers: one meaning only, and bounded before it is parsed."""

from functions.documents import strict
from functions.documents.strict import Json
from functions.models.facts import ModelLimits, ModelRefused

MAX_CONTAINERS = 300_000
MAX_ITEMS = 1_500_000

CODES = {"json": "E_JSON", "twice": "E_DUPLICATE_KEY", "depth": "E_DEPTH"}

__all__ = ["Json", "parse"]


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
        return strict.loads(text, deepest=limits.max_depth)
    except strict.NotStrictError as error:
        raise ModelRefused(CODES[error.kind], str(error), where=where) from None
