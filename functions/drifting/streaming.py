"""A stream of values under detectors, and what of it has to be kept so that another process goes on exactly there.

river's detectors have no form that could be kept but pickle. So the values since a detector began are kept, and shown
to a new one. That those are never more than ``MOST`` is part of the method, not of keeping: beyond it a detector begins
anew with the later half of them, wherever it runs.
"""

from collections.abc import Sequence
from typing import Annotated

import numpy as np
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer

from functions.drifting.configuration import ONLY_ZERO_OR_ONE, Check
from functions.drifting.detectors import Detector, goes, made, parts

MOST = 5000
WARM_UP = 100
"""Values that the scale of a metric is taken from; they are the reference, and no drift is looked for in them alone."""
TRAIL = 500
"""Values that are remembered for the plot."""


def _unpacked(given: object) -> object:
    return [float(each) for each in given] if isinstance(given, str) and set(given) <= {"0", "1"} else given


def _packed(values: list[float]) -> list[float] | str:
    return "".join("1" if each else "0" for each in values) if all(each in (0.0, 1.0) for each in values) else values


Values = Annotated[list[float], Field(max_length=MOST), BeforeValidator(_unpacked), PlainSerializer(_packed)]
"""In JSON a text of 0 and 1 where all are such."""


class StreamState(BaseModel):
    """What is kept.

    Attributes:
        count: Values so far.
        warm: The first ones, until they are enough to know the scale.
        values: By detector: what it has been shown, scaled.
        trail: The latest values as they came.
    """

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)

    count: int = 0
    warm: Values = []
    centre: float = 0.0
    spread: float = 1.0
    is_warm: bool = False
    values: dict[str, Values] = {}
    trail: Annotated[list[float], Field(max_length=TRAIL)] = []


class Stream:
    """Detectors at work on one field; ``state`` is current after each value."""

    def __init__(self, state: StreamState, check: Check) -> None:
        self.state = state
        self.check = check
        self.detectors: dict[str, Detector] = {}
        for name in parts(check):
            self._begin_with(name, state.values.get(name, ()))

    def feed(self, value: float) -> str:
        """Take the next value; gives the name of the detector that it shows a drift to, else an empty text."""
        state = self.state
        state.count += 1
        state.trail.append(value)
        del state.trail[:-TRAIL]
        if state.is_warm or self.check.test in ONLY_ZERO_OR_ONE:
            return self._shown((value - state.centre) / state.spread)
        state.warm.append(value)
        if len(state.warm) < WARM_UP:
            return ""
        self._scale()
        found = [self._shown((each - state.centre) / state.spread) for each in state.warm]
        return next(filter(None, found), "")

    def feed_all(self, values: Sequence[float]) -> tuple[int, str] | None:
        """Take values up to the first that shows a drift: its place, and the detector's name."""
        place = 0
        while place < len(values):
            place += self._quiet(values[place : place + MOST])
            if place == len(values):
                return None
            if found := self.feed(values[place]):
                return place, found
            place += 1
        return None

    def _quiet(self, values: Sequence[float]) -> int:
        """Take as many values as one detector can be shown in a row without more ado; gives their number.

        The one that it says something about is not taken: it is shown again to a detector that has not seen it.
        """
        state, name = self.state, self.check.test
        if len(self.detectors) > 1 or not (state.is_warm or name in ONLY_ZERO_OR_ONE):
            return 0
        kept = state.values.setdefault(name, [])
        fresh = [(each - state.centre) / state.spread for each in values[: MOST - len(kept)]]
        feed = self.detectors[name].feed
        taken = next((place for place, each in enumerate(fresh) if feed(each)), len(fresh))
        kept += fresh[:taken]
        state.count += taken
        state.trail = [*state.trail, *values[:taken]][-TRAIL:]
        if taken < len(fresh):
            self._begin_with(name, kept)
        return taken

    def _scale(self) -> None:
        """Take the scale from the first values, unless they are 0 and 1 and a detector wants just such.

        Page-Hinkley's threshold is in standard deviations, so it wants no others.
        """
        state = self.state
        state.is_warm = True
        if "PageHinkley" in parts(self.check) or not set(state.warm) <= {0.0, 1.0}:
            state.centre = float(np.mean(state.warm))
            state.spread = float(np.std(state.warm)) or 1.0

    def _shown(self, value: float) -> str:
        """Show a scaled value to all detectors; one that finds a drift begins anew, as river's do, the others with it.

        They do not where it was a drift that is not looked for.
        """
        found = ""
        for name in self.detectors:
            if self._drifts(name, value):
                found = found or name
        for name in self.detectors if found else ():
            self.state.values[name].clear()
            self.detectors[name] = made(name, self.check)
        return found

    def _drifts(self, name: str, value: float) -> bool:
        values = self.state.values.setdefault(name, [])
        values.append(value)
        if len(values) > MOST:
            del values[: MOST // 2]
            drifts = self._begin_with(name, values)
        else:
            drifts = self.detectors[name].feed(value)
        if not drifts:
            return False
        recent = self.detectors[name].recent or len(values)
        is_meant = goes(values[:-recent], values[-recent:], self.check.direction)
        values.clear()
        self.detectors[name] = made(name, self.check)
        return is_meant

    def _begin_with(self, name: str, values: Sequence[float]) -> bool:
        """Show values to a new detector; whether it finds a drift in them, which then is one of just now."""
        self.detectors[name] = made(name, self.check)
        return sum(self.detectors[name].feed(value) for value in values) > 0  # any() would leave the rest out
