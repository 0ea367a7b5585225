"""The next step of a stream: from what is kept and new observations to what is kept then, and what is told."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from functions.drifting.batch import HOUR, BatchState, Look, add
from functions.drifting.configuration import Check, Configuration
from functions.drifting.observations import Observation, Value, named
from functions.drifting.state import Alarm, FieldState, State, moment
from functions.drifting.streaming import Stream, StreamState

Row = tuple[Value, ...]
MOST_ALARMS = 50


@dataclass
class Told:
    """What happened to one field, ``name``.

    Attributes:
        seen: Observations of it.
        collected: The time in which data were collected has ended.
    """

    metric: str
    name: str
    check: Check
    kept: FieldState
    seen: int = 0
    looks: list[Look] = field(default_factory=list)
    alarms: list[Alarm] = field(default_factory=list)
    collected: bool = False

    @property
    def happened(self) -> bool:
        """Whether there is something new to see."""
        return bool(self.looks or self.alarms or self.collected)


def advance(
    state: State, configuration: Configuration, observations: Sequence[Observation], *, source: str
) -> list[Told]:
    """Take observations into the state, in the order of their times; ``source`` is the object that they come from."""
    told = []
    ordered = sorted(observations, key=lambda each: each.at)
    watched: dict[str, dict[str, FieldState]] = {}
    for metric, name, check in configuration.checks():
        kept = state.metrics.get(metric, {}).get(name)
        if kept is None or kept.check != check.plain():
            kept = FieldState(check=check.plain())
        fields = named(name, check)
        rows = [(each.at, row) for each in ordered if (row := each.row(metric, fields)) is not None]
        each = Told(metric, name, check, kept, seen=len(rows))
        _Step(state.stream, configuration, each, source).take(rows)
        watched.setdefault(metric, {})[name] = each.kept
        told.append(each)
    state.metrics = watched
    return told


@dataclass
class _Step:
    """One field's way through its rows."""

    stream: str
    configuration: Configuration
    told: Told
    source: str

    def take(self, rows: Sequence[tuple[float, Row]]) -> None:
        place = 0
        while place < len(rows):
            self._settle(rows[place][0])
            if self.told.kept.status:
                place += 1
            elif self.told.check.is_batch:
                self._look(*rows[place])
                place += 1
            else:
                place += self._feed(rows[place:])

    def _settle(self, at: float) -> None:
        """End the time in which data are collected, once it is over."""
        kept = self.told.kept
        if kept.status != 1 or at < (kept.drifted_at or 0) + self.configuration.data_collection_period * HOUR:
            return
        self.told.collected = True
        kept.status = 2
        if self.configuration.after_collection == "renew":
            self.told.kept = FieldState(check=kept.check, alarms=kept.alarms)

    def _look(self, at: float, row: Row) -> None:
        kept, check = self.told.kept, self.told.check
        kept.batch = kept.batch or BatchState()
        name = f"{self.stream}\0{self.told.metric}\0{self.told.name}"
        look = add(kept.batch, check, row, at=at, interval=self.configuration.detection_interval, name=name)
        if look is None:
            return
        self.told.looks.append(look)
        if look.drifted:
            known = look.model_dump(include={"p", "level", "effect", "measure", "shift"})
            self._alarm(at, check.test, **known)

    def _feed(self, rows: Sequence[tuple[float, Row]]) -> int:
        """Show values to the detectors up to a drift, and give their number."""
        kept = self.told.kept
        kept.detectors = kept.detectors or StreamState()
        found = Stream(kept.detectors, self.told.check).feed_all([float(row[0]) for _, row in rows])
        if found is None:
            return len(rows)
        place, name = found
        self._alarm(rows[place][0], name, after=kept.detectors.count)
        return place + 1

    def _alarm(self, at: float, test: str, **known: object) -> None:
        told = self.told
        about = {"stream": self.stream, "metric": told.metric, "field": told.name, "object": self.source}
        alarm = Alarm.model_validate({**about, "test": test, "at": moment(at), **known})
        told.alarms.append(alarm)
        told.kept.status, told.kept.drifted_at = 1, at
        told.kept.alarms = [*told.kept.alarms, alarm][-MOST_ALARMS:]
