"""Observations: values of a metric's fields at a time, out of tables, metric objects and results of other functions."""

import math
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

from pydantic import Field

from functions.continuum.model import Fault, Model, Name, Number, Text
from functions.continuum.reading import read
from functions.datasets.files import opened
from functions.documents.document import Plain, parse_json
from functions.documents.wording import shown
from functions.drifting.configuration import ONLY_ZERO_OR_ONE, Check, Configuration
from functions.modelling.table import Table
from functions.modelling.table_reading import ENDINGS, read_table
from functions.runtime.errors import Rejected

METRICS = ".metrics.json"
LARGEST = 4_000_000
DEEPEST = 5
Value = float | str


@dataclass(frozen=True)
class Observation:
    """Values at one time, seconds since 1970; ``metric`` is empty where it was not said which one they are of."""

    at: float
    values: Mapping[str, Value]
    metric: str = ""

    def row(self, metric: str, fields: Collection[str]) -> tuple[Value, ...] | None:
        """Give the values of some fields of a metric; None where one of them is missing, or it is another metric."""
        if self.metric not in ("", metric) or not all(field in self.values for field in fields):
            return None
        return tuple(self.values[field] for field in fields)


class Point(Model):
    """One observation of a metric object."""

    metric: Name | None = Field(default=None, description="By default any that has these fields.")
    time: Number | Text | None = Field(default=None, description="Seconds since 1970, or 2026-11-23T04:00:00Z.")
    fields: dict[Name, Number | bool | Text] = Field(min_length=1, max_length=100)

    def faults(self) -> Iterator[Fault]:
        """Give what is wrong with the time."""
        if self.time is not None and seconds(self.time) is None:
            yield Fault(("time",), "must be a time: seconds since 1970, or 2026-11-23T04:00:00Z")


class MetricObject(Model):
    """``<name>.metrics.json``."""

    observations: Annotated[tuple[Point, ...], Field(min_length=1, max_length=20_000)]

    def faults(self) -> Iterator[Fault]:
        """Give the faults of all of them."""
        for place, each in enumerate(self.observations):
            for fault in each.faults():
                yield Fault(("observations", place, *fault.place), fault.sentence)


def wanted(configuration: Configuration) -> frozenset[str]:
    """Give the names of all fields that are watched."""
    return frozenset(name for _, field, check in configuration.checks() for name in named(field, check))


def named(field: str, check: Check) -> tuple[str, ...]:
    """Give the fields that a check looks at."""
    return check.fields or (field,)


def is_metrics(name: str) -> bool:
    """Whether an object is a table or a metric object, by its name, and not the result of a function."""
    return name.lower().endswith((METRICS, *ENDINGS))


def read_observations(path: Path, name: str, *, at: float, fields: Collection[str]) -> list[Observation]:
    """Read a table, a metric object, or the fields of any JSON document.

    Args:
        at: Time of what has none of its own.
        fields: Those that matter.

    Raises:
        Rejected: It cannot be read, or a cell cannot be used.
    """
    lowered = name.lower()
    if lowered.endswith(ENDINGS):
        return _of_table(read_table(path, source=name), at, fields)
    if lowered.endswith(METRICS):
        found = read(path, MetricObject, source=name)
        return [
            Observation(at if each.time is None else seconds(each.time) or at, _plain(each.fields), each.metric or "")
            for each in found.observations
        ]
    if lowered.endswith(".json"):
        with opened(path, LARGEST) as file:
            text = file.read(LARGEST + 1).decode("utf-8-sig", errors="replace")
        values = {key: value for key, value in _scalars(parse_json(text, largest=LARGEST).content) if key in fields}
        return [Observation(at, values)] if values else []
    return []


def refuse_unusable(configuration: Configuration, observations: Collection[Observation], source: str) -> None:
    """Refuse values that a check cannot take.

    Raises:
        Rejected: There is one; the sentence names the first.
    """
    for metric, field, check in configuration.checks():
        if check.test == "ChiSquareDrift":
            continue
        fields = named(field, check)
        for row in (each.row(metric, fields) for each in observations):
            for name, value in zip(fields, row or (), strict=False):
                _refuse(check, f"{source}: {name} of {metric}", value)


def seconds(time: float | str) -> float | None:
    """Read seconds since 1970, or RFC 3339's form, which is in UTC without a zone; None if it is neither."""
    try:
        if not isinstance(time, str):
            return datetime.fromtimestamp(time, UTC).timestamp()
        found = datetime.fromisoformat(time)
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError, OSError):
        return None


def _refuse(check: Check, what: str, value: Value) -> None:
    if isinstance(value, str) or not math.isfinite(value):
        hint = "ChiSquareDrift compares words; all else needs numbers"
        raise Rejected(f"{what} is {shown(value)}, which is no number", hint=hint)
    if check.test in ONLY_ZERO_OR_ONE and value not in (0, 1):
        raise Rejected(f"{what} is {value:g}; {check.test} takes 0 and 1 only", hint="use ADWIN or KSDrift for numbers")


def _of_table(table: Table, at: float, fields: Collection[str]) -> list[Observation]:
    used = [name for name in table.columns if name in fields]
    columns: dict[str, list[Value]] = {}
    for name in used:
        numbers = table.column(name).numbers
        columns[name] = list(table.texts(name)) if numbers is None else numbers.tolist()
    metrics = table.texts("metric") if "metric" in table.columns else ("",) * len(table)
    times = _times(table, at)
    rows = zip(*columns.values(), strict=True) if used else ()
    return [Observation(time, dict(zip(used, row, strict=True)), m) for time, m, row in zip(times, metrics, rows)]  # noqa: B905


def _times(table: Table, at: float) -> list[float]:
    if "time" not in table.columns:
        return [at] * len(table)
    column = table.column("time")
    cells: list[float | str] = list(column.words) if column.numbers is None else column.numbers.tolist()
    found = [seconds(each) for each in cells]
    wrong = next((place for place, each in enumerate(found) if each is None), None)
    if wrong is not None:
        said = f"{table.unit} {table.lines[wrong]}: time is {shown(cells[wrong])}"
        raise Rejected(f"{table.source}: {said}", hint="write seconds since 1970, or 2026-11-23T04:00:00Z")
    return [each for each in found if each is not None]


def _plain(fields: Mapping[str, float | bool | str]) -> dict[str, Value]:
    return {name: value if isinstance(value, str) else float(value) for name, value in fields.items()}


def _scalars(content: Plain, name: str = "", depth: int = 0) -> Iterator[tuple[str, Value]]:
    """Give numbers, truth values and short texts of a document under dotted names; not what lies in lists."""
    if isinstance(content, dict):
        if depth < DEEPEST:
            for key, value in content.items():
                yield from _scalars(value, f"{name}.{key}" if name else str(key), depth + 1)
    elif isinstance(content, str):
        yield name, content[:200]
    elif isinstance(content, int | float) and abs(content) <= 1e300:
        yield name, float(content)
