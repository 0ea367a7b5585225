"""Tables of measurements from CSV and Parquet files that nobody vouches for, in bounded memory."""

import csv
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt

from functions.datasets.cells import BLANK, LONGEST
from functions.datasets.files import content_kind, opened
from functions.datasets.limits import Limits
from functions.datasets.lines import Lines
from functions.documents.wording import shown
from functions.modelling.table import Column, Table
from functions.runtime.errors import Rejected

LIMITS = Limits(bytes=64_000_000, unpacked=64_000_000, rows=200_000, columns=200, values=2_000_000, line=100_000)
ENDINGS = (".csv", ".parquet")
_NUMBER = re.compile(r"[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?", re.ASCII)
_MISSING = frozenset({"", "nan", "na", "n/a", "null", "none", "?", "-", "#n/a", "inf", "-inf", "+inf", "infinity"})
LARGEST = 1e18
"""Number that a cell may have: squares of its products still are numbers."""
_MOSTLY = 0.8
"""Share of numbers from which on another cell of a column is a mistake, not a word."""


def read_table(path: Path, *, source: str = "", limits: Limits = LIMITS) -> Table:
    """Read a table by its name's ending.

    Raises:
        Rejected: It is no table, is damaged or too large; the sentence names the file, and the line where there is one.
    """
    name = source or path.name
    ending = Path(name).suffix.lower()
    if ending not in ENDINGS:
        raise Rejected(f"{name} is no table that is read", hint="give a .csv or a .parquet file")
    try:
        with opened(path, limits.bytes) as file:
            return _read_csv(file, name, limits) if ending == ".csv" else _read_parquet(file, name, limits)
    except Rejected as error:
        said = str(error)
        raise Rejected(said if said.startswith((name, path.name)) else f"{name}: {said}", hint=error.hint) from None


def _read_csv(file: BinaryIO, name: str, limits: Limits) -> Table:
    lines = Lines(file, limits.line)
    header = next(iter(lines), "")
    if kind := content_kind(header.encode()[:8]):
        raise Rejected(f"it is {kind}, not CSV", hint="name it for what it is")
    delimiter = max(",;\t", key=header.count)
    names = _names(next(_rows(iter([header]), delimiter, line=1), (1, []))[1], limits)
    columns: list[list[str]] = [[] for _ in names]
    where: list[int] = []
    for line, cells in _rows(_fresh(lines), delimiter, line=2):
        if not cells or (len(cells) == 1 < len(names) and not cells[0].strip(BLANK)):
            continue
        if len(cells) != len(names):
            said = f"line {line} has {len(cells)} cells, but the header has {len(names)}"
            raise Rejected(said, hint=f"quote cells that have {shown(delimiter)} in them")
        _check_size(len(where) + 1, len(names), limits)
        where.append(line)
        for column, cell in zip(columns, cells, strict=True):
            column.append(cell.strip(BLANK))
    if not where:
        raise Rejected("it has a header and no rows", hint="give it the measurements")
    made = {each: cells_column(each, cells, where) for each, cells in zip(names, columns, strict=True)}
    return Table(name, made, np.array(where, np.int64))


def _fresh(lines: Lines) -> Iterator[str]:
    """Give the lines; each row's bytes are counted anew."""
    for line in lines:
        lines.pending = 0
        yield line


def _rows(lines: Iterator[str], delimiter: str, *, line: int) -> Iterator[tuple[int, list[str]]]:
    """Give each row's first line and cells; ``line`` is the number of the first."""
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    done = 0
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise Rejected(f"line {line + done} is not CSV: {error}", hint="quote cells as RFC 4180 does") from None
        yield line + done, cells
        done = reader.line_num


def _names(cells: Sequence[str], limits: Limits) -> list[str]:
    names = [cell.strip(BLANK) for cell in cells]
    if len(names) > limits.columns:
        raise Rejected(f"it has {len(names):,} columns, more than the limit of {limits.columns:,}")
    if not any(names):
        raise Rejected("line 1 is empty", hint="the first line has the columns' names")
    if all(_NUMBER.fullmatch(each) for each in names):
        raise Rejected("line 1 has numbers, not the columns' names", hint="put a header above the rows")
    for each in names:
        if not each or len(each) > LONGEST or not each.isprintable():
            raise Rejected(f"line 1: {shown(each)} cannot be a column's name", hint="give every column a short name")
        if names.count(each) > 1:
            raise Rejected(f"line 1: column {shown(each)} is there twice", hint="give every column a name of its own")
    return names


def _check_size(rows: int, columns: int, limits: Limits) -> None:
    if rows > limits.rows or rows * columns > limits.values:
        said = f"it has more than {min(limits.rows, limits.values // columns):,} rows of {columns} columns, the limit"
        raise Rejected(said, hint="give a part of the measurements, or fewer columns")


def cells_column(
    name: str, cells: list[str], lines: Sequence[int] | npt.NDArray[np.int64], unit: str = "line"
) -> Column:
    """Make a column of cells as they stand in a file."""
    fits = [_NUMBER.fullmatch(cell) is not None for cell in cells]
    if all(fits):
        numbers = np.array([float(cell) for cell in cells])
        good = np.abs(numbers) <= LARGEST
        if good.all():
            return Column(numbers)
        fits = list(good)
    elif sum(fits) < _MOSTLY * len(cells) and "" not in cells:
        long = next((place for place, cell in enumerate(cells) if len(cell) > LONGEST), None)
        problem = (
            "" if long is None else f"{unit} {lines[long]}: column {shown(name)} has more than {LONGEST} characters"
        )
        return Column(None, tuple(cells), problem)
    place = fits.index(False) if any(fits) or "" not in cells else cells.index("")
    cell = cells[place]
    what = "is empty" if not cell else f"is {shown(cell)}, not a number"
    if _NUMBER.fullmatch(cell):
        what = f"is {shown(cell)}, more than {LARGEST:g}"
    if cell and cell.lower() in _MISSING:
        what = f"is {shown(cell)}, a missing value"
    return Column(None, tuple(cells), f"{unit} {lines[place]}: column {shown(name)} {what}")


def _read_parquet(file: BinaryIO, name: str, limits: Limits) -> Table:
    import pyarrow as pa
    import pyarrow.parquet as pq

    from functions.datasets.parquet_pages import check_footer, check_pages

    check_footer(file)
    try:
        parquet = pq.ParquetFile(
            file, pre_buffer=False, thrift_string_size_limit=1 << 22, thrift_container_size_limit=1 << 18
        )
        about, schema = parquet.metadata, parquet.schema_arrow
        names = _names(list(schema.names), limits)
        if not about.num_rows:
            raise Rejected("it has columns and no rows", hint="give it the measurements")
        _check_size(about.num_rows, len(names), limits)
        check_pages(file, about, limits)
        read = parquet.read(use_threads=False)
    except (pa.ArrowException, OSError, ValueError, OverflowError, MemoryError, KeyError) as error:
        sentence = (str(error).splitlines() or [type(error).__name__])[0][:120]
        raise Rejected(f"the Parquet file is damaged: {sentence}", hint="write it anew") from None
    rows = np.arange(1, len(read) + 1, dtype=np.int64)
    return Table(name, {each: _arrow(each, read[each], rows) for each in names}, rows, "row")


def _arrow(name: str, column: Any, rows: npt.NDArray[np.int64]) -> Column:  # noqa: ANN401 - pyarrow has no stubs
    import pyarrow as pa

    kind = column.type
    if pa.types.is_boolean(kind):
        column = column.cast(pa.int8())
    elif not (pa.types.is_integer(kind) or pa.types.is_floating(kind)):
        texts = ["" if each is None else str(each) for each in column.to_pylist()]
        return cells_column(name, texts, rows, "row")
    return cells_column(name, ["" if each is None else repr(float(each)) for each in column.to_pylist()], rows, "row")
