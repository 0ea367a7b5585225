"""Reports over the tables that watch-constraints writes: read from the store, asked with DuckDB in this process.

DuckDB reads no file and no network here (its ``httpfs`` would be downloaded): it is handed Arrow tables.
"""

import hashlib
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

import duckdb
import pyarrow as pa
from pyarrow import parquet

from fdl import OutputPath, Service
from functions.runtime.errors import ConflictError, MissingError
from functions.runtime.publication import joined
from functions.runtime.store import Stat, Store
from functions.watching.state import STATE_ENDING, State
from functions.watching.tables import ENDING, table
from local.watching import states

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_TABLE = re.compile(r"(?P<folder>(?:.*/)?[^/]+/(?P<day>\d{4}-\d\d-\d\d))/(?:\d+|all)-[0-9a-f]{12}\.parquet")
ONCE = "SELECT * FROM given QUALIFY row_number() OVER (PARTITION BY application, id ORDER BY finished DESC) = 1"
"""A run that was tabled twice, because its record came again long after, is one run of its application."""
_REPORT = f"""
WITH runs AS ({ONCE}),
inside AS (
  SELECT *, epoch_us(finished) / 1e6 AS ended FROM runs WHERE epoch_us(finished) BETWEEN $since AND $until
),
busiest AS (
  SELECT application, component, max(runs) AS most
  FROM (SELECT application, component, count(*) AS runs FROM inside GROUP BY application, component, floor(ended / 60))
  GROUP BY application, component
)
SELECT application, component, count(*) AS runs, count(*) FILTER (NOT ok) AS failures,
  count(DISTINCT session) AS sessions, round(avg(seconds) FILTER (ok), 6) AS mean,
  round(quantile_cont(seconds, 0.5) FILTER (ok), 6) AS p50, round(quantile_cont(seconds, 0.95) FILTER (ok), 6) AS p95,
  round(quantile_cont(seconds, 0.99) FILTER (ok), 6) AS p99, count(*) FILTER (violated) AS violations,
  round(count(*) FILTER (ok) * 1e6 / ($until - $since), 9) AS throughput, any_value(most) AS busiest_minute
FROM inside JOIN busiest USING (application, component)
GROUP BY application, component ORDER BY application, component
"""  # noqa: S608 - no part of it is from outside


@dataclass(frozen=True)
class Tables:
    """The tables of all applications in one store; ``say`` is told what cannot be read."""

    store: Store
    services: Sequence[Service]
    say: Callable[[str], None]

    def runs(self, since: datetime) -> pa.Table:
        """Give all runs that may have ended since then, some of them twice, and those that no table has yet."""
        first = f"{since:%Y-%m-%d}"
        found = [self._waiting(state) for state in states(self.store, self.services)]
        for place in self._places():
            for stat, match in self._listed(place):
                if match["day"] >= first and (read := self._read(place.bucket, stat.key)) is not None:
                    found.append(read)
        return pa.concat_tables([table("", [], {}), *found])

    def tidy(self, today: str) -> int:
        """Put the tables of each day that is over together, and give how many went; no run is ever in none."""
        gone = 0
        for place in self._places():
            days: dict[str, list[Stat]] = {}
            for stat, match in self._listed(place):
                if match["day"] < today:
                    days.setdefault(match["folder"], []).append(stat)
            gone += sum(self._together(place.bucket, folder, own) for folder, own in days.items() if len(own) > 1)
        return gone

    def _together(self, bucket: str, folder: str, own: Sequence[Stat]) -> int:
        read = [(stat, found) for stat in own if (found := self._read(bucket, stat.key)) is not None]
        if len(read) < 2:
            return 0
        whole = pa.concat_tables([found for _, found in read])
        made: pa.Table = _asked(whole, f"{ONCE} ORDER BY finished, id").to_arrow_table()
        names = "".join(sorted(f"{stat.key}\0{stat.etag}\0" for stat, _ in read))
        key = f"{folder}/all-{hashlib.sha256(names.encode()).hexdigest()[:12]}{ENDING}"
        sink = pa.BufferOutputStream()
        parquet.write_table(made.cast(whole.schema), sink, compression="zstd")
        with suppress(ConflictError):  # of the same tables: somebody was interrupted here
            self.store.create(bucket, key, sink.getvalue().to_pybytes())
        return sum(self.store.delete_version(bucket, stat.key, stat.etag) for stat, _ in read)

    def _places(self) -> Iterator[OutputPath]:
        for service in self.services:
            if any(STATE_ENDING in path.suffixes for path in service.outputs):
                yield from (path for path in service.outputs if ENDING in path.suffixes)

    def _listed(self, place: OutputPath) -> Iterator[tuple[Stat, re.Match[str]]]:
        with suppress(MissingError):
            for stat in self.store.list(place.bucket, joined(place.prefix, "")):
                if match := _TABLE.fullmatch(stat.key):
                    yield stat, match

    def _read(self, bucket: str, key: str) -> pa.Table | None:
        try:
            body, _ = self.store.read(bucket, key)
            found, like = parquet.read_table(pa.BufferReader(body)), table("", [], {})
            return found.select(like.column_names).cast(like.schema)
        except MissingError:  # put together just now
            return None
        except (pa.ArrowException, KeyError, ValueError, OSError) as error:
            self.say(f"left out: {bucket}/{key}: {str(error).splitlines()[0][:200]}")
            return None

    def _waiting(self, state: State) -> pa.Table:
        waiting = set(state.pending)
        local = [rule for rule in state.rules.values() if rule.kind == "local"]
        limits = {rule.path[0]: rule.threshold for rule in sorted(local, key=lambda rule: -rule.threshold)}
        return table(state.application, [row for row in state.rows if row.id in waiting], limits)


def report(runs: pa.Table, since: datetime, until: datetime) -> list[dict[str, Any]]:
    """Give a row for each component: seconds but for ``throughput``, runs a second that committed."""
    moments = {"since": round(since.timestamp() * 1e6), "until": round(until.timestamp() * 1e6)}
    found = _asked(runs, _REPORT, moments)
    names = [column[0] for column in found.description]
    return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


def _asked(given: pa.Table, query: str, values: dict[str, int] | None = None) -> "DuckDBPyConnection":
    connection = duckdb.connect(config={"enable_external_access": "false", "autoinstall_known_extensions": "false"})
    connection.register("given", given)
    return connection.execute(query, values or {})
