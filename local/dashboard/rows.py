"""Rows: what of a run is kept where runs are looked for, filtered and counted."""

from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime

from functions.runtime.runs import Run
from functions.runtime.store import Stat

REASON = 300
"""Characters of a reason that are kept."""


@dataclass(frozen=True)
class Row:
    """One run, as a table shows it.

    ``at`` is when it got into its state and ``written`` when its ledger object was, both in seconds since 1970; the
    lengths ``queued``, ``fetch``, ``handler``, ``publish`` and ``took`` are seconds, None where they are not known.
    """

    name: str
    function: str
    state: str
    bucket: str
    key: str
    size: int
    attempt: int
    at: float
    written: float
    queued: float | None
    fetch: float | None
    handler: float | None
    publish: float | None
    took: float | None
    cpu: float
    memory: int
    outputs: int
    error: str
    reason: str
    trace: str
    etag: str

    @property
    def when(self) -> datetime:
        """Since when it is in its state."""
        return datetime.fromtimestamp(self.at, UTC)

    @property
    def id(self) -> str:
        """The run's own part of its name."""
        return self.name.partition("/")[2]


COLUMNS = tuple(field.name for field in fields(Row))
Touch = tuple[str, str, str, str, str]
"""Bucket, key, ``in`` or ``out``, the name of the run that read or made that object, and the object's ETag."""


def judged(row: Row, patience: float, now: float) -> Row:
    """Give the row, as lost where it runs and its lease was not renewed for ``patience`` seconds and one."""
    is_silent = row.state == "running" and now - row.written > patience + 1
    return replace(row, state="lost", reason="the worker is silent: its lease has run out") if is_silent else row


def row_of(run: Run, stat: Stat) -> Row:
    """Give a run's row; ``stat`` is of its ledger object."""
    last = run.failures[-1] if run.failures and run.state != "committed" else None
    reason = f"waits: {run.waiting_for}" if run.state == "retrying" and run.waiting_for else last.reason if last else ""
    written = stat.modified.timestamp()
    since = run.started if run.state == "running" else run.finished
    return Row(
        name=run.name,
        function=run.function,
        state="lost" if run.is_lost else run.state,
        bucket=run.input.bucket,
        key=run.input.key,
        size=run.input.size,
        attempt=run.attempt,
        at=since.timestamp() if since else written,
        written=written,
        queued=_queued(run),
        fetch=run.fetch_seconds or None,
        handler=run.handler_seconds or None,
        publish=run.publish_seconds or None,
        took=_between(run.started, run.finished),
        cpu=run.cpu_seconds,
        memory=run.peak_memory,
        outputs=len(run.outputs),
        error=last.error if last else "",
        reason=reason[:REASON],
        trace=run.trace,
        etag=stat.etag,
    )


def touches(run: Run) -> set[Touch]:
    """Name the objects that a run read and made."""
    read = {(each.bucket, each.key, "in", run.name, each.etag) for each in (run.input, *run.members)}
    return read | {(each.bucket, each.key, "out", run.name, each.etag) for each in run.outputs}


def _queued(run: Run) -> float | None:
    """Give the seconds in the stream, and in the worker until a process was free; earlier attempts' too."""
    waited = _between(run.queued, run.started)
    return None if waited is None else waited + run.wait_seconds


def _between(start: datetime | None, end: datetime | None) -> float | None:
    return max((end - start).total_seconds(), 0.0) if start and end else None
