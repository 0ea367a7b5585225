"""What ``noria profile`` has measured, as samples: a table a component and resource, a row each run that it was in.

The load of a row is what came to the component itself, as it came: a short run of a Poisson process may have half of
what was asked for more or less. Where a campaign uploads batches, or sends as fast as it is answered, there is none,
nor where a run had two jobs of the component or less. A model is made of the runs that tell one, if they are enough.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

import numpy as np

from functions.continuum.deployments import part_of
from functions.datasets.limits import Limits
from functions.modelling.graph import Numbers
from functions.modelling.preparing import LEAST_ROWS, Subject
from functions.modelling.table import Column, Table
from functions.modelling.table_reading import LARGEST, LIMITS, read_table
from functions.runtime.errors import Rejected

JOBS, ENDING, RUNS = "jobs.csv", "_response_time_dataframe.csv", "runtime_dataframe.csv"
LOAD, PARALLELISM, TARGET, BUSY = "load", "parallelism", "response_time", "busy"
LEAST_ARRIVALS = 2
"""So many jobs do not tell a load yet."""
_OF_JOBS: Limits = LIMITS.model_copy(update={"bytes": 512_000_000, "rows": 500_000, "values": 30_000_000})


@dataclass(frozen=True)
class Measurements:
    """What a campaign says of one component, or part of one, on one resource.

    Attributes:
        table: ``response_time`` in seconds by ``load`` and ``parallelism``, a row a run, and ``busy``, the part of it
            that is no wait; without ``load`` where too few runs tell it. None with too few runs for a model.
        demand: Seconds of a worker that a request took, of the runs with the fewest workers.
        notes: What a person should know of the load, a sentence each.
    """

    subject: Subject
    table: Table | None
    demand: float
    notes: tuple[str, ...] = ()

    @property
    def inputs(self) -> tuple[str, ...]:
        """The columns that a model is fitted to."""
        return tuple(name for name in (LOAD, PARALLELISM) if self.table and name in self.table.columns)


@dataclass(frozen=True)
class _Row:
    """One run of one component; ``load`` in requests a second, NaN where nobody says."""

    load: float
    parallelism: float
    seconds: float
    busy: float


def tables_in(folder: Path) -> Path | None:
    """Give the folder of a campaign's tables: of the campaign in a folder, or this one itself; None if it is none."""
    return next((each for each in (folder / "tables", folder) if (each / JOBS).is_file()), None)


def measurements(tables: Path) -> Iterator[Measurements]:
    """Read a campaign's tables.

    Raises:
        Rejected: A table cannot be used, or none has a row of a run that succeeded.
    """
    rows: dict[Subject, list[_Row]] = {}
    jobs = _jobs(tables / JOBS)
    for path in sorted(tables.glob(f"*/*{ENDING}")):
        for subject, row in _rows(path, jobs):
            rows.setdefault(subject, []).append(row)
    if not rows:
        hint = "see why in jobs.csv, or give a folder of noria profile"
        raise Rejected(f"{tables} has no run of a component that succeeded", hint=hint)
    for subject, found in sorted(rows.items(), key=lambda each: each[0].stem):
        used, note = _used(subject, found)
        yield Measurements(subject, _table(subject, used), _demand(found), (note,) if note else ())


@dataclass(frozen=True)
class _Jobs:
    """The jobs of one run of one component: when each was announced, and the seconds of those that succeeded.

    Attributes:
        busy: From when a worker took it to when it was committed.
    """

    queued: list[float] = field(default_factory=list)
    busy: list[float] = field(default_factory=list)

    @property
    def load(self) -> float:
        """Jobs a second as they came; NaN of those that came at once."""
        span = max(self.queued, default=0.0) - min(self.queued, default=0.0)
        is_told = len(self.queued) > LEAST_ARRIVALS and span > 1 / LARGEST
        return (len(self.queued) - 1) / span if is_told else float("nan")


Jobs: TypeAlias = Mapping[tuple[str, Subject], _Jobs]
"""By run and what ran in it."""


def _rows(path: Path, jobs: Jobs) -> Iterator[tuple[Subject, _Row]]:
    """Give the rows of one testing unit's table of one service; those in which nothing succeeded have no time."""
    given = read_table(path)
    is_paced = np.zeros(len(given), bool)
    if "requested_throughput" in given.columns:
        is_paced = np.isfinite(_cells(given, "requested_throughput"))
    seconds, parallelism = _cells(given, "avg_response_time"), given.numbers("requested_parallelism")
    names, resources = given.texts("component"), given.texts("resource")
    runs = _runs(path.with_name(RUNS), len(given))
    for place in np.flatnonzero(seconds > 0):
        subject = _subject(names[place], resources[place])
        own = jobs.get((runs[place], subject))
        if own and own.busy:
            load = own.load if is_paced[place] else float("nan")
            yield subject, _Row(load, float(parallelism[place]), float(seconds[place]), float(np.mean(own.busy)))


def _runs(path: Path, rows: int) -> tuple[str, ...]:
    """Give the runs' names: all tables of a testing unit have its runs in one order."""
    names = read_table(path).texts("runs")
    if len(names) != rows:
        said = f"{path.parent.name}/{path.name} has {len(names)} runs, and the tables beside it {rows}"
        raise Rejected(said, hint="have noria profile write its tables again (--resume)")
    return names


def _cells(given: Table, name: str) -> Numbers:
    """Give a column of numbers, NaN where a cell is empty.

    Raises:
        Rejected: Another cell is no number.
    """
    words = given.columns[name].words if name in given.columns else ()
    if not words:
        return given.numbers(name)
    try:
        return np.array([float(each) if each else np.nan for each in words])
    except ValueError:
        return given.numbers(name)  # says where


def _subject(name: str, resource: str) -> Subject:
    part = part_of(name)
    return Subject(part.component if part else name, name, resource)


def _used(subject: Subject, rows: list[_Row]) -> tuple[list[_Row], str]:
    """Give the runs that a model is made of, and what there is to say of those that tell no load."""
    telling = [each for each in rows if each.load > 0]
    silent = len(rows) - len(telling)
    if not silent or len(rows) < LEAST_ROWS:
        return rows, ""
    name = f"{subject.partition} on {subject.resource}"
    if len(telling) >= LEAST_ROWS:
        return telling, f"{name}: {silent} of {len(rows)} runs tell no load, and are left out of its model"
    return rows, f"{name}: {silent} of {len(rows)} runs tell no load, so its model says the same at every load"


def _table(subject: Subject, rows: list[_Row]) -> Table | None:
    if len(rows) < LEAST_ROWS:
        return None
    load = np.array([each.load for each in rows])
    columns = {LOAD: load} if (load > 0).all() else {}
    columns |= {
        PARALLELISM: np.array([each.parallelism for each in rows]),
        TARGET: np.array([each.seconds for each in rows]),
        BUSY: np.array([each.busy for each in rows]),
    }
    made = {name: Column(values) for name, values in columns.items()}
    return Table(f"{subject.stem} of the campaign", made, np.arange(1, len(rows) + 1), "row")


def _demand(rows: Sequence[_Row]) -> float:
    """Give the seconds of a worker that a request took, with the fewest workers."""
    fewest = min(each.parallelism for each in rows)
    return float(np.mean([each.busy for each in rows if each.parallelism == fewest]))


def _jobs(path: Path) -> Jobs:
    given = read_table(path, limits=_OF_JOBS)
    seconds = (_cells(given, "full_ms") - _cells(given, "wait_ms")) / 1000
    queued = _cells(given, "queued_ms") / 1000
    good = (given.numbers("failed") == 0) & (seconds > 0)
    names, resources, runs = (given.texts(each) for each in ("component", "resource", "run_name"))
    found: dict[tuple[str, Subject], _Jobs] = {}
    for place in range(len(given)):
        own = found.setdefault((runs[place], _subject(names[place], resources[place])), _Jobs())
        if np.isfinite(queued[place]):
            own.queued.append(float(queued[place]))
        if good[place]:
            own.busy.append(float(seconds[place]))
    return found
