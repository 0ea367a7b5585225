"""The next step of an application: from what is kept and newly ended runs to what is kept then, and to alerts.

Only the times in the records count, never when they came: a record that comes late or twice leads to the same windows,
and to an alert of its own time at most.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from functions.watching.alerts import Alert
from functions.watching.episodes import calm, violated
from functions.watching.observations import Observation, canonical, latest
from functions.watching.rules import THROUGHPUT, Rule, Statistic
from functions.watching.state import State, Watched
from functions.watching.windows import Sample, Spans, Windows, figures, samples, spans, throughput


@dataclass(frozen=True)
class Policy:
    """How rules are looked at.

    Attributes:
        window: Width in seconds.
        statistic: What of a window's values is compared with the threshold; a custom alert looks at each value.
        margin: Share of the threshold by which a value must be better for an alert to be over.
        least: Values that a window must have to be looked at.
        horizon: Seconds before the newest data for which runs are kept.
        most_rows: Runs that are kept at most.
    """

    window: float = 120
    statistic: Statistic = "mean"
    margin: float = 0.1
    least: int = 1
    horizon: float = 86400
    most_rows: int = 5000


def advance(state: State, rules: Sequence[Rule], policy: Policy, given: Iterable[Observation]) -> list[Alert] | None:
    """Take observations into the state, and give the alerts; None where nothing is new."""
    known = {row.id: row for row in state.rows}
    merged = latest([*state.rows, *given])
    fresh = [row for name, row in merged.items() if known.get(name) != row]
    _forget(state, rules, policy)
    if not fresh:
        return None
    rows = sorted(merged.values(), key=lambda row: (row.finished, row.id))
    state.settled = max(state.settled, rows[-1].finished)
    state.pending += [row.id for row in sorted(fresh, key=lambda row: (row.finished, row.id))]
    state.pending = list(dict.fromkeys(state.pending))
    step = _Step(state, policy, rows, spans(rows), fresh)
    alerts = [alert for rule in rules for alert in step.look(rule)]
    state.rows = rows
    component = state.throughput_component
    ends = _ends(rows, component)
    state.throughput = round(throughput(ends, state.settled, policy.window), 6) if ends else None
    return sorted(alerts, key=lambda each: (each.at, each.rule.id))


def drop_old(state: State, policy: Policy) -> None:
    """Forget runs that are too old or too many, but for those that no table has yet."""
    pending = set(state.pending)
    oldest = state.settled - policy.horizon
    surplus = len(state.rows) - policy.most_rows
    kept = [
        row for place, row in enumerate(state.rows) if row.id in pending or (place >= surplus and row.finished > oldest)
    ]
    state.rows = kept


def _forget(state: State, rules: Sequence[Rule], policy: Policy) -> None:
    """Begin anew with rules that are others than they were, and without those that are gone."""
    state.window = policy.window
    state.rules = {rule.id: _kept(state.rules.get(rule.id), rule) for rule in rules}


def _kept(known: Watched | None, rule: Rule) -> Watched:
    metric = "/".join(rule.metric) if rule.kind == "custom" else ""
    new = Watched(
        name=rule.name,
        kind=rule.kind,
        path=list(rule.path),
        metric=metric,
        threshold=rule.threshold,
        alarming=rule.alarming,
    )
    if known is None:
        return new
    about = ("path", "metric", "threshold", "alarming")
    return known if all(getattr(known, each) == getattr(new, each) for each in about) else new


def _ends(rows: Sequence[Observation], component: str) -> list[float]:
    """Give when each session's last job ended, in order; of one component where one is named."""
    found: dict[str, float] = {}
    for row in rows:
        if row.ok and component in ("", row.component):
            found[row.session] = max(row.finished, found.get(row.session, 0.0))
    return sorted(found.values())


@dataclass(frozen=True)
class _Step:
    """One step's look at all rules."""

    state: State
    policy: Policy
    rows: Sequence[Observation]
    spans: Spans
    fresh: Sequence[Observation]

    def look(self, rule: Rule) -> list[Alert]:
        ordered = samples(rule, self._rows_of(rule), self.spans, self.policy.window)
        if not ordered:
            return []
        kept = self.state.rules[rule.id]
        kept.figures = figures(rule, ordered, self.state.settled, self.policy.window) or kept.figures
        values = self._values(rule, ordered, self._moments(rule, ordered))
        return [alert for at, value in values if (alert := self._judge(rule, at, value)) is not None]

    def _rows_of(self, rule: Rule) -> Sequence[Observation]:
        if rule.metric != THROUGHPUT:
            return self.rows
        component = self.state.throughput_component
        return [row for row in self.rows if row.ok and component in ("", row.component)]

    def _moments(self, rule: Rule, ordered: Sequence[Sample]) -> list[float]:
        """Give the ends of the windows that the new rows change: their own, and of those that reach over them."""
        mine = {row.session for row in self.fresh if not rule.path or row.component in (rule.path[0], rule.path[-1])}
        if rule.kind == "custom":
            changed = {row.finished for row in self.fresh}
        else:
            changed = {each.at for each in ordered if each.session in mine}
        moments: set[float] = set()
        done = 0
        for at in sorted(changed):
            low = bisect_left(ordered, at, key=lambda each: each.at)
            high = bisect_right(ordered, at + self.policy.window, key=lambda each: each.at)
            moments.update(each.at for each in ordered[max(low, done) : high])
            done = max(done, high)
        return sorted(moments)

    def _values(self, rule: Rule, ordered: Sequence[Sample], moments: Sequence[float]) -> Iterator[tuple[float, float]]:
        """Give what is compared at each moment; of a custom metric each value, those of one moment in their order."""
        if rule.kind == "custom":
            wanted = set(moments)
            yield from ((each.at, each.value) for each in ordered if each.at in wanted)
            return
        windows = Windows(ordered, self.policy.window)
        for at in moments:
            if windows.until(at) >= max(self.policy.least, 1):
                yield at, windows.of(self.policy.statistic)

    def _judge(self, rule: Rule, at: float, value: float) -> Alert | None:
        episodes, patience = self.state.rules[rule.id].episodes, self.policy.window
        if not rule.is_violated(value):
            calm(episodes, at, patience, is_clear=rule.is_clear(value, self.policy.margin))
            return None
        begins = violated(episodes, at, value, patience, threshold=rule.threshold)
        return Alert(rule, value, at) if begins else None


def component_of(name: str | None) -> str:
    """Give the throughput component as rows have it; empty for all."""
    return canonical(name) if name else ""
