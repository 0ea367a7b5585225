"""Episodes: from the first window that is alarming to the first that is well clear; one alert an episode.

Windows are told in any order, as late records come; an episode is a stretch of the data's time, not of ours.
"""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

MOST_EPISODES = 200


class Episode(BaseModel):
    """One time for which a rule was violated; moments are seconds since 1970.

    Attributes:
        since: The first window that was alarming.
        until: The last that was not clear.
        cleared: The first that was; None while none is.
        value: What the alert said.
        worst: The value furthest from the threshold.
    """

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)

    since: float
    until: float
    cleared: float | None = None
    value: float
    worst: float

    def covers(self, at: float, patience: float) -> bool:
        """Tell whether what is alarming at ``at`` belongs to it; ``patience`` is the window's width in seconds."""
        end = self.until + patience if self.cleared is None else self.cleared
        return self.since - patience <= at <= end

    def is_open(self, now: float, patience: float) -> bool:
        """Tell whether it goes on, as far as is known; a window in which nothing happens ends it."""
        return self.cleared is None and now <= self.until + patience


Episodes = Annotated[list[Episode], Field(max_length=MOST_EPISODES)]


def violated(episodes: list[Episode], at: float, value: float, patience: float, *, threshold: float) -> bool:
    """Note that a window was alarming; True where that begins an episode, which is worth an alert."""
    found = next((each for each in reversed(episodes) if each.covers(at, patience)), None)
    if found is None:
        episodes.append(Episode(since=at, until=at, value=value, worst=value))
        episodes.sort(key=lambda each: each.since)
        del episodes[:-MOST_EPISODES]
        return True
    found.since, found.until = min(found.since, at), max(found.until, at)
    found.worst = max(found.worst, value, key=lambda each: abs(each - threshold))
    _join(episodes, found, patience)
    return False


def _join(episodes: list[Episode], found: Episode, patience: float) -> None:
    """Make one of what late records have shown to be one: a stretch of time is never in two episodes."""
    for other in [each for each in episodes if each is not found]:
        first, second = sorted((found, other), key=lambda each: each.since)
        if first.covers(second.since, patience):
            found.since, found.until = first.since, max(first.until, second.until)
            found.cleared = second.cleared
            found.value = first.value
            episodes.remove(other)


def calm(episodes: list[Episode], at: float, patience: float, *, is_clear: bool) -> bool:
    """Note that a window was not alarming; True where that ends an episode. What is not clear prolongs one."""
    found = next((each for each in reversed(episodes) if each.cleared is None and each.covers(at, patience)), None)
    if found is None or at <= found.until:
        return False
    if is_clear:
        found.cleared = at
        return True
    found.until = at
    return False
