"""Stacked bars as inline SVG: what a request takes on the first machine, between the two, and on the second."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from functions.placement.charts import LABEL, ROW, VALUE, WIDTH

PARTS = (("on the first machine", "--good"), ("between the two", "--mark"), ("on the second machine", "--soft"))
_HEAD = 26


@dataclass(frozen=True)
class Stack:
    """One row: its name, and the seconds of each part."""

    label: str
    seconds: tuple[float, float, float]
    is_best: bool = False

    @property
    def whole(self) -> float:
        """Seconds."""
        return sum(self.seconds)


def stacks(rows: Sequence[Stack], *, title: str) -> str:
    """Draw the rows on one scale, with a legend above them."""
    longest = max((row.whole for row in rows), default=0.0) or 1.0
    scale = (WIDTH - LABEL - VALUE) / longest
    height = _HEAD + ROW * len(rows)
    drawn = [f'<svg viewBox="0 0 {WIDTH} {height}" role="img" aria-label="{escape(title)}">']
    for number, (name, colour) in enumerate(PARTS):
        left = LABEL + number * 170
        drawn.append(f'<rect x="{left}" y="4" width="11" height="11" rx="2" style="fill:var({colour})"/>')
        drawn.append(f'<text class="axis" x="{left + 16}" y="14">{name}</text>')
    drawn += [_row(row, _HEAD + ROW * number, scale) for number, row in enumerate(rows)]
    return "\n".join([*drawn, "</svg>"])


def _row(row: Stack, top: float, scale: float) -> str:
    middle = top + ROW / 2
    label = escape(row.label if len(row.label) <= 30 else f"{row.label[:14]}…{row.label[-14:]}")
    weight = ' style="font-weight:700"' if row.is_best else ""
    said = " + ".join(f"{each:.4g}" for each in row.seconds)
    parts = [
        f"<g><title>{escape(row.label)}: {said} s</title>",
        f'<text x="{LABEL - 10}" y="{middle + 4:.1f}" text-anchor="end"{weight}>{label}</text>',
    ]
    left = float(LABEL)
    for seconds, (_, colour) in zip(row.seconds, PARTS, strict=True):
        width = seconds * scale
        place = f'x="{left:.1f}" y="{top + 6:.1f}" width="{width:.1f}" height="{ROW - 12}"'
        parts.append(f'<rect {place} style="fill:var({colour})"/>')
        left += width
    parts.append(f'<text x="{WIDTH}" y="{middle + 4:.1f}" text-anchor="end"{weight}>{row.whole:.4g} s</text></g>')
    return "".join(parts)
