"""Graphs: a pipeline as boxes and lines, laid out from left to right by what fires what."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import fdl
from functions.runtime.publication import FAILURE_SUFFIX

COLUMN_GAP, ROW_GAP, MARGIN = 44, 22, 8
FOLDER_HEIGHT, SERVICE_HEIGHT = 34, 78
LETTER = 7.3
"""Width of a character, for boxes that must hold their text without a browser having measured it."""
NARROWEST, WIDEST = 130, 240


@dataclass
class Box:
    """A folder or a service; ``x`` and ``y`` are of its upper left corner, in the units of the drawing."""

    kind: str
    name: str
    column: int
    feeds: tuple[str, ...] = ()
    x: float = 0
    y: float = 0

    @property
    def width(self) -> float:
        """As wide as its name."""
        return min(max(NARROWEST, len(self.name) * LETTER + 24), WIDEST)

    @property
    def label(self) -> str:
        """The name as far as it fits; the end tells folders apart."""
        most = int((WIDEST - 24) / LETTER)
        return self.name if len(self.name) <= most else f"…{self.name[1 - most :]}"

    @property
    def height(self) -> float:
        """Two lines of counts stand below a service's name."""
        return SERVICE_HEIGHT if self.kind == "service" else FOLDER_HEIGHT


@dataclass(frozen=True)
class Line:
    """From one box to the next; ``service`` is whose runs go along it."""

    source: Box
    target: Box
    service: str

    @property
    def path(self) -> str:
        """Its curve (SVG 2, section 9.3)."""
        x1, y1 = self.source.x + self.source.width, self.source.y + self.source.height / 2
        x2, y2 = self.target.x - 3, self.target.y + self.target.height / 2
        if x2 < x1:  # back to an earlier column: below everything between
            low = max(y1, y2) + SERVICE_HEIGHT
            return f"M{x1:.0f} {y1:.0f}C{x1 + 60:.0f} {low:.0f} {x2 - 60:.0f} {low:.0f} {x2:.0f} {y2:.0f}"
        middle = (x1 + x2) / 2
        return f"M{x1:.0f} {y1:.0f}C{middle:.0f} {y1:.0f} {middle:.0f} {y2:.0f} {x2:.0f} {y2:.0f}"


@dataclass(frozen=True)
class Graph:
    """One pipeline, laid out; ``name`` is its file's."""

    name: str
    boxes: tuple[Box, ...]
    lines: tuple[Line, ...]
    width: float
    height: float


def graph(pipeline: fdl.Pipeline, others: Iterable[fdl.Service] = ()) -> Graph:
    """Lay out a pipeline; ``others`` are the services of other pipelines, which its results may fire."""
    columns = _columns(pipeline.services)
    services = {each.name: Box("service", each.name, 2 * columns[each.name] + 1) for each in pipeline.services}
    folders: dict[str, Box] = {}
    wires: list[tuple[Box, Box, str]] = []
    for service in pipeline.services:
        for output in _results(service):
            feeds = tuple(each.name for each in others if any(output.overlaps(path) for path in each.inputs))
            box = folders.setdefault(output.path, Box("folder", output.path, 2 * columns[service.name] + 2, feeds))
            wires.append((services[service.name], box, service.name))
    for service in pipeline.services:
        for path in service.inputs:
            sources = [box for known, box in folders.items() if _within(known, path.path)]
            if not sources:
                sources = [folders.setdefault(path.path, Box("folder", path.path, 2 * columns[service.name]))]
            wires += [(box, services[service.name], service.name) for box in sources]
    boxes = (*folders.values(), *services.values())
    width, height = _place(boxes, wires)
    name = pipeline.source.rpartition("/")[2]
    return Graph(name, boxes, tuple(Line(*wire) for wire in wires), width, height)


def _results(service: fdl.Service) -> list[fdl.OutputPath]:
    """Give the outputs but those for dead letters, which are counted with their service."""
    return [output for output in service.outputs if FAILURE_SUFFIX not in output.suffixes]


def _columns(services: Sequence[fdl.Service]) -> dict[str, int]:
    """Number the services by the longest way to each; one that fires itself again, on purpose, stays where it is."""
    found: dict[str, int] = {}

    def column(service: fdl.Service, way: frozenset[str]) -> int:
        if service.name not in found:
            way |= {service.name}
            before = [each for each in services if each.name not in way and _fires(each, service)]
            found[service.name] = max((column(each, way) + 1 for each in before), default=0)
        return found[service.name]

    for service in services:
        column(service, frozenset())
    return found


def _fires(one: fdl.Service, other: fdl.Service) -> bool:
    return any(output.overlaps(path) for output in _results(one) for path in other.inputs)


def _within(one: str, other: str) -> bool:
    return f"{one}/".startswith(f"{other}/") or f"{other}/".startswith(f"{one}/")


def _place(boxes: Iterable[Box], wires: Sequence[tuple[Box, Box, str]]) -> tuple[float, float]:
    """Give each box its place, column by column, near what leads to it; gives the drawing's width and height."""
    by_column: dict[int, list[Box]] = {}
    for box in boxes:
        by_column.setdefault(box.column, []).append(box)
    tallest = max(sum(box.height + ROW_GAP for box in column) for column in by_column.values())
    x = float(MARGIN)
    for number in sorted(by_column):
        column = sorted(by_column[number], key=lambda box: _pull(box, wires))
        y = MARGIN + (tallest - sum(box.height + ROW_GAP for box in column)) / 2
        for box in column:
            box.x, box.y = x, y + ROW_GAP / 2
            y += box.height + ROW_GAP
        x += max(box.width for box in column) + COLUMN_GAP
    return x - COLUMN_GAP + MARGIN, tallest + 2 * MARGIN


def _pull(box: Box, wires: Sequence[tuple[Box, Box, str]]) -> float:
    """Give the mean height of what leads to a box."""
    heights = [source.y + source.height / 2 for source, target, _ in wires if target is box and source.x]
    return sum(heights) / len(heights) if heights else 0.0
