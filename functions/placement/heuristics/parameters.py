"""Parameters of the methods: what each may be, and what it is unless given."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import inf, isfinite
from typing import Any, TypeAlias

from functions.runtime.errors import Rejected
from functions.runtime.settings import nearest

Value: TypeAlias = float | str | None


@dataclass(frozen=True)
class Parameter:
    """One parameter.

    Attributes:
        default: None where it is optional and has no value unless given.
        least, most: Between which a number lies.
        words: What it may be, if it is a word.
        whole: It counts something.
    """

    default: Value
    least: float = 0.0
    most: float = inf
    words: tuple[str, ...] = ()
    whole: bool = False

    def fault(self, value: Value) -> str:
        """Say what is wrong with a value; nothing if it will do."""
        if value is None and self.default is None:
            return ""
        if self.words:
            return "" if value in self.words else f"is one of {', '.join(self.words)}"
        if isinstance(value, bool) or not isinstance(value, int | float) or not isfinite(value):
            return "is a number"
        if self.whole and value != int(value):
            return "is a whole number"
        return "" if self.least <= value <= self.most else f"is from {self.least:g} to {self.most:g}"


def checked(method: str, known: Mapping[str, Parameter], given: Mapping[str, Value]) -> dict[str, Any]:
    """Give all parameters of a method, those that are given checked.

    Raises:
        Rejected: One is unknown, or is what it cannot be.
    """
    for name, value in given.items():
        if name not in known:
            hint = f"it takes {', '.join(known)}" if known else "it takes none"
            raise Rejected(f"{method} has no parameter {name!r}{nearest(name, known)}", hint=hint)
        fault = known[name].fault(value)
        if fault:
            raise Rejected(f"{method}: {name} {fault}, not {value!r}")
    return {name: given.get(name, parameter.default) for name, parameter in known.items()}
