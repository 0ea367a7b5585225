"""Steady state of a function as a service whose instances start cold and are ended when idle.

The model is that of N. Mahmoudi and H. Khazaei, "Performance Modeling of Serverless Computing Platforms" (IEEE
Transactions on Cloud Computing, 2020), which the package pacsltk evaluates and SPACE4AI-D uses. A platform with ``m``
warm instances, none of which queues, is an M/G/m/m loss system: a request that finds all of them busy, with Erlang's
probability B(m), starts a cold instance. Requests go to the newest idle instance, so that the m-th gets the rate
``load (B(m-1) - B(m))``; it is ended when none comes for the idle time. The count of warm instances is thus a birth and
death process: up with one over the mean of cold starts' spacing plus their duration, down with the sum of the rates at
which each instance ends. pacsltk solves it as a linear system; the product form used here gives the same
probabilities, for all points at once.
"""

import numpy as np
import numpy.typing as npt

MOST_INSTANCES = 1000
"""Where the platform stops starting instances (AWS's default limit); pacsltk's ``maximum_concurrency``."""
_AHEAD = 30
_LARGE = 1e100

Numbers = npt.NDArray[np.float64]


def response_time(load: npt.ArrayLike, *, warm: npt.ArrayLike, cold: npt.ArrayLike, idle: npt.ArrayLike) -> Numbers:
    """Give the mean seconds of one request; equal to pacsltk's ``avg_resp_time``.

    Args:
        load: Requests a second, of any shape; at 0 each one is cold.
        warm: Seconds of a request on an instance that runs.
        cold: Seconds of a request that starts an instance.
        idle: Seconds after which an idle instance is ended.

    Returns:
        Seconds, of the shape that the arguments have together.
    """
    rate, warm, cold, idle = np.broadcast_arrays(*(np.asarray(each, dtype=float) for each in (load, warm, cold, idle)))
    seconds: Numbers = cold.copy()
    some = rate > 0
    if some.any():
        seconds[some] = _steady(rate[some], warm[some], cold[some], idle[some])
    return seconds


@np.errstate(over="ignore")
def _steady(rate: Numbers, warm: Numbers, cold: Numbers, idle: Numbers) -> Numbers:
    """Sum the birth and death process's states up to where their weight no longer counts; all of shape (N,)."""
    blocked = np.ones_like(rate)
    ended = np.zeros_like(rate)
    # Weight of the current state, of all states, and of all states times their response time; to any scale.
    weight, total, times = np.ones_like(rate), np.ones_like(rate), cold.copy()
    last = np.full(rate.shape, min(_AHEAD, MOST_INSTANCES))
    count = 0
    while count < last.max():
        count += 1
        counts = count <= last
        before = blocked
        blocked = rate * warm * before / (count + rate * warm * before)
        ended = ended + _ending(rate * (before - blocked), warm, idle)
        upward = rate * before / (1 + rate * before * cold)
        # Where no instance is ever ended, the states with fewer are left for good.
        left = counts & (ended == 0)
        ratio = np.divide(upward, ended, out=np.zeros_like(upward), where=ended > 0)
        weight = np.where(left, 1.0, np.where(counts, weight * ratio, 0.0))
        total, times = np.where(left, 0.0, total), np.where(left, 0.0, times)
        here = warm if count == MOST_INSTANCES else blocked * cold + (1 - blocked) * warm
        total, times = total + weight, times + weight * here
        scale = np.where(weight > _LARGE, weight, 1.0)
        weight, total, times = weight / scale, total / scale, times / scale
        # pacsltk looks 30 states beyond the last one in which instances start faster than they end.
        last = np.where(counts & (rate * blocked > ended), min(count + _AHEAD, MOST_INSTANCES), last)
    return times / total


def _ending(rate: Numbers, warm: Numbers, idle: Numbers) -> Numbers:
    """Give how often a second an instance is ended to which ``rate`` requests a second come."""
    span = idle + warm
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        spacing = np.where(rate > 0, -np.expm1(-rate * span) / rate - span * np.exp(-rate * span), 0.0)
        ending: Numbers = 1 / (idle + np.expm1(rate * idle) * spacing)
    return ending
