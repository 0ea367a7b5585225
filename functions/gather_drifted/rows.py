"""Labelled rows of a table, in the form of a definition, and which of them no training may see."""

import csv
import hashlib
import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from functions.datasets.definition import Definition
from functions.documents.wording import shown
from functions.modelling.table import Table
from functions.modelling.table_reading import read_table
from functions.runtime.errors import Rejected

UNLABELLED = frozenset({"", "nan", "null", "none", "?"})
Row = tuple[str, ...]
"""Cells in the order of the definition's columns."""


@dataclass(frozen=True)
class Labelled:
    """The rows of a table that have a label, and how many it has in all."""

    rows: tuple[Row, ...]
    total: int


def labelled(path: Path, definition: Definition, *, source: str) -> Labelled:
    """Read a table; its label may be missing, in a row or altogether, its features may not.

    Raises:
        Rejected: It is no table, has no such feature, or a cell is of another kind than the definition says.
    """
    table = read_table(path, source=source)
    features = {name: _numbers(table, name, definition.columns[name]) for name in definition.features}
    labels = _labels(table, definition)
    places = [place for place, cell in enumerate(labels) if cell is not None]
    columns: dict[str, list[str | None]] = {**features, definition.label: labels}
    rows = tuple(tuple(columns[name][place] or "" for name in definition.columns) for place in places)
    return Labelled(rows, len(table))


def parted(rows: Iterable[Row], definition: Definition, share: float) -> tuple[list[Row], list[Row]]:
    """Part rows into those to train on and those that are kept from every training.

    By a digest of the features alone: the same inputs are always on the same side, in each set, whatever their label.
    """
    places = [place for place, name in enumerate(definition.columns) if name != definition.label]
    training: list[Row] = []
    kept: list[Row] = []
    for row in rows:
        digest = hashlib.sha256("\0".join(row[place] for place in places).encode()).digest()
        is_kept = int.from_bytes(digest[:8], "big") < share * 2**64
        (kept if is_kept else training).append(row)
    return training, kept


def as_csv(rows: Iterable[Row], definition: Definition) -> bytes:
    """Give rows as a CSV file with a header."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(definition.columns)
    writer.writerows(rows)
    return text.getvalue().encode()


def labels_in(rows: Iterable[Row], definition: Definition) -> set[str]:
    """Give the different labels of rows."""
    place = list(definition.columns).index(definition.label)
    return {row[place] for row in rows}


def _numbers(table: Table, name: str, kind: str) -> list[str | None]:
    return [_cell(number, kind) for number in table.numbers(name).tolist()]


def _cell(number: float, kind: str) -> str:
    return str(int(number)) if kind in ("int", "bool") and number.is_integer() else repr(number)


def _labels(table: Table, definition: Definition) -> list[str | None]:
    """Give each row's label as text; None where it has none."""
    kind = definition.columns[definition.label]
    column = table.columns.get(definition.label)
    if column is None:
        return [None] * len(table)
    if column.numbers is not None:
        return [_cell(number, kind) for number in column.numbers.tolist()]
    return list(_words(table, column.words, definition))


def _words(table: Table, words: Iterable[str], definition: Definition) -> Iterator[str | None]:
    kind = definition.columns[definition.label]
    for line, word in zip(table.lines, words, strict=True):
        if word.strip().lower() in UNLABELLED:
            yield None
        elif kind in ("str", "bool"):
            yield word
        else:
            yield _parsed(word, kind, f"{table.source}: {table.unit} {line}: label {shown(definition.label)}")


def _parsed(word: str, kind: str, what: str) -> str:
    try:
        return _cell(float(word), kind)
    except ValueError:
        raise Rejected(f"{what} is {shown(word)}, not a number", hint="leave it empty where it is not known") from None
