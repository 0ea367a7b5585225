"""Windows: the times of sessions that ended within one, and the figures of them."""

from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from functions.watching.observations import Observation
from functions.watching.rules import DURATIONS, THROUGHPUT, Rule, Statistic

MOST_WORST = 10
GREATEST = 1e300
"""What a custom metric counts as at most, either side of nought: sums of such values are still numbers."""
Spans = Mapping[str, Mapping[str, tuple[float, float]]]
"""Session -> component -> when its first job was queued and its last ended."""


@dataclass(frozen=True)
class Sample:
    """One value, and when it was known; ``seconds`` of a session, or a custom metric's value."""

    at: float
    value: float
    session: str


class Figures(BaseModel):
    """What a window says: values of sessions that ended in the ``window`` seconds before ``at``.

    ``ratio``: share of sessions beyond the threshold, ``violations`` of ``count``; ``worst`` are the longest of them.
    """

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)

    at: float
    window: float
    threshold: float
    count: int
    mean: float
    p50: float
    p95: float
    p99: float
    violations: int
    ratio: float
    worst: Annotated[list[tuple[str, float]], Field(max_length=MOST_WORST)] = []


def spans(rows: Iterable[Observation]) -> Spans:
    """Give the spans of what committed."""
    found: dict[str, dict[str, tuple[float, float]]] = {}
    for row in rows:
        if row.ok:
            own = found.setdefault(row.session, {})
            begin, end = own.get(row.component, (row.queued, row.finished))
            own[row.component] = (min(begin, row.queued), max(end, row.finished))
    return found


def samples(rule: Rule, rows: Sequence[Observation], known: Spans, window: float) -> list[Sample]:
    """Give the values that a rule looks at, in the order of their times.

    Of a path: max(job end of the last component) - min(job start of the first), a session, as AMS has it.
    """
    if rule.kind != "custom":
        found = _of_path(rule.path, known)
    elif rule.metric == THROUGHPUT:
        found = _throughputs(rows, window)
    else:
        found = (Sample(row.finished, value, row.session) for row in rows for value in _values(rule.metric, row))
    return sorted(found, key=lambda each: (each.at, each.session))


def figures(rule: Rule, ordered: Sequence[Sample], at: float, window: float) -> Figures | None:
    """Give the figures of the window that ends at ``at``; None when nothing is in it."""
    low = bisect_right(ordered, at - window, key=lambda each: each.at)
    high = bisect_right(ordered, at, key=lambda each: each.at)
    inside = ordered[low:high]
    if not inside:
        return None
    values = sorted(each.value for each in inside)
    beyond = sorted((each for each in inside if rule.is_violated(each.value)), key=lambda each: -each.value)
    return Figures(
        at=at,
        window=window,
        threshold=rule.threshold,
        count=len(values),
        mean=round(sum(values) / len(values), 6),
        **{name: round(percentile(values, share), 6) for name, share in (("p50", 0.5), ("p95", 0.95), ("p99", 0.99))},
        violations=len(beyond),
        ratio=round(len(beyond) / len(values), 6),
        worst=[(each.session, round(each.value, 6)) for each in beyond[:MOST_WORST]],
    )


class Windows:
    """Windows of one width over ordered samples, one after the other: each value goes in once and out once."""

    def __init__(self, ordered: Sequence[Sample], width: float) -> None:
        self._ordered, self._width = ordered, width
        self._low = self._high = 0
        self._inside: list[float] = []
        self._micros = 0  # whole numbers: what is added and taken away again leaves no rest

    def until(self, at: float) -> int:
        """Go on to the window that ends at ``at``, never before the last one; give how many values it has."""
        while self._high < len(self._ordered) and self._ordered[self._high].at <= at:
            value = self._ordered[self._high].value
            insort(self._inside, value)
            self._micros += round(value * 1e6)
            self._high += 1
        while self._low < self._high and self._ordered[self._low].at <= at - self._width:
            value = self._ordered[self._low].value
            del self._inside[bisect_left(self._inside, value)]
            self._micros -= round(value * 1e6)
            self._low += 1
        return len(self._inside)

    def of(self, statistic: Statistic) -> float:
        """Give one figure of a window that has values, as ``Figures`` has it."""
        if statistic == "mean":
            return round(self._micros / len(self._inside) / 1e6, 6)
        return round(percentile(self._inside, int(statistic[1:]) / 100), 6)


def percentile(ordered: Sequence[float], share: float) -> float:
    """Give the quantile of ordered values, between the nearest two (Hyndman and Fan's type 7)."""
    place = (len(ordered) - 1) * share
    low = int(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (place - low)


def throughput(ends: Sequence[float], at: float, window: float) -> float:
    """Give sessions a second: how many of the ordered ``ends`` lie within the window, by its width."""
    return (bisect_right(ends, at) - bisect_left(ends, at - window)) / window


def _of_path(path: Sequence[str], known: Spans) -> Iterable[Sample]:
    first, last = path[0], path[-1]
    for session, components in known.items():
        if first in components and last in components:
            begin, end = components[first][0], components[last][1]
            if end >= begin:
                yield Sample(end, end - begin, session)


def _throughputs(rows: Sequence[Observation], window: float) -> Iterable[Sample]:
    ends: dict[str, float] = {}
    for row in rows:
        ends[row.session] = max(row.finished, ends.get(row.session, 0.0))
    ordered = sorted(ends.values())
    return (Sample(at, throughput(ordered, at, window), session) for session, at in ends.items())


def _values(metric: tuple[str, str], row: Observation) -> Iterable[float]:
    name, field = metric
    if name == "execution_time" and field in DURATIONS:
        whole = {"job_duration": row.seconds, "function_duration": row.handler}
        value = whole.get(field, max(row.seconds - row.handler, 0.0))
        yield min(max(value, -GREATEST), GREATEST)
    elif field in row.metrics:
        yield min(max(row.metrics[field], -GREATEST), GREATEST)
