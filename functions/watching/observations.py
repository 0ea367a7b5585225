"""Observations: one row for each run that has ended, made of its commit record alone."""

import hashlib
import json
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from pydantic import ValidationError

from functions.datasets.files import opened
from functions.runtime.errors import Rejected
from functions.runtime.runs import Run

ENDINGS = (".records.json", ".records.jsonl")
ID_DIGITS = 24
MOST_METRICS, LONGEST_NAME = 32, 100
_SESSION = re.compile(r"[0-9A-Za-z-]{1,64}")


class Observation(NamedTuple):
    """One run that has ended; moments are seconds since 1970, ``handler`` is seconds.

    ``queued``: when its object was announced, AMS's job start. ``finished``: AMS's job end. ``ok``: it committed.
    """

    id: str
    session: str
    component: str
    queued: float
    started: float
    finished: float
    handler: float
    ok: bool
    resource: str
    metrics: dict[str, float]

    @property
    def seconds(self) -> float:
        """How long the job took; clocks of two machines may differ, but no job ends before it began."""
        return max(self.finished - self.queued, 0.0)


def canonical(name: str) -> str:
    """Give a component's name as services have it: ``blur_faces`` of an annotation is the service ``blur-faces``."""
    return name.replace("_", "-").casefold()


def of_run(run: Run | None) -> Observation | None:
    """Give the observation of a run; None for one that has not ended, or did no work of its own."""
    if run is None or run.state not in ("committed", "failed") or run.member_of:
        return None
    if run.started is None or run.finished is None:
        return None
    names = sorted(run.metrics)[:MOST_METRICS]
    return Observation(
        id=run.id[:ID_DIGITS],
        session=session_of(run),
        component=canonical(run.function)[:LONGEST_NAME],
        queued=round((run.queued or run.started).timestamp(), 6),
        started=round(run.started.timestamp(), 6),
        finished=round(run.finished.timestamp(), 6),
        handler=run.handler_seconds,
        ok=run.state == "committed",
        resource=run.resource[:LONGEST_NAME],
        metrics={name[:LONGEST_NAME]: run.metrics[name] for name in names},
    )


def session_of(run: Run) -> str:
    """Name the session: all that comes of one first upload; an uploader may have written anything there."""
    trace = run.trace or run.id
    return trace if _SESSION.fullmatch(trace) else hashlib.sha256(trace.encode()).hexdigest()[:32]


def is_records(name: str) -> bool:
    """Whether an object holds commit records of another site, by its name."""
    return name.lower().endswith(ENDINGS)


def read_records(path: Path, name: str, *, largest: int) -> list[Observation]:
    """Read commit records as ``noria runs --json`` prints them, or one a line; runs that have not ended are left out.

    Raises:
        Rejected: They are none; the sentence names the record.
    """
    with opened(path, largest) as file:
        body = file.read(largest + 1)
    try:
        documents = list(_documents(body, lines=name.lower().endswith(".jsonl")))
        found = [of_run(Run.model_validate(each)) for each in documents]
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(map(str, first["loc"])) or "it"
        raise Rejected(f"{name}: {field} of a record: {first['msg'].lower()}", hint=_HINT) from None
    except (ValueError, RecursionError):
        raise Rejected(f"{name} is no list of commit records", hint=_HINT) from None
    return [each for each in found if each is not None]


_HINT = "give what noria runs --json prints"


def _documents(body: bytes, *, lines: bool) -> Iterator[object]:
    text = body.decode("utf-8")
    if lines:
        yield from (json.loads(line) for line in text.splitlines() if line.strip())
        return
    document = json.loads(text)
    if not isinstance(document, list):
        raise ValueError("no list")
    yield from document


def latest(rows: Iterable[Observation]) -> dict[str, Observation]:
    """Give one row for each run: of two with one name the one that ended later, in whatever order they came."""
    found: dict[str, Observation] = {}
    for row in rows:
        known = found.get(row.id)
        if known is None or (row.finished, row.ok) > (known.finished, known.ok):
            found[row.id] = row
    return found
