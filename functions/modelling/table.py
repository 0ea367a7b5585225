"""A table of measurements: columns of numbers or of words, and where in the file each row stands."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from functions.documents.wording import shown
from functions.runtime.errors import Rejected
from functions.runtime.settings import nearest

Numbers = npt.NDArray[np.float64]  # not graph.py's: who only reads tables has no onnx


@dataclass(frozen=True)
class Column:
    """One column: ``numbers`` if all cells are such, else ``words``.

    Attributes:
        problem: Of a column that is nearly all numbers: the first cell that is none, as a sentence with its line; of a
            column with an empty cell likewise. It is told when the column is used.
    """

    numbers: Numbers | None
    words: tuple[str, ...] = ()
    problem: str = ""


@dataclass(frozen=True)
class Table:
    """Rows of a file.

    Attributes:
        source: The file's name.
        columns: By name, in the file's order, all of the same length.
        lines: Line (of CSV) or row (of Parquet) of each row.
        unit: What ``lines`` counts: line or row.
    """

    source: str
    columns: Mapping[str, Column]
    lines: npt.NDArray[np.int64]
    unit: str = "line"

    def __len__(self) -> int:
        return len(self.lines)

    def column(self, name: str, *, what: str = "column") -> Column:
        """Give a column that can be used.

        Raises:
            Rejected: There is none of that name, or it has cells that cannot be used.
        """
        if name not in self.columns:
            said = f"{self.source}: there is no column {shown(name)}{nearest(name, self.columns)}"
            raise Rejected(said, hint=f"its columns are {', '.join(list(self.columns)[:20])}")
        column = self.columns[name]
        if column.problem:
            raise Rejected(f"{self.source}: {column.problem}", hint=f"correct it, or leave the {what} out")
        return column

    def numbers(self, name: str) -> Numbers:
        """Give a column of numbers as (N,).

        Raises:
            Rejected: It is none.
        """
        column = self.column(name)
        if column.numbers is None:
            first = f"{self.unit} {self.lines[0]}: column {shown(name)} is {shown(column.words[0])}, not a number"
            raise Rejected(f"{self.source}: {first}", hint="write decimals with a point, or leave the column out")
        return column.numbers

    def texts(self, name: str) -> tuple[str, ...]:
        """Give a column's cells as text."""
        column = self.column(name)
        return column.words if column.numbers is None else tuple(f"{each:g}" for each in column.numbers)

    def where(self, keep: npt.NDArray[np.bool_]) -> "Table":
        """Give the rows that ``keep``, booleans of (N,), says."""
        places = np.flatnonzero(keep)
        columns = {name: _taken(column, places) for name, column in self.columns.items()}
        return Table(self.source, columns, self.lines[places], self.unit)

    def without(self, names: Iterable[str]) -> "Table":
        """Give the table without some columns."""
        dropped = set(names)
        left = {name: column for name, column in self.columns.items() if name not in dropped}
        return Table(self.source, left, self.lines, self.unit)

    def renamed(self, names: Mapping[str, str]) -> "Table":
        """Give the table with some columns called otherwise.

        Raises:
            Rejected: There is no such column, or two would have one name.
        """
        for old in names:
            self.column(old)
        columns = {names.get(name, name): column for name, column in self.columns.items()}
        if len(columns) < len(self.columns):
            raise Rejected(f"{self.source}: two columns would have the same name", hint="correct rename_columns")
        return Table(self.source, columns, self.lines, self.unit)


def digest(names: Sequence[str], x: Numbers, y: Numbers) -> str:
    """Give the SHA-256 of what a model is fitted to: names, (N, columns) numbers and (N,) seconds, in their order."""
    made = hashlib.sha256()
    for name in names:
        made.update(name.encode() + b"\0")
    for array in (x, y):
        made.update(str(array.shape).encode() + np.ascontiguousarray(array, "<f8").tobytes())
    return made.hexdigest()


def _taken(column: Column, places: npt.NDArray[np.intp]) -> Column:
    if column.numbers is not None:
        return Column(column.numbers[places], problem=column.problem)
    return Column(None, tuple(column.words[place] for place in places), column.problem)
