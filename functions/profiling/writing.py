"""All tables of a campaign as CSV and as Parquet: the same rows, the same columns."""

import csv
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, fields
from pathlib import Path
from types import NoneType
from typing import Any, get_args, get_type_hints

from functions.profiling.campaign import Report
from functions.profiling.jobs import JobRow, jobs
from functions.profiling.runs import Measured, run_tables

Cell = str | float | int | None
ENDINGS = (".csv", ".parquet")


def write_tables(report: Report, place: Callable[[str], Path]) -> list[Path]:
    """Write every table; ``place`` gives the path for a name such as ``workflow/runtime_dataframe.csv``."""
    written = []
    for name, kinds, rows in _tables(report):
        columns = {key: kind for each in kinds for key, kind in _columns(each).items()}
        for ending, write in zip(ENDINGS, (_write_csv, _write_parquet), strict=True):
            path = place(f"{name}{ending}")
            path.parent.mkdir(parents=True, exist_ok=True)
            write(path, columns, rows)
            written.append(path)
    return written


def _tables(report: Report) -> Iterator[tuple[str, Sequence[type], list[dict[str, Cell]]]]:
    yield "jobs", (JobRow,), [asdict(row) for row in jobs(report)]
    for table in run_tables(report):
        rows = [{**asdict(half), **asdict(measured)} for half, measured in table.rows]
        yield table.name, (table.kind, Measured), rows


def _columns(kind: type[Any]) -> Mapping[str, type]:
    hints = get_type_hints(kind)
    return {field.name: _bare(hints[field.name]) for field in fields(kind)}


def _bare(hint: Any) -> type:  # noqa: ANN401 - any annotation
    return next((each for each in get_args(hint) if each is not NoneType), hint)  # type: ignore[no-any-return]


def _write_csv(path: Path, columns: Mapping[str, type], rows: Sequence[Mapping[str, Cell]]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(columns), lineterminator="\n")
        writer.writeheader()
        writer.writerows({key: "" if value is None else value for key, value in row.items()} for row in rows)


def _write_parquet(path: Path, columns: Mapping[str, type], rows: Sequence[Mapping[str, Cell]]) -> None:
    import pyarrow as pa
    from pyarrow import parquet

    kinds = {str: pa.string(), float: pa.float64(), int: pa.int64()}
    schema = pa.schema([(name, kinds[kind]) for name, kind in columns.items()])
    parquet.write_table(pa.Table.from_pylist([dict(row) for row in rows], schema=schema), path)
