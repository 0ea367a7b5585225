"""When requests are sent: in batches, at a rate, or as fast as they are answered."""

from itertools import accumulate
from random import Random

from functions.continuum.run_parameters import Arrivals, Asynchronous, Interval
from functions.profiling.campaign import Load
from functions.runtime.errors import Rejected

MOST = 500_000
"""Requests of one run at most."""


def batches(parameters: Asynchronous, *, distribution: Arrivals, random: Random) -> Load:
    """Give so many files at once, again after each pause.

    The pauses between batches are ``inter_upload_time``, or are drawn from the exponential distribution of that mean:
    OSCAR-P takes the greater of the mean and the draw, which makes the load 1 / (1 + 1/e) = 0.73 of what is asked.
    """
    _check(parameters.batch_size * parameters.number_of_batches)
    mean = parameters.inter_upload_time
    pauses = [0.0, *(_pause(mean, distribution, random) for _ in range(parameters.number_of_batches - 1))]
    times = [time for time in accumulate(pauses) for _ in range(parameters.batch_size)]
    return Load(way="batches", times=_rounded(times))


def paced(interval: Interval, *, is_exponential: bool, random: Random) -> Load:
    """Give requests at the interval's rate for its duration, evenly or as a Poisson process.

    The first comes at 0 (evenly) or after the first pause (Poisson); there is at least one.
    """
    rate, end = interval.requests_a_second, interval.duration_seconds
    _check(rate * end)
    times: list[float] = []
    if is_exponential:
        time = random.expovariate(rate)
        while time < end:
            times.append(time)
            time += random.expovariate(rate)
    else:
        times = [index / rate for index in range(max(1, round(rate * end)))]
    return Load(
        way="paced",
        times=_rounded(times or [0.0]),
        clients=interval.number_of_threads,
        ramp_up=interval.ramp_up_seconds,
        throughput=interval.throughput,
    )


def closed(requests: int, *, clients: int) -> Load:
    """Give ``clients`` that send the next request when the one before is answered, until all have been sent."""
    _check(requests)
    return Load(way="closed", times=(0.0,) * requests, clients=min(clients, requests))


def _check(requests: float) -> None:
    if requests > MOST:
        raise Rejected(f"run_parameters.yaml asks for more than {MOST:,} requests", hint="fewer or smaller batches")


def _pause(mean: float, distribution: Arrivals, random: Random) -> float:
    return random.expovariate(1 / mean) if distribution == "exponential" and mean else mean


def _rounded(times: list[float]) -> tuple[float, ...]:
    return tuple(round(time, 6) for time in times)
