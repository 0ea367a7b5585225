"""Windows of values against a reference window: when they are full, and what a test says of them."""

import hashlib
from bisect import bisect_left
from typing import cast

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from functions.drifting.configuration import LARGEST_WINDOW, BatchTest, Check
from functions.drifting.two_sample import Row, compare

HOUR = 3600.0
TOLD = 200
"""Tests that are remembered for the plot."""


class Look(BaseModel):
    """One test of a window; ``at`` in seconds since 1970."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    at: float
    number: int
    reference: int
    window: int
    p: float
    level: float
    effect: float
    measure: str
    shift: float | None = None
    drifted: bool = False


class BatchState(BaseModel):
    """The reference, once it is full, the window, and the tests so far.

    Attributes:
        began: Time of the first value of the reference.
        due: When a window in hours is tested next.
    """

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)

    reference: list[Row] = Field(default=[], max_length=LARGEST_WINDOW)
    is_full: bool = False
    began: float | None = None
    due: float | None = None
    times: list[float] = Field(default=[], max_length=LARGEST_WINDOW)
    window: list[Row] = Field(default=[], max_length=LARGEST_WINDOW)
    looks: int = 0
    told: list[Look] = Field(default=[], max_length=TOLD)


def add(state: BatchState, check: Check, row: Row, *, at: float, interval: float, name: str) -> Look | None:
    """Take one row of values into the state; give the test, if its window was due for one.

    Args:
        interval: Hours between tests of windows in hours.
        name: Of what is watched; what is random comes from it, so that the same values give the same result.
    """
    if not state.is_full:
        _refer(state, check, row, at)
        return None
    if check.window and len(state.window) >= check.window:  # until now, so that it could be drawn
        state.window, state.times = [], []
    at = max(at, state.times[-1] if state.times else at)
    state.window.append(row)
    state.times.append(at)
    _forget(state, check, at)
    if not _is_due(state, check, at):
        return None
    state.looks += 1
    look = _tested(state, check, at, name)
    state.told = [*state.told, look][-TOLD:]
    state.due = at + interval * HOUR
    return look


def _refer(state: BatchState, check: Check, row: Row, at: float) -> None:
    """Take a row into the reference, or as the window's first if that is full by time."""
    began = state.began if state.began is not None else at
    state.began = began
    if check.period and at >= began + check.period * HOUR and len(state.reference) >= check.least:
        state.is_full, state.due = True, began + 2 * check.period * HOUR
        state.window, state.times = [row], [at]
        return
    state.reference.append(row)
    del state.reference[:-LARGEST_WINDOW]
    state.is_full = check.window is not None and len(state.reference) >= check.window


def _forget(state: BatchState, check: Check, at: float) -> None:
    """Drop what is older than a window, but leave the least that one has."""
    if check.period:
        old = max(min(bisect_left(state.times, at - check.period * HOUR), len(state.times) - check.least), 0)
        del state.window[:old], state.times[:old]
    del state.window[:-LARGEST_WINDOW], state.times[:-LARGEST_WINDOW]


def _is_due(state: BatchState, check: Check, at: float) -> bool:
    if check.window:
        return len(state.window) >= check.window
    return state.due is not None and at >= state.due and len(state.window) >= check.least


def _tested(state: BatchState, check: Check, at: float, name: str) -> Look:
    seed = hashlib.sha256(f"{name}\0{state.looks}".encode()).digest()
    random = np.random.default_rng(int.from_bytes(seed[:16], "big"))
    test = cast("BatchTest", check.test)
    found = compare(test, state.reference, state.window, level=check.level, random=random)
    return Look(
        at=at,
        number=state.looks,
        reference=len(state.reference),
        window=len(state.window),
        p=found.p,
        level=check.level,
        effect=found.effect,
        measure=found.measure,
        shift=found.shift,
        drifted=found.p <= check.level and found.effect >= check.least_effect,
    )
