"""Cells of a text table to numbers, a column at a time; what cannot be one is named with its row and column."""

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, NoReturn

import numpy as np
from numpy.typing import NDArray

from functions.documents.wording import shown
from functions.runtime.errors import Rejected

LONGEST = 200
BLANK = " \t\r\n\f\v"
"""Around a cell these say nothing; other alphabets' spaces are part of it."""
LARGEST = float(np.finfo(np.float32).max)
_BOOLEANS = {"true": 1, "false": 0, "1": 1, "0": 0}
_MISSING = frozenset({"nan", "na", "n/a", "null", "none", "?", "-", "#n/a"})
# Python's float() and int() take more than a file should have: 1_000, other alphabets' digits.
_FLOAT = re.compile(r"\s*[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?\s*", re.ASCII)
_INT = re.compile(r"\s*[-+]?\d+\s*", re.ASCII)


@dataclass
class Words:
    """The different texts of a column, numbered as they come."""

    limit: int
    numbers: dict[str, int] = field(default_factory=dict)

    def number(self, text: str) -> int:
        """Give the text's number, a new one if it is new.

        Raises:
            ValueError: It is too long to name a class.
            Rejected: There are too many.
        """
        text = text.strip(BLANK)
        if len(text) > LONGEST:
            raise ValueError(f"{shown(text)} is longer than {LONGEST} characters")
        found = self.numbers.setdefault(text, len(self.numbers))
        if found >= self.limit:
            raise Rejected(
                f"there are more than {self.limit:,} different labels", hint="a number to be predicted is float or int"
            )
        return found


def numbers(
    cells: Sequence[str], kind: str, *, name: str, where: Callable[[int], str], plain: bool, words: Words
) -> NDArray[Any]:
    """Give one column's cells as (N,) float64, or int64 for int, bool (0, 1) and str (their number in ``words``).

    Args:
        cells: Text, as it stands in the file.
        kind: float, int, bool or str.
        name: The column's.
        where: Names the row of an index.
        plain: Whether the cells are known to be ASCII without underscores, which needs no second look.
        words: Filled with the texts of a str column.

    Raises:
        Rejected: A cell is empty, not finite, or of another kind.
    """
    read, form = _READERS[kind]
    try:
        if kind == "str":
            values = np.fromiter((words.number(cell) for cell in cells), np.int64, len(cells))
            good = "" not in words.numbers
        else:
            values = np.fromiter(map(read, cells), np.float64 if kind == "float" else np.int64, len(cells))
            good = kind != "float" or bool(np.all(np.abs(values) <= LARGEST))
            good = good and (plain or form is None or all(map(form.fullmatch, cells)))
    except (ValueError, KeyError, OverflowError):
        good = False
    if not good:
        _refuse(cells, kind, name=name, where=where)
    return values


def _boolean(cell: str) -> int:
    return _BOOLEANS[cell.strip(BLANK).lower()]


_READERS: dict[str, tuple[Callable[[str], float], re.Pattern[str] | None]] = {
    "float": (float, _FLOAT),
    "int": (int, _INT),
    "bool": (_boolean, None),
    "str": (lambda _: 0, None),
}


def _refuse(cells: Sequence[str], kind: str, *, name: str, where: Callable[[int], str]) -> NoReturn:
    for place, cell in enumerate(cells):
        if problem := _problem(cell.strip(BLANK), kind):
            sentence, hint = problem
            raise Rejected(f"{where(place)}: column {shown(name)} {sentence}", hint=hint)
    raise AssertionError(f"no cell of column {name} is wrong")


def _problem(cell: str, kind: str) -> tuple[str, str] | None:
    if not cell:
        return "is empty", "fill it in, or leave the row out"
    if kind == "str":
        long = len(cell) > LONGEST
        return (f"is {shown(cell)}, longer than {LONGEST} characters", "give classes short names") if long else None
    if cell.lower() in _MISSING:
        return f"is {cell}, a missing value", "fill it in, or leave the row out"
    if kind == "bool":
        return None if cell.lower() in _BOOLEANS else (f"is {shown(cell)}, not true or false", "write true or false")
    if kind == "int":
        if not _INT.fullmatch(cell):
            return f"is {shown(cell)}, not a whole number (int)", "write whole numbers, or declare the column float"
        too_large = len(cell) > 30 or not -(2**63) <= int(cell) < 2**63
        return (f"is {shown(cell)}, beyond 64 bits", "declare the column float") if too_large else None
    return _float_problem(cell)


def _float_problem(cell: str) -> tuple[str, str] | None:
    if _FLOAT.fullmatch(cell):
        too_large = abs(float(cell)) > LARGEST
        return (f"is {shown(cell)}, beyond 32-bit decimals", "bring the column to another unit") if too_large else None
    try:
        if math.isinf(float(cell)):
            return f"is {cell}, which is not finite", "fill in a number, or leave the row out"
    except ValueError:
        pass
    comma = re.fullmatch(r"[-+]?\d+,\d+", cell)
    hint = "write decimals with a point" if comma else "write a number, such as -1.5 or 2e-3"
    return f"is {shown(cell)}, not a number (float)", hint
