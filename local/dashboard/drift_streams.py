"""Streams as drift-check keeps them: the newest state of each, read without the libraries that the checks need."""

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from functions.runtime.errors import FunctionError
from functions.runtime.runs import Run, StoredObject
from local.dashboard.index import Wanted
from local.dashboard.plots import Plot, plot
from local.dashboard.rows import Row
from local.dashboard.services import running
from local.dashboard.sources import Sources

CHECK, SWAP = "drift-check", "swap-model"
STATE, PICTURE, RESET = ".drift-state.json", ".drift.svg", ".drift-reset.json"
STATUSES = ("normal", "drifted", "collected")
"""The words for 0, 1 and 2 of the reference's ``drift_state.yaml``."""
LARGEST = 16_000_000
"""Bytes of a state that is shown."""
MOST_ROWS, MOST_STREAMS, MOST_ALARMS, MOST_PLOTS, LOOKED_THROUGH, READERS = 2000, 30, 50, 12, 10, 8


class Kept(BaseModel):
    """Base of the parts: whatever else a later version keeps is passed over."""

    model_config = ConfigDict(frozen=True, extra="ignore", allow_inf_nan=False)


class Look(Kept):
    """One test of a window."""

    number: int
    p: float
    level: float
    drifted: bool = False


class Batch(Kept):
    """Windows; only how many values the reference has counts here."""

    reference: list[Any] = []
    is_full: bool = False
    told: list[Look] = []


class Detectors(Kept):
    """Detectors: the latest values, and how many there were."""

    count: int = 0
    trail: list[float] = []


class Alarm(Kept):
    """A drift that was found."""

    metric: str
    field: str
    test: str
    at: str
    object: str = ""
    p: float | None = None
    effect: float | None = None
    measure: str = ""
    after: int | None = None


class Watched(Kept):
    """One field of a metric."""

    check: dict[str, Any] = {}
    status: Annotated[int, Field(ge=0, le=2)] = 0
    batch: Batch | None = None
    detectors: Detectors | None = None
    alarms: list[Alarm] = []

    @property
    def word(self) -> str:
        """Say how it is; ``reference`` while that is not complete."""
        gathering = self.batch is not None and not self.batch.is_full
        return "reference" if gathering and not self.status else STATUSES[self.status]

    @property
    def values(self) -> int:
        """Count the values that it is judged by."""
        return len(self.batch.reference) if self.batch else self.detectors.count if self.detectors else 0


class State(Kept):
    """``<object>.drift-state.json``, as far as it is shown."""

    stream: str
    metrics: dict[str, dict[str, Watched]] = {}


@dataclass(frozen=True)
class Stream:
    """One stream: what is kept of it, since when, and the picture of the newest check that drew one."""

    row: Row
    state: State
    picture: StoredObject | None

    @property
    def fields(self) -> list[tuple[str, str, Watched]]:
        """Give its fields with their metric and name."""
        return [(metric, name, each) for metric, fields in self.state.metrics.items() for name, each in fields.items()]

    @property
    def alarms(self) -> list[Alarm]:
        """Give the alarms of all fields, the newest first."""
        found = [alarm for _, _, each in self.fields for alarm in each.alarms]
        return sorted(found, key=lambda each: each.at, reverse=True)[:MOST_ALARMS]

    @property
    def plots(self) -> list[Plot]:
        """Draw each field: p-values of its tests, or the values that its detectors saw."""
        found = (_plot(f"{metric} {name}", each) for metric, name, each in self.fields[:MOST_PLOTS])
        return [each for each in found if each]


def streams(sources: Sources) -> list[Stream]:
    """Give the streams by name, each as the newest check of it has left it."""
    rows = _rows(sources)
    groups: dict[str, list[Row]] = {}
    for row in rows:  # a reset lies anywhere, and tells in its state which stream it is about
        own = f"{row.bucket}/{row.key}" if row.key.endswith(RESET) else str(PurePosixPath(row.bucket, row.key).parent)
        groups.setdefault(own, []).append(row)
    with ThreadPoolExecutor(READERS) as pool:
        read = list(pool.map(lambda group: _stream(sources, group), list(groups.values())[:MOST_STREAMS]))
    found: dict[str, Stream] = {}
    for each in sorted(filter(None, read), key=lambda one: one.row.at):
        known = found.get(each.state.stream)
        found[each.state.stream] = Stream(each.row, each.state, each.picture or (known.picture if known else None))
    return [found[name] for name in sorted(found)]


def newest(sources: Sources) -> dict[str, str]:
    """Name the newest run of each service that changes what is known of drift."""
    names = [name for function in (CHECK, SWAP) for name in running(sources.services, function)]
    rows = [row for name in names for row in sources.index.page(Wanted(function=name), 1)]
    return {row.function: f"{row.name} {row.at}" for row in rows}


def _rows(sources: Sources) -> list[Row]:
    """Give the newest committed checks, the newest first."""
    wanted = [Wanted(function=name, state="committed") for name in running(sources.services, CHECK)]
    rows = [row for each in wanted for row in sources.index.page(each, MOST_ROWS) if row.outputs]
    return sorted(rows, key=lambda row: row.at, reverse=True)


def _stream(sources: Sources, rows: list[Row]) -> Stream | None:
    """Read the newest state that one of the rows has left, and find the newest picture."""
    runs = [(row, run) for row in rows[:LOOKED_THROUGH] if (run := sources.ledger.find(row.name))]
    state = next(((row, found) for row, run in runs if (found := _state(sources, run))), None)
    if state is None:
        return None
    return Stream(*state, next((each for _, run in runs for each in _ending(run, PICTURE)), None))


def _state(sources: Sources, run: Run) -> State | None:
    for one in _ending(run, STATE):
        if one.size <= LARGEST:
            try:
                return State.model_validate_json(sources.store.read(one.bucket, one.key)[0])
            except (FunctionError, ValidationError):  # gone since, or somebody else's
                continue
    return None


def _ending(run: Run, suffix: str) -> Iterable[StoredObject]:
    return (one for one in run.outputs if one.key.endswith(suffix))


def _plot(title: str, each: Watched) -> Plot | None:
    if each.batch and each.batch.told:
        looks = each.batch.told
        points = [(float(look.number), look.p) for look in looks]
        marks = [(float(look.number), look.p, "drift") for look in looks if look.drifted]
        return plot(title, "test", {"p": points}, level=looks[-1].level, marks=marks, is_logarithmic=True)
    if each.detectors and each.detectors.trail:
        trail = each.detectors.trail
        start = each.detectors.count - len(trail)
        points = [(float(start + place), value) for place, value in enumerate(trail, 1)]
        shown = {alarm.after: alarm for alarm in each.alarms if alarm.after and alarm.after > start}
        marks = [(x, y, f"drift: {shown[int(x)].test}") for x, y in points if int(x) in shown]
        return plot(title, "value", {"values": points}, marks=marks)
    return None
