"""Tables of runs for the long term: Parquet, one or more a day of the runs' ends, named for what is in them."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from functions.watching.alerts import plain
from functions.watching.observations import Observation
from functions.watching.state import State

ENDING = ".parquet"
HEX = 12


def due(state: State, *, rows: int, seconds: float) -> bool:
    """Tell whether so many runs, or so old ones by the data's clock, wait for a table."""
    waiting = set(state.pending)
    ends = [row.finished for row in state.rows if row.id in waiting]
    return bool(ends) and (len(ends) >= rows or state.settled - min(ends) >= seconds)


def write_tables(state: State, limits: Mapping[str, float], place: Callable[[str], Path]) -> int:
    """Write what waits, a table a day, and give how many runs that were; nothing waits any more then.

    Args:
        state: Its pending rows.
        limits: Component -> the longest time in seconds that it may take.
        place: Gives the path for a name such as ``my-app/2026-11-23/1763900000000-0a1b2c3d4e5f.parquet``.
    """
    waiting = set(state.pending)
    days: dict[str, list[Observation]] = {}
    for row in state.rows:
        if row.id in waiting:
            days.setdefault(day_of(row.finished), []).append(row)
    for day, rows in days.items():
        digest = hashlib.sha256("".join(f"{row.id}\0{row.finished}\0" for row in rows).encode()).hexdigest()[:HEX]
        path = place(f"{plain(state.application)}/{day}/{round(rows[0].finished * 1000)}-{digest}{ENDING}")
        path.parent.mkdir(parents=True, exist_ok=True)
        write(path, state.application, rows, limits)
    state.pending = []
    return sum(map(len, days.values()))


def day_of(at: float) -> str:
    """Give the day in UTC."""
    return f"{datetime.fromtimestamp(at, UTC):%Y-%m-%d}"


def write(path: Path, application: str, rows: Sequence[Observation], limits: Mapping[str, float]) -> None:
    """Write one table."""
    from pyarrow import parquet

    parquet.write_table(table(application, rows, limits), path, compression="zstd")


def table(application: str, rows: Sequence[Observation], limits: Mapping[str, float]) -> Any:  # noqa: ANN401 - pyarrow
    """Make a table of rows; without rows one with the columns alone."""
    import pyarrow as pa

    moment, text, number = pa.timestamp("us", tz="UTC"), pa.string(), pa.float64()
    schema = pa.schema(
        [
            *((name, text) for name in ("id", "application", "session", "component", "resource")),
            *((name, moment) for name in ("queued", "started", "finished")),
            *((name, number) for name in ("seconds", "handler_seconds", "limit_seconds")),
            *((name, pa.bool_()) for name in ("ok", "violated")),
            ("metrics", pa.map_(text, number)),
        ]
    )
    return pa.Table.from_pylist([_row(application, row, limits) for row in rows], schema=schema)


def _row(application: str, row: Observation, limits: Mapping[str, float]) -> dict[str, object]:
    limit = limits.get(row.component)
    return {
        "id": row.id,
        "application": application,
        "session": row.session,
        "component": row.component,
        "resource": row.resource,
        **{name: datetime.fromtimestamp(getattr(row, name), UTC) for name in ("queued", "started", "finished")},
        "seconds": round(row.seconds, 6),
        "handler_seconds": row.handler,
        "limit_seconds": limit,
        "ok": row.ok,
        "violated": None if limit is None or not row.ok else row.seconds > limit,
        "metrics": list(row.metrics.items()),
    }
