"""The verdict of a handler, as its process tells it: believed as to what it says, not as to how long it may take."""

from collections.abc import Mapping
from typing import Any

from functions.runtime.errors import FunctionError, InputVanishedError, NotYetError, Rejected, TryAgain

LONGEST_DELAY = 3600.0
LONGEST_PATIENCE = 30 * 86400.0
"""Seconds that a handler may ask to be left alone, and for which an event may wait for others."""


def verdict_of(frame: Mapping[str, Any]) -> FunctionError:
    """Give what a handler raised, by the frame in which its process says so."""
    if frame.get("wait"):
        delay, patience = _seconds(frame["delay"]), _seconds(frame["patience"], LONGEST_PATIENCE)
        return NotYetError(frame["reason"], hint=frame["hint"], delay=delay, patience=patience)
    if frame["retry"]:
        return TryAgain(frame["reason"], hint=frame["hint"], delay=_seconds(frame["delay"]))
    kind = InputVanishedError if frame.get("gone") else Rejected
    return kind(frame["reason"], hint=frame["hint"])


def _seconds(told: float | None, most: float = LONGEST_DELAY) -> float | None:
    return min(max(float(told), 0.0), most) if told is not None else None
