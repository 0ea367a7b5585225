"""Answers of AMS's monitoring API, body for body (ams-api, ``app.py``); windows end now, by the reader's clock.

Upstream's answer for a session has the last run of a component only, ours all of them, in the same list.
"""

from collections.abc import Sequence
from typing import TypedDict

from functions.watching.alerts import rfc3339
from functions.watching.observations import Observation, canonical
from functions.watching.state import State
from functions.watching.windows import throughput

PRECISION = 6
"""Digits of seconds and rates."""


class Execution(TypedDict):
    """One run: when it ended, and its seconds."""

    timestamp: str
    execution_time: float


class Mean(TypedDict):
    """Runs of a component in the window, their mean seconds, and how many there are a second."""

    mean: float
    throughput: float
    count: int


class Throughput(TypedDict):
    """Sessions a second."""

    throughput: float
    timestamp: str


def session_times(states: Sequence[State], session: str) -> dict[str, list[Execution]] | None:
    """Give the runs of one session by component; None for a session that nobody knows."""
    found: dict[str, list[Execution]] = {}
    for row in _rows(states):
        if row.session == session:
            one = Execution(timestamp=rfc3339(row.finished), execution_time=round(row.seconds, PRECISION))
            found.setdefault(row.component, []).append(one)
    return found or None


def component_times(states: Sequence[State], path: Sequence[str], *, now: float) -> dict[str, Mean] | str:
    """Give the mean of each component, and of the path where there are several; a name that has no runs otherwise.

    A path's mean is the sum of its components', its rate and its number are those of the first.
    """
    window = max((state.window for state in states), default=120.0)
    rows = [row for row in _rows(states) if now - window < row.finished <= now]
    found: dict[str, Mean] = {}
    for name in path:
        own = [row.seconds for row in rows if row.component == canonical(name)]
        if not own:
            return name
        rate = round(len(own) / window, PRECISION)
        found[name] = Mean(mean=round(sum(own) / len(own), PRECISION), throughput=rate, count=len(own))
    if len(path) > 1:
        first = found[path[0]]
        whole = round(sum(found[name]["mean"] for name in path), PRECISION)
        found[",".join(path)] = Mean(mean=whole, throughput=first["throughput"], count=first["count"])
    return found


def system_throughput(states: Sequence[State], *, now: float) -> Throughput:
    """Give the sessions a second that ended in the window; 0 where none did."""
    total = 0.0
    for state in states:
        ends: dict[str, float] = {}
        for row in state.rows:
            if row.ok and state.throughput_component in ("", row.component):
                ends[row.session] = max(row.finished, ends.get(row.session, 0.0))
        total += throughput(sorted(ends.values()), now, state.window)
    return Throughput(throughput=round(total, PRECISION), timestamp=rfc3339(now))


def _rows(states: Sequence[State]) -> list[Observation]:
    """Give the runs that committed, by their ends; a run that two applications watch is one."""
    found = {row.id: row for state in states for row in state.rows if row.ok}
    return sorted(found.values(), key=lambda row: row.finished)
