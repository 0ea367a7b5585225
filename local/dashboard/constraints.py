"""Constraints: what each rule's newest window says, how its values have been, and the alerts there were."""

from dataclasses import dataclass
from datetime import UTC, datetime

from starlette.responses import Response

from functions.watching.alerts import CONSTRAINT_ENDING, CUSTOM_ENDING
from functions.watching.episodes import Episode
from functions.watching.rules import Rule
from functions.watching.state import State, Watched
from functions.watching.windows import samples, spans
from local.dashboard.index import Wanted
from local.dashboard.pages import Pages
from local.dashboard.parts import answer
from local.dashboard.plots import Plot, plot
from local.dashboard.services import running
from local.dashboard.sources import Sources
from local.dashboard.visit import Visit
from local.watching import is_watched, places, states

pages = Pages("Constraints", "/constraints")
WATCHER = "watch-constraints"
MOST_ALERTS = 100
MOST_PLOTS = 12
"""Of one application."""
LATEST = datetime(9999, 12, 31, tzinfo=UTC).timestamp()
"""A clock that is wrong may tell of later."""
LONG = 300
"""Seconds from which on a plot counts minutes."""


@dataclass(frozen=True)
class RuleShown:
    """One rule as it stands; ``state`` is a badge's word."""

    rule: Watched
    state: str

    @property
    def about(self) -> str:
        """Say what is looked at: components in their order, or a metric."""
        return " → ".join(self.rule.path) or self.rule.metric


@dataclass(frozen=True)
class AlertShown:
    """One episode of a rule, with the moments that it has."""

    rule: Watched
    episode: Episode
    is_open: bool

    @property
    def since(self) -> datetime:
        """When its first window was."""
        return _moment(self.episode.since)

    @property
    def cleared(self) -> datetime | None:
        """When it was over, if that is known."""
        return None if self.episode.cleared is None else _moment(self.episode.cleared)


@dataclass(frozen=True)
class Application:
    """One application's rules, the alerts of them all, the newest first, and what its rules' values were."""

    state: State
    rules: tuple[RuleShown, ...]
    alerts: tuple[AlertShown, ...]
    plots: tuple[Plot, ...]

    @classmethod
    def of(cls, state: State) -> "Application":
        """Tell what is known of it."""
        rules = list(state.rules.values())
        alerts = [
            AlertShown(rule, each, each.is_open(state.settled, state.window))
            for rule in rules
            for each in rule.episodes
        ]
        alerts.sort(key=lambda each: each.episode.since, reverse=True)
        plots = [found for rule in rules[:MOST_PLOTS] if (found := _plot(state, rule))]
        shown = tuple(RuleShown(rule, _word(state, rule)) for rule in rules)
        return cls(state, shown, tuple(alerts[:MOST_ALERTS]), tuple(plots))

    @property
    def settled(self) -> datetime:
        """Until when the data goes that is known."""
        return _moment(self.state.settled)


@pages.get("/constraints")
def constraints(visit: Visit) -> Response:
    """Show every application that is watched."""
    sources = visit.sources
    found = [Application.of(state) for state in states(sources.store, sources.services)]
    folders = [place for ending in (CONSTRAINT_ENDING, CUSTOM_ENDING) for place in places(sources.services, ending)]
    return answer(
        visit,
        "constraints.html",
        "constraints_part.html",
        applications=found,
        is_watched=is_watched(sources.services),
        folders=list({(place.bucket, place.prefix): place for place in folders}.values()),
    )


@pages.live("constraints")
def tell(sources: Sources) -> dict[str, str]:
    """Name the newest run that may have changed what is known."""
    rows = [row for name in running(sources.services, WATCHER) for row in sources.index.page(Wanted(function=name), 1)]
    return {row.function: f"{row.name} {row.at}" for row in rows}


def _word(state: State, rule: Watched) -> str:
    if any(each.is_open(state.settled, state.window) for each in rule.episodes):
        return "violated"
    return "kept" if rule.figures else "unknown"


def _plot(state: State, rule: Watched) -> Plot | None:
    """Draw the values of a rule over the time before the end of what is known."""
    name, _, field = rule.metric.partition("/")
    asked = Rule(rule.name, rule.kind, path=tuple(rule.path), metric=(name, field))
    values = samples(asked, state.rows, spans(state.rows), state.window)
    first = values[0].at if values else state.settled
    unit, seconds = ("minutes", 60) if state.settled - first >= LONG else ("seconds", 1)
    points = [((each.at - state.settled) / seconds, each.value) for each in values]
    marks = [
        ((each.since - state.settled) / seconds, each.value, f"alert at {_moment(each.since):%Y-%m-%d %H:%M:%S}")
        for each in rule.episodes
        if each.since >= first
    ]
    title = rule.name if rule.kind == "custom" else f"{rule.name}, seconds"
    across, lines = f"{unit} before the end", {"sessions": points}
    return plot(title, across, lines, level=rule.threshold, marks=marks, is_counted=False)


def _moment(at: float) -> datetime:
    return datetime.fromtimestamp(min(max(at, 0.0), LATEST), UTC)
