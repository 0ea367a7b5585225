"""CSV files (RFC 4180, and with ``;`` or tabs), read row by row in bounded memory."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import BinaryIO

import numpy as np

from functions.datasets.arrays import Samples
from functions.datasets.cells import Words, numbers
from functions.datasets.columns import Growing, check_names
from functions.datasets.definition import Definition
from functions.datasets.files import content_kind
from functions.datasets.labels import Labels
from functions.datasets.limits import Limits
from functions.datasets.lines import Lines
from functions.documents.wording import shown
from functions.runtime.errors import Rejected

_DELIMITERS = (",", ";", "\t")
_BATCH = 2048
_MOST_CELLS = 200_000


def read_csv(file: BinaryIO, definition: Definition, limits: Limits) -> Samples:
    """Read a CSV file whose first line names the columns.

    Raises:
        Rejected: Text that is not UTF-8 or CSV, columns or cells that are not the declared ones, or too much of it.
    """
    lines = Lines(file, limits.line)
    header, delimiter = _header(lines, definition)
    if len(header) > limits.columns:
        raise Rejected(f"it has {len(header):,} columns, more than the limit of {limits.columns:,}")
    order = check_names(header, definition)
    words = Words(limits.classes)
    x, labels = Growing(len(order) - 1, np.float32, limits), Growing(1, _label_type(definition), limits)
    for batch in _batches(lines, delimiter, len(header)):
        columns = list(zip(*batch.rows, strict=True))
        x.grow(len(batch.rows))
        labels.grow(len(batch.rows))
        for place, name in enumerate((*definition.features, definition.label)):
            kind = definition.columns[name]
            cells = columns[order[place]]
            values = numbers(cells, kind, name=name, where=batch.where, plain=batch.plain, words=words)
            target = labels.part[:, 0] if name == definition.label else x.part[:, place]
            target[:] = values
    if not x.rows:
        raise Rejected("it has a header and no rows", hint="upload the data with its header")
    values = labels.whole()[:, 0]
    known = Labels(definition.columns[definition.label], values, lambda row: f"row {row + 1}", tuple(words.numbers))
    return Samples(x.whole(), known)


def _label_type(definition: Definition) -> type[np.float64 | np.int64]:
    return np.float64 if definition.columns[definition.label] == "float" else np.int64


@dataclass
class _Batch:
    """Some rows, each a list of cells; ``first`` is the number of the first, from 1, and ``lines`` their lines."""

    first: int
    rows: list[list[str]] = field(default_factory=list)
    lines: list[int] = field(default_factory=list)
    plain: bool = True

    def where(self, place: int) -> str:
        return f"row {self.first + place} (line {self.lines[place]})"


def _header(lines: Lines, definition: Definition) -> tuple[list[str], str]:
    """Give the names in the first line, and what stands between them: what makes most of the columns known."""
    text = next(iter(lines), "")
    if kind := content_kind(text.encode()[:8]):
        raise Rejected(f"it is {kind}, not CSV", hint="name it for what it is")
    if not text.strip():
        raise Rejected("its first line is empty", hint="the first line has the columns' names")
    delimiters = (definition.delimiter,) if definition.delimiter else _DELIMITERS
    lines.pending = 0
    headers: list[tuple[list[str], str]] = [([], delimiters[0])]
    damage = ""
    for each in delimiters:
        try:
            headers.append(([cell.strip() for cell in next(csv.reader([text], delimiter=each, strict=True))], each))
        except csv.Error as error:
            damage = damage or _said(error)
    header, delimiter = max(headers, key=lambda each: (len(set(each[0]) & set(definition.columns)), len(each[0])))
    if damage and not set(header) & set(definition.columns):
        raise Rejected(f"line 1: {damage}", hint="name each column once, in one line")
    return header, delimiter


def _said(error: csv.Error) -> str:
    said = {
        "field larger": "a cell has more than 131,072 characters",
        "unexpected end": "a quote is never closed",
        "expected after": "something follows a closed quote",
        "new-line": "lines end with a carriage return alone",
    }
    return next((sentence for words, sentence in said.items() if words in str(error)), f"it is not CSV: {error}")


def _batches(lines: Lines, delimiter: str, width: int) -> Iterator[_Batch]:
    done = 0
    rows = _rows(lines, delimiter, width)
    size = max(1, min(_BATCH, _MOST_CELLS // width))
    while True:
        lines.restart()
        batch = _Batch(done + 1)
        for cells, line in islice(rows, size):
            batch.rows.append(cells)
            batch.lines.append(line)
        if not batch.rows:
            return
        batch.plain = lines.plain
        done += len(batch.rows)
        yield batch


def _rows(lines: Lines, delimiter: str, width: int) -> Iterator[tuple[list[str], int]]:
    """Give each row's cells and the line it begins on."""
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    number, blank = 0, 0
    while True:
        line = lines.number + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise Rejected(
                f"row {number + 1} (line {line}): {_said(error)}", hint="quote cells as RFC 4180 does"
            ) from None
        lines.pending = 0
        number += 1
        if not cells or (len(cells) == 1 < width and not cells[0].strip()):
            blank = blank or line
            continue
        if blank:
            raise Rejected(f"line {blank} is empty, with rows after it", hint="leave empty lines out")
        if len(cells) != width:
            raise Rejected(
                f"row {number} (line {line}) has {len(cells)} cells, but the header has {width}",
                hint=f"quote cells that have {shown(delimiter)} in them",
            )
        yield cells, line
