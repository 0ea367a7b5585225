"""A campaign: the runs that are planned, and what became of them. ``report.json`` holds both, for any reader."""

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from functions.continuum.designs import BASE
from functions.datasets.files import opened
from functions.documents.document import HostileError, parse_json
from functions.runtime.errors import Rejected
from functions.runtime.runs import Run

LARGEST = 64 * 1024 * 1024
WORKFLOW = "workflow"
"""The testing unit of all components together; every other one is named for its component's service."""
HINT = "upload a report.json that noria profile wrote"
MOST_TABLES = 1000
"""Of one report: a table for each service of each testing unit, and one for each unit."""
GREATEST = 2**53
"""Of a number in a record: all below are whole in a table, as a float, too."""
YEARS = range(1970, 2201)
"""In which a run can have been."""

_LONGEST = 255
"""Bytes of a file's name."""
_TABLE = "_response_time_dataframe.parquet"
"""What the longest name of a table has beside its service's."""

Word = Annotated[str, Field(min_length=1, max_length=1000, pattern=r"^[^/\\\x00-\x1f]+$")]
Way = Literal["batches", "paced", "closed"]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Slot(_Part):
    """One service in a run: how many instances of it on what. ``cores`` and ``memory`` (bytes) are of one instance."""

    component: str = Field(min_length=1, max_length=1000)
    service: Word
    resource: str = Field(default="", max_length=1000)
    parallelism: int = Field(ge=1, le=1_000_000)
    cores: float = Field(gt=0, le=1_000_000)
    memory: int = Field(gt=0, lt=2**63)


class Load(_Part):
    """What is sent.

    ``times``: seconds after the run's beginning from which on each request may be sent. ``way``: ``batches`` are
    uploaded whatever becomes of them; ``paced`` requests have ``clients`` that wait for the answer before they send
    the next, at its time at the earliest; ``closed``: the same with no times to wait for. ``throughput`` is what was
    asked for, in requests a minute as run_parameters.yaml has it.
    """

    way: Way
    times: tuple[Annotated[float, Field(ge=0)], ...] = Field(min_length=1, max_length=1_000_000)
    clients: int = Field(default=0, ge=0, le=1_000_000)
    ramp_up: float = Field(default=0, ge=0, description="Seconds in which the clients begin, one after the other.")
    throughput: float | None = None


class PlannedRun(_Part):
    """One run: one configuration of one deployment of one testing unit, once.

    ``design``: what is whole and what is cut, by the deployment of the application that has these parts.
    """

    name: Word
    unit: Word
    deployment: Word
    design: Word = BASE
    repetition: int = Field(ge=1, le=1_000_000)
    slots: tuple[Slot, ...] = Field(min_length=1)
    load: Load

    @cached_property
    def slot_of(self) -> Mapping[str, Slot]:
        """Service -> its slot."""
        return {slot.service: slot for slot in self.slots}


class Campaign(_Part):
    """All runs, in their order."""

    version: Literal[1] = 1
    name: Word
    application: str
    seed: int
    runs: tuple[PlannedRun, ...] = Field(min_length=1, max_length=100_000)


class Request(_Part):
    """One upload, and the names (``<function>/<id>``) of all runs that it caused; ``sent`` is the sender's clock."""

    bucket: str
    key: str
    etag: str
    size: int = Field(ge=0, le=GREATEST)
    sent: AwareDatetime
    records: tuple[str, ...] = Field(max_length=10_000)


class FinishedRun(_Part):
    """What became of a planned run; ``records`` are the ledger's, of all names that its requests have."""

    name: Word
    requests: tuple[Request, ...]
    records: tuple[Run, ...]

    @cached_property
    def record_of(self) -> Mapping[str, Run]:
        """A record by its name."""
        return {run.name: run for run in self.records}


class Report(_Part):
    """A campaign and its finished runs, those of the plan in the plan's order: all that the tables are made of."""

    campaign: Campaign
    finished: tuple[FinishedRun, ...]

    @property
    def pairs(self) -> tuple[tuple[PlannedRun, FinishedRun], ...]:
        """Give each finished run with what was planned."""
        planned = {run.name: run for run in self.campaign.runs}
        return tuple((planned[each.name], each) for each in self.finished)


def read_report(path: Path, *, source: str) -> Report:
    """Read a ``report.json`` that anybody may have written.

    Raises:
        Rejected: It is none, or names runs that it has not planned.
    """
    try:
        with opened(path, LARGEST) as file:
            content = parse_json(file.read(LARGEST + 1).decode("utf-8-sig"), largest=LARGEST).content
        report = Report.model_validate(content)
    except UnicodeDecodeError:
        raise Rejected(f"{source} is not UTF-8 text", hint=HINT) from None
    except HostileError as error:
        raise Rejected(f"{source}: {error.message}", hint=error.hint or HINT) from None
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"])) or "the file"
        said = f"{source}: {place}: {first['msg']}"
        raise Rejected(said[:400], hint=HINT) from None
    if fault := next(faults(report), None):
        raise Rejected(f"{source}: {fault}"[:400], hint=HINT)
    return report


def faults(report: Report) -> Iterator[str]:
    """Say why there can be no tables of a report each of whose parts is right by itself."""
    planned = Counter(run.name for run in report.campaign.runs)
    finished = Counter(run.name for run in report.finished)
    for names, what in ((planned, "planned"), (finished, "finished")):
        yield from (f"{name} is {what} a second time" for name, count in names.items() if count > 1)
    yield from (f"{name} is finished, and was not planned" for name in finished if name not in planned)
    yield from _faulty_names(report.campaign)
    for run, done in report.pairs:
        asked, sent = len(run.load.times), len(done.requests)
        if sent > asked:
            yield f"{run.name} has {sent:,} requests, and {asked:,} were planned"
        for record in done.records:
            if fault := _fault(record):
                yield f"the record {record.name[:100]} of {run.name} {fault}"


def _faulty_names(campaign: Campaign) -> Iterator[str]:
    """Say which names cannot be those of folders and files that tables are put into."""
    units = dict.fromkeys(run.unit for run in campaign.runs)
    tested = dict.fromkeys((run.unit, slot.service) for run in campaign.runs for slot in run.slots)
    services = dict.fromkeys(service for _, service in tested)
    if campaign.name in {".", ".."} or _is_long(campaign.name):
        yield f"a campaign cannot be named {campaign.name}"
    for unit in units:
        if unit in {".", "..", "jobs.csv", "jobs.parquet"} or _is_long(unit):
            yield f"a testing unit cannot be named {unit}"
    yield from (f"a service cannot be named {service}" for service in services if _is_long(f"{service}{_TABLE}"))
    if (count := len(units) + len(tested)) > MOST_TABLES:
        yield f"it would make {count:,} tables, more than {MOST_TABLES:,}"


def _is_long(name: str) -> bool:
    return len(name.encode()) > _LONGEST


def _fault(record: Run) -> str:
    """Say what of a record is in no table; empty if all is."""
    moments = (record.queued, record.started, record.finished)
    if any(moment and moment.year not in YEARS for moment in moments):
        return f"has a moment that is not in the years {YEARS[0]} to {YEARS[-1]}"
    written = sum(output.size for output in record.outputs)
    whole = (record.attempt, record.peak_memory, record.input.size, written)
    if not all(0 <= number <= GREATEST for number in whole):
        return "has a size or a count that is none"
    seconds = (record.cpu_seconds, record.handler_seconds)
    return "" if all(abs(each) <= GREATEST for each in seconds) else "has a time that is none"


def milliseconds(moment: datetime) -> float:
    """Give a moment as milliseconds since 1970, to the microsecond."""
    since = moment.astimezone(UTC) - datetime(1970, 1, 1, tzinfo=UTC)
    return round(since.total_seconds() * 1000, 3)
