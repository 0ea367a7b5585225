"""From a table to the samples that models are fitted to, one a component and resource."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from functions.documents.wording import shown
from functions.modelling.graph import Numbers
from functions.modelling.requests import Request
from functions.modelling.roles import BEYOND, SPREAD, Role, column_of, plain, role, target, unit_of
from functions.modelling.sample import FunctionTimes, Sample
from functions.modelling.table import Table
from functions.modelling.table_reading import cells_column
from functions.runtime.errors import Rejected

LEAST_ROWS = 4
MOST_WORDS = 50
OFTEN = 0.25
"""Share of empty cells from which on a column is no input; fewer are a mistake."""
MOST_MODELS = 200
_ENDING = re.compile(r"(_response_time_dataframe|_runtime_dataframe|_dataframe)$")
_TRUE = frozenset({"1", "true", "yes", "failed"})


@dataclass(frozen=True)
class Subject:
    """What a model is of; a component that is not cut is its own partition."""

    component: str
    partition: str
    resource: str

    @property
    def stem(self) -> str:
        """Name of its files without the ending."""
        words = [self.component, self.partition, self.resource] if self.partition != self.component else []
        return ".".join(_file(each) for each in words or [self.component, self.resource])


@dataclass(frozen=True)
class Prepared:
    """Samples, each after what it is of, and what a person should know."""

    target: str
    samples: tuple[tuple[Subject, Sample], ...]
    warnings: tuple[str, ...]


def prepare(table: Table, request: Request) -> Prepared:
    """Find target and inputs, leave out failed runs, and divide the rows by component and resource.

    Raises:
        Rejected: A column or a cell cannot be used, or too few rows are left.
    """
    warnings = list(request.warnings)
    if request.rename:
        table = table.renamed(request.rename)
    table = _succeeded(table, request, warnings)
    for name, bound in request.skip_above.items():
        table = table.where(table.numbers(name) <= bound)
    measured = _target(table, request)
    table = _answered(table, measured, warnings)
    if not len(table):
        raise Rejected(f"{table.source}: no rows are left", hint="leave fewer of them out")
    seconds = _seconds(table, measured, request)
    names = _inputs(table, measured, request, warnings)
    groups = _subjects(table, request)
    if len(dict.fromkeys(groups)) > MOST_MODELS:
        said = f"{table.source}: it has more than {MOST_MODELS} pairs of a component and a resource"
        raise Rejected(said, hint="give a part of them")
    samples = []
    for subject in dict.fromkeys(groups):
        rows = np.array([each == subject for each in groups])
        if rows.sum() < LEAST_ROWS:
            warnings.append(f"{subject.stem}: {rows.sum()} rows are too few for a model")
            continue
        sample = _sample(table.where(rows), names, seconds[rows], measured)
        samples.append((subject, replace(sample, busy=table.numbers(request.busy)[rows] if request.busy else None)))
    if not samples:
        said = f"{table.source}: {len(table)} rows are too few for a model"
        raise Rejected(said, hint=f"measure at least {LEAST_ROWS} times")
    return Prepared(measured, tuple(samples), tuple(warnings))


def _succeeded(table: Table, request: Request, warnings: list[str]) -> Table:
    for name in table.columns:
        if role(name) == "failed" and name not in request.use:
            keep = np.array([each.lower() not in _TRUE for each in table.texts(name)])
            if not keep.all():
                warnings.append(f"{(~keep).sum()} rows of runs that failed are left out")
                # Cells that these rows leave empty are no mistake any more.
                table = _reread(table.where(keep))
            table = table.without([name])
    return table


def _answered(table: Table, measured: str, warnings: list[str]) -> Table:
    """Leave out rows without a time of which the table says that requests failed: nothing was measured there."""
    failures = next((name for name in table.columns if plain(name) == "failures"), None)
    cells = table.columns[measured].words
    if failures is None or "" not in cells:
        return table
    lost = np.array([cell == "" for cell in cells]) & (table.numbers(failures) > 0)
    if lost.any():
        warnings.append(f"{lost.sum()} rows are left out in which nothing but failures was measured")
    return _reread(table.where(~lost))


def _reread(table: Table) -> Table:
    columns = {
        name: cells_column(name, list(column.words), table.lines, table.unit) if column.words else column
        for name, column in table.columns.items()
    }
    return Table(table.source, columns, table.lines, table.unit)


def _target(table: Table, request: Request) -> str:
    found = request.target or target(table.columns)
    if not found:
        said = f"{table.source}: none of its columns looks like a measured time"
        raise Rejected(said, hint=f"name it: --target {[*table.columns, 'seconds'][-2 if table.columns else -1]}")
    if found not in table.columns:
        table.column(found)
    return found


def _seconds(table: Table, measured: str, request: Request) -> Numbers:
    unit = request.unit or unit_of(measured) or 1.0
    values = table.numbers(measured)
    bad = np.flatnonzero(values <= 0)
    if len(bad):
        where = f"{table.unit} {table.lines[bad[0]]}: column {shown(measured)} is {values[bad[0]]:g}"
        raise Rejected(f"{table.source}: {where}, but a time is positive", hint="leave runs that failed out")
    return values * unit


def _inputs(table: Table, measured: str, request: Request, warnings: list[str]) -> tuple[str, ...]:
    for name in (*request.use, *request.skip):
        if name != measured:
            table.column(name) if name in request.use else _known(table, name)
    if request.use:
        return tuple(name for name in request.use if name != measured)
    # An aMLLibrary file leaves out what it skips; a bare table what does not look like an input.
    keeps: tuple[Role, ...] = ("load", "cores", "nodes", "parallelism", "size", "warm", "cold", "idle", "input")
    every = bool(request.techniques)
    names = [
        name
        for name in table.columns
        if name != measured and name not in request.skip and (every or role(name) in keeps)
    ]
    words = {name: table.columns[name].words for name in names}
    empty = [] if every else [name for name in names if words[name].count("") > OFTEN * len(table)]
    warnings += [f"column {shown(name)} is no input, as so many of its cells are empty" for name in empty]
    names = [name for name in names if name not in empty]
    if not names:
        raise Rejected(f"{table.source}: no column is left as an input", hint="name the inputs: --use cores,load")
    return tuple(names)


def _known(table: Table, name: str) -> None:
    if name not in table.columns:
        table.column(name)


def _subjects(table: Table, request: Request) -> list[Subject]:
    stem = _ENDING.sub("", Path(table.source).stem) or "component"
    component, _, resource = stem.partition(".")
    fallback = {
        "component": request.component or component,
        "partition": request.partition,
        "resource": request.resource or resource or "any",
    }
    found: dict[str, Sequence[str]] = {}
    subjects: tuple[tuple[Role, str], ...] = (
        ("component", request.component),
        ("partition", request.partition),
        ("resource", request.resource),
    )
    for wanted, said in subjects:
        column = column_of(wanted, table.columns)
        is_said = bool(said) or column is None or column in request.use
        found[wanted] = [fallback[wanted]] * len(table) if is_said else table.texts(str(column))
    rows = zip(found["component"], found["partition"], found["resource"], strict=True)
    return [Subject(component, partition or component, resource) for component, partition, resource in rows]


def _sample(table: Table, names: Sequence[str], seconds: Numbers, measured: str) -> Sample:
    columns, words = [], {}
    for name in names:
        column = table.column(name)
        if column.numbers is not None:
            columns.append(column.numbers)
            continue
        known = sorted(set(column.words))
        if len(known) > MOST_WORDS:
            said = f"{table.source}: column {shown(name)} has {len(known)} different words, more than {MOST_WORDS}"
            raise Rejected(said, hint=f"leave it out: --skip {name}")
        words[name] = tuple(known)
        columns.append(np.array([float(known.index(each)) for each in column.words]))
    x = np.column_stack(columns)
    spread = tuple(_places(names, words, SPREAD))
    return Sample(
        tuple(names), x, seconds, words,
        scale=spread,
        beyond=_varying(x, _places(names, words, BEYOND)) or _varying(x, range(len(names)), least=5)[:3],
        function=_function(names, words, unit_of(measured)),
    )  # fmt: skip


def _places(names: Sequence[str], words: object, roles: tuple[Role, ...]) -> Iterator[int]:
    for place, name in enumerate(names):
        if role(name) in roles and name not in words:  # type: ignore[operator]
            yield place


def _varying(x: Numbers, places: Iterator[int] | range, *, least: int = 3) -> tuple[int, ...]:
    return tuple(place for place in places if len(np.unique(x[:, place])) >= least)


def _function(names: Sequence[str], words: object, unit: float | None) -> FunctionTimes | None:
    found = {role(name): place for place, name in enumerate(names) if name not in words}  # type: ignore[operator]
    if "warm" not in found or "cold" not in found:
        return None
    return FunctionTimes(found["warm"], found["cold"], found.get("load"), found.get("idle"), unit or 1.0)


def _file(word: str) -> str:
    return re.sub(r"[^A-Za-z0-9_-]+", "_", word)[:80] or "_"
