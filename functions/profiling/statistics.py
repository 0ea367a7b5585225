"""Figures of many times, and how many jobs ran at once."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Times:
    """Of response times in milliseconds: mean and percentiles; None of none."""

    avg_response_time: float | None
    avg_response_time_ms: float | None
    p50_ms: float | None
    p95_ms: float | None
    p99_ms: float | None


def times(milliseconds: Iterable[float]) -> Times:
    """Give the mean in seconds, as OSCAR-P has it, and all in milliseconds."""
    found = sorted(milliseconds)
    if not found:
        return Times(None, None, None, None, None)
    mean = sum(found) / len(found)
    shares = (percentile(found, share) for share in (0.5, 0.95, 0.99))
    return Times(round(mean / 1000, 6), round(mean, 3), *(round(value, 3) for value in shares))


def percentile(ordered: Sequence[float], share: float) -> float:
    """Give the quantile of ordered values, between the nearest two (Hyndman and Fan's type 7)."""
    place = (len(ordered) - 1) * share
    low = int(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (place - low)


def most_at_once(spans: Iterable[tuple[float, float]]) -> int:
    """Give how many of the spans, from a moment to a later one, overlap at most; one that ends makes room first."""
    changes = sorted(change for begin, end in spans for change in ((begin, 1), (end, -1)))
    now = most = 0
    for _, change in changes:
        now += change
        most = max(most, now)
    return most


def throughput(count: int, begin: float | None, end: float | None) -> float | None:
    """Give how many a second, from ``begin`` to ``end`` in milliseconds."""
    if begin is None or end is None or end <= begin:
        return None
    return round(count * 1000 / (end - begin), 6)
