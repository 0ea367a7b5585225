"""Plots: lines over a number, laid out here and drawn as SVG by ``plot.html`` with nothing but shapes and classes."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from local.dashboard.templating import number

Point = tuple[float, float]
WIDTH, HEIGHT = 460, 240
LEFT, RIGHT, TOP, BOTTOM = 56, 10, 12, 34
"""Room beside the lines, in the units of the drawing: for numbers, and for the name of the axis."""
TICKS = 5
MOST_POINTS = 600
SMALLEST = 1e-12
"""What a logarithmic axis shows in place of 0."""
LARGEST = 1e300
"""What is larger is not drawn: the range from one end to the other has to be a number."""


@dataclass(frozen=True)
class Line:
    """One line; ``path`` is for SVG, ``style`` says which of the colours it has, ``last`` is its last value."""

    name: str
    style: int
    path: str
    last: float


@dataclass(frozen=True)
class Tick:
    """A number beside an axis, and where."""

    at: float
    text: str


@dataclass(frozen=True)
class Mark:
    """A place to look at, with what is there."""

    x: float
    y: float
    text: str


@dataclass(frozen=True)
class Plot:
    """A picture of lines; ``level`` is where a line across stands, ``said`` what somebody hears who cannot see it."""

    title: str
    across: str
    lines: tuple[Line, ...]
    x: tuple[Tick, ...]
    y: tuple[Tick, ...]
    marks: tuple[Mark, ...]
    level: float | None
    said: str
    width: int = WIDTH
    height: int = HEIGHT
    left: int = LEFT
    right: int = WIDTH - RIGHT
    top: int = TOP
    bottom: int = HEIGHT - BOTTOM


def plot(
    title: str,
    across: str,
    lines: Mapping[str, Sequence[Point]],
    *,
    level: float | None = None,
    marks: Sequence[tuple[float, float, str]] = (),
    is_logarithmic: bool = False,
    is_counted: bool = True,
) -> Plot | None:
    """Lay out lines over the numbers ``across``; None where there is no point.

    Args:
        title: What is seen.
        across: What the numbers along the lower axis count.
        lines: Name -> points, from left to right.
        level: A value to hold the lines against.
        marks: Places to look at, each with its words.
        is_logarithmic: Whether the values stand by their orders of magnitude.
        is_counted: Whether only whole numbers stand along the lower axis.
    """
    shown = {name: thinned([point for point in points if _can_be_drawn(*point)]) for name, points in lines.items()}
    shown = {name: points for name, points in shown.items() if points}
    if not shown:
        return None
    marks = [mark for mark in marks if _can_be_drawn(*mark[:2])]
    level = level if level is not None and _can_be_drawn(level) else None
    scale = _Scale.of([point for points in shown.values() for point in points], level, is_logarithmic=is_logarithmic)
    drawn = tuple(
        Line(name, place % 4, "M" + "L".join(f"{scale.x(x):.1f} {scale.y(y):.1f}" for x, y in points), points[-1][1])
        for place, (name, points) in enumerate(shown.items())
    )
    told = ", ".join(f"{each.name} {number(each.last)}" for each in drawn)
    said = f"{title} over {across}: at the end {told}" + (f"; {len(marks)} marked" if marks else "")
    placed = tuple(Mark(scale.x(x), scale.y(y), text) for x, y, text in marks)
    across_level = None if level is None else scale.y(level)
    return Plot(title, across, drawn, scale.x_ticks(is_counted=is_counted), scale.y_ticks(), placed, across_level, said)


def thinned(points: Sequence[Point], most: int = MOST_POINTS) -> list[Point]:
    """Take so many points at most, evenly, the last among them."""
    step = -(-len(points) // most)
    return [*points[:-1:step], points[-1]] if len(points) > most else list(points)


def ticks(low: float, high: float, count: int = TICKS) -> list[float]:
    """Give round numbers in the range, about as many as asked for: steps of 1, 2 or 5 times a power of ten."""
    rough = (high - low) / count
    power = 10 ** math.floor(math.log10(rough))
    step = next(factor * power for factor in (1, 2, 5, 10) if factor * power >= rough * 0.999)
    first = math.ceil(low / step - 1e-9)
    return [place * step for place in range(first, math.floor(high / step + 1e-9) + 1)]


@dataclass(frozen=True)
class _Scale:
    """From values to places in the drawing."""

    low: Point
    high: Point
    is_logarithmic: bool

    @classmethod
    def of(cls, points: Sequence[Point], level: float | None, *, is_logarithmic: bool) -> "_Scale":
        ys = [
            _order(y) if is_logarithmic else y for y in [*(y for _, y in points), *([] if level is None else [level])]
        ]
        xs = [x for x, _ in points]
        (left, right), (bottom, top) = _room(min(xs), max(xs), 0), _room(min(ys), max(ys), 0.06)
        return cls((left, bottom), (right, top), is_logarithmic)

    def x(self, value: float) -> float:
        """Give the place of a value along the lower axis."""
        return LEFT + (value - self.low[0]) / (self.high[0] - self.low[0]) * (WIDTH - LEFT - RIGHT)

    def y(self, value: float) -> float:
        """Give the height of a value."""
        value = _order(value) if self.is_logarithmic else value
        return HEIGHT - BOTTOM - (value - self.low[1]) / (self.high[1] - self.low[1]) * (HEIGHT - TOP - BOTTOM)

    def x_ticks(self, *, is_counted: bool) -> tuple[Tick, ...]:
        values = ticks(self.low[0], self.high[0])
        values = sorted({float(round(value)) for value in values}) if is_counted else values
        return tuple(
            Tick(self.x(each), number(int(each) if each == int(each) else each))
            for each in values
            if self.low[0] <= each <= self.high[0]
        )

    def y_ticks(self) -> tuple[Tick, ...]:
        values = ticks(self.low[1], self.high[1])
        if self.is_logarithmic:
            values = [10**value for value in values if value == round(value)]
        return tuple(Tick(self.y(value), number(float(value))) for value in values)


def _can_be_drawn(*values: float) -> bool:
    return all(abs(value) < LARGEST for value in values)  # not a number is no less either


def _order(value: float) -> float:
    return math.log10(max(value, SMALLEST))


def _room(low: float, high: float, share: float) -> Point:
    """Widen a range, so that nothing lies on its edge; one of no width, or next to none, gets some."""
    size = max(abs(low), abs(high))
    if high - low <= max(size, SMALLEST) * 1e-9:
        return low - max(size, 1) * 0.5, high + max(size, 1) * 0.5
    return low - (high - low) * share, high + (high - low) * share
