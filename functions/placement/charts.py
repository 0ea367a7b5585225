"""Charts as inline SVG: bars against a limit, and points along a front. Colours come from the page's style sheet."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape

WIDTH = 720
ROW = 30
LABEL, VALUE = 210, 150
"""Pixels for the words before a bar and behind it."""


@dataclass(frozen=True)
class Bar:
    """One row.

    Attributes:
        share: Of the limit that is used, 1 at the limit.
        said: Behind the bar, such as "0.8 of 2 s".
        about: What a reader is told who points at it.
    """

    label: str
    share: float
    said: str
    about: str = ""


@dataclass(frozen=True)
class Mark:
    """One point: ``is_chosen`` for the one that the page is about."""

    x: float
    y: float
    said: str
    is_chosen: bool = False


def bars(rows: Sequence[Bar], *, title: str, limit: str) -> str:
    """Draw horizontal bars on one scale, with a line at the limit, which ``limit`` names."""
    longest = max([1.0, *(row.share for row in rows if math.isfinite(row.share))]) * 1.04
    room = WIDTH - LABEL - VALUE
    height = ROW * len(rows) + 26
    line = LABEL + room / longest
    drawn = [
        f'<svg viewBox="0 0 {WIDTH} {height}" role="img" aria-label="{escape(title)}">',
        f'<text class="axis" x="{line:.1f}" y="12" text-anchor="middle">{escape(limit)}</text>',
        *(_bar(row, 20 + ROW * number, room / longest, room) for number, row in enumerate(rows)),
        f'<line class="limit" x1="{line:.1f}" x2="{line:.1f}" y1="17" y2="{height - 4}"/>',
        "</svg>",
    ]
    return "\n".join(drawn)


def _bar(row: Bar, top: float, scale: float, room: float) -> str:
    is_over = row.share > 1 + 1e-9
    width = min(max(row.share * scale, 1.5), room)
    middle = top + ROW / 2
    label = escape(_short(row.label))
    return (
        f"<g><title>{escape(row.about or row.label)}: {escape(row.said)}</title>"
        f'<text class="label" x="{LABEL - 10}" y="{middle + 4:.1f}" text-anchor="end">{label}</text>'
        f'<rect class="{"over" if is_over else "within"}" x="{LABEL}" y="{top + 6:.1f}" rx="2" '
        f'width="{width:.1f}" height="{ROW - 12}"/>'
        f'<text class="value" x="{WIDTH}" y="{middle + 4:.1f}" text-anchor="end">{escape(row.said)}</text></g>'
    )


def front(marks: Sequence[Mark], *, title: str, x: str, y: str) -> str:
    """Draw points of which none is better than another in both ways, joined by a stair."""
    left, right, top, bottom = 74, 24, 16, 46
    height = 320
    marks = sorted(marks, key=lambda mark: (mark.x, -mark.y))
    across = _scale([mark.x for mark in marks], left, WIDTH - right)
    up = _scale([mark.y for mark in marks], height - bottom, top)
    drawn = [f'<svg viewBox="0 0 {WIDTH} {height}" role="img" aria-label="{escape(title)}">']
    for value in across.ticks:
        place = across(value)
        drawn.append(f'<line class="grid" x1="{place:.1f}" x2="{place:.1f}" y1="{top}" y2="{height - bottom}"/>')
        said = f'<text class="axis" x="{place:.1f}" y="{height - bottom + 17}" text-anchor="middle">{value:.6g}</text>'
        drawn.append(said)
    for value in up.ticks:
        place = up(value)
        drawn.append(f'<line class="grid" x1="{left}" x2="{WIDTH - right}" y1="{place:.1f}" y2="{place:.1f}"/>')
        drawn.append(f'<text class="axis" x="{left - 8}" y="{place + 4:.1f}" text-anchor="end">{value:.6g}</text>')
    stair = " ".join(_stair([(across(mark.x), up(mark.y)) for mark in marks]))
    drawn.append(f'<path class="stair" d="{stair}"/>')
    drawn += [_mark(mark, across(mark.x), up(mark.y)) for mark in marks]
    middle = (left + WIDTH - right) / 2
    drawn.append(f'<text class="axis" x="{middle}" y="{height - 6}" text-anchor="middle">{escape(x)}</text>')
    turned = f'transform="rotate(-90 14 {height / 2})"'
    drawn.append(f'<text class="axis" x="14" y="{height / 2}" text-anchor="middle" {turned}>{escape(y)}</text>')
    return "\n".join([*drawn, "</svg>"])


def _stair(points: Sequence[tuple[float, float]]) -> Iterator[str]:
    for number, (x, y) in enumerate(points):
        yield f"H{x:.1f} V{y:.1f}" if number else f"M{x:.1f} {y:.1f}"


def _mark(mark: Mark, x: float, y: float) -> str:
    kind, radius = ("chosen", 7) if mark.is_chosen else ("point", 4.5)
    dot = f'<circle class="{kind}" cx="{x:.1f}" cy="{y:.1f}" r="{radius}"><title>{escape(mark.said)}</title></circle>'
    if not mark.is_chosen:
        return dot
    side, anchor = (-12, "end") if x > WIDTH * 0.6 else (12, "start")
    return dot + f'<text class="value" x="{x + side:.1f}" y="{y - 9:.1f}" text-anchor="{anchor}">chosen</text>'


@dataclass(frozen=True)
class _Scale:
    """A straight way from values to pixels, with a few round values on it."""

    low: float
    high: float
    begin: float
    end: float

    def __call__(self, value: float) -> float:
        return self.begin + (value - self.low) / (self.high - self.low) * (self.end - self.begin)

    @property
    def ticks(self) -> list[float]:
        step = _round((self.high - self.low) / 5)
        first = math.ceil(self.low / step)
        return [number * step for number in range(first, math.floor(self.high / step) + 1)]


def _scale(values: Sequence[float], begin: float, end: float) -> _Scale:
    low, high = min(values, default=0.0), max(values, default=1.0)
    room = (high - low) * 0.08 or abs(high) * 0.1 or 1.0
    return _Scale(max(low - room, 0.0) if low >= 0 else low - room, high + room, begin, end)


def _round(step: float) -> float:
    power = 10.0 ** math.floor(math.log10(step))
    return next(nice * power for nice in (1, 2, 2.5, 5, 10) if nice * power >= step * (1 - 1e-9))


def _short(label: str) -> str:
    return label if len(label) <= 30 else f"{label[:14]}…{label[-14:]}"
