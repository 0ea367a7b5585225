"""Percentiles, ratios and tables."""

import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import ceil, isnan

from rich.console import Console
from rich.table import Table

out = Console(width=None if sys.stdout.isatty() else 120)
notes = Console(stderr=True)


@dataclass(frozen=True)
class Spread:
    """How a measured quantity is spread over ``count`` samples."""

    count: int
    p50: float
    p99: float
    worst: float

    @classmethod
    def of(cls, samples: Sequence[float]) -> "Spread":
        """Summarise samples; of none, everything is not a number."""
        nothing = float("nan")
        if not samples:
            return cls(0, nothing, nothing, nothing)
        return cls(len(samples), percentile(samples, 50), percentile(samples, 99), max(samples))


def percentile(samples: Sequence[float], share: float) -> float:
    """Give the smallest sample that ``share`` percent of the samples do not exceed (nearest rank)."""
    ordered = sorted(samples)
    return ordered[max(0, ceil(len(ordered) * share / 100) - 1)]


def ratio(ours: float, theirs: float) -> float:
    """Give ours / theirs; not a number when there is nothing to divide by."""
    return ours / theirs if theirs else float("nan")


def show_table(title: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Print a table: the first column to the left, numbers to the right with as many digits as mean something."""
    table = Table()
    for index, column in enumerate(columns):
        table.add_column(column, justify="right" if index else "left", no_wrap=True)
    for row in rows:
        table.add_row(*(readable(each) for each in row))
    out.print(f"\n[bold]{title}")
    out.print(table)


def readable(value: object) -> str:
    """Write a number with three significant digits or as a whole number, anything else as it is."""
    if not isinstance(value, float):
        return str(value)
    if isnan(value):
        return "-"
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
