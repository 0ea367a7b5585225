"""How often a component is right, class by class: ``classification_performance`` in its folder (AI-SPRINT's files)."""

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from functions.datasets.files import opened
from functions.runtime.errors import Rejected
from functions.runtime.settings import nearest

FOLDER = "classification_performance"
MATRIX = "confusion_matrix.npy"
CLASSES = "class_names_dictionary.csv"
WEIGHTS = "class_weights.csv"
LARGEST = 1 << 20
NEAR = 0.01
"""Shares that add up to 1 within this stay as they are; all else counts as counts, and is divided by its sum."""


@dataclass(frozen=True)
class Confusion:
    """One component's answers.

    Attributes:
        classes: Names, in the order of the rows.
        shares: ``(n, n)``: of all samples those of the row's class that were taken for the column's.
    """

    classes: tuple[str, ...]
    shares: NDArray[np.float64]

    def index(self, name: str, source: str) -> int:
        """Give the row of a class.

        Raises:
            Rejected: There is no such class.
        """
        if name not in self.classes:
            raise Rejected(f"{source}: there is no class {name!r}{nearest(name, self.classes)}")
        return self.classes.index(name)


def read_confusion(folder: Path) -> Confusion:
    """Read the two files of a component in ``folder``.

    Raises:
        Rejected: One is missing or damaged, or they do not fit each other.
    """
    matrix, names = folder / FOLDER / MATRIX, folder / FOLDER / CLASSES
    for path in (matrix, names):
        if not path.is_file():
            said = f"{_shown(path)} is missing; how good the alternatives are cannot be told without it"
            raise Rejected(said, hint=f"save shares of all samples with numpy.save, and {CLASSES} with class,index")
    shares = _shares(matrix)
    classes = dict(_numbered(names))
    if sorted(classes) != list(range(len(shares))):
        said = f"{_shown(names)} numbers {len(classes)} classes; {MATRIX} has {len(shares)} rows, numbered from 0"
        raise Rejected(said, hint="write one line for each row: class,index")
    return Confusion(tuple(classes[index] for index in range(len(shares))), shares)


def read_weights(sources: Path) -> dict[str, float]:
    """Read ``class_weights.csv``, columns ``class`` and ``weight``; nothing if it is not there.

    Raises:
        Rejected: It is damaged.
    """
    path = sources / WEIGHTS
    if not path.is_file():
        return {}
    weights = {}
    for number, row in _rows(path, ("class", "weight")):
        try:
            weights[row["class"]] = float(row["weight"])
        except ValueError:
            weights[row["class"]] = -1.0
        if not 0 <= weights[row["class"]] < float("inf"):
            raise Rejected(f"{_shown(path)}: line {number}: weight is {row['weight'][:40]!r}, no number from 0")
    if not sum(weights.values()):
        raise Rejected(f"{_shown(path)}: no class has a weight")
    return weights


def _shares(path: Path) -> NDArray[np.float64]:
    with opened(path, LARGEST) as file:
        content = file.read(LARGEST + 1)
    try:
        found: NDArray[Any] = np.load(io.BytesIO(content), allow_pickle=False)
        shares = np.asarray(found, dtype=np.float64)
    except (ValueError, TypeError, EOFError, OSError, MemoryError) as error:
        raise Rejected(f"{_shown(path)} is no array of numbers: {str(error)[:80]}", hint="write it anew") from None
    if shares.ndim != 2 or shares.shape[0] != shares.shape[1] or not len(shares):
        raise Rejected(f"{_shown(path)} has shape {list(shares.shape)}; it has one row and one column for each class")
    total = float(shares.sum())
    if not np.isfinite(shares).all() or (shares < 0).any() or not total:
        raise Rejected(f"{_shown(path)} has values that are no shares: negative, infinite, or none")
    return shares if abs(total - 1) <= NEAR else shares / total


def _numbered(path: Path) -> Iterator[tuple[int, str]]:
    for number, row in _rows(path, ("class", "index")):
        if not (row["index"].isdecimal() and row["index"].isascii() and len(row["index"]) < 6):
            said = f"{_shown(path)}: line {number}: index is {row['index'][:40]!r}, not a whole number from 0"
            raise Rejected(said)
        yield int(row["index"]), row["class"]


def _rows(path: Path, columns: tuple[str, ...]) -> Iterator[tuple[int, dict[str, str]]]:
    with opened(path, LARGEST) as file:
        text = file.read(LARGEST + 1).decode("utf-8-sig", errors="replace")
    reader = csv.DictReader(io.StringIO(text))
    try:
        missing = [column for column in columns if column not in (reader.fieldnames or ())]
        if missing:
            raise Rejected(f"{_shown(path)}: line 1: column {missing[0]} is missing")
        for row in reader:
            if any(not row.get(column) for column in columns):
                raise Rejected(f"{_shown(path)}: line {reader.line_num}: {' or '.join(columns)} is empty")
            yield reader.line_num, {column: row[column].strip() for column in columns}
    except csv.Error as error:
        raise Rejected(f"{_shown(path)} is no table: {error}") from None


def _shown(path: Path) -> str:
    parts = path.parts
    return "/".join(parts[-4 if parts[-2] == FOLDER else -2 :])
