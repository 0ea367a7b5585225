"""Which place is the best at which bandwidth, all else being as it is.

A request takes ``constant + bits / bandwidth`` seconds at each place: a straight line over one by bandwidth. The best
places are the lower envelope of these lines, followed from the fastest network to the slowest.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from functions.partitioning.choosing import Choices
from functions.partitioning.prediction import KILO, Link, Predicted

FIRST, SECOND, CUT = "first", "second", "cut"


@dataclass(frozen=True)
class Stretch:
    """Where a request takes least while the network is at least so fast, and slower than for the stretch before.

    Attributes:
        where: ``first`` or ``second`` machine alone, or ``cut``.
        tensor: Where it is cut; empty where it is not.
        least: kbit/s; 0 for the last one.
    """

    where: str
    tensor: str
    least: float


@dataclass(frozen=True)
class _Line:
    where: str
    tensor: str
    constant: float
    bits: float


def stretches(choices: Choices, link: Link | None) -> tuple[Stretch, ...]:
    """Give the best places from the fastest network to the slowest; nothing where times are not known."""
    if link is None:
        return ()
    lines = [*_lines(choices, link)]
    if not lines:
        return ()
    found: list[Stretch] = []
    at, line = 0.0, min(lines, key=lambda each: (each.constant, each.bits))
    while flatter := [each for each in lines if each.bits < line.bits]:
        # One by kbit/s at which another place takes over.
        crossings = [((each.constant - line.constant) * KILO / (line.bits - each.bits), each) for each in flatter]
        crossing, other = min(crossings, key=lambda each: (each[0], each[1].bits))
        if crossing > at:
            found.append(Stretch(line.where, line.tensor, 1 / crossing))
        at, line = max(at, crossing), other
    return (*found, Stretch(line.where, line.tensor, 0.0))


def _lines(choices: Choices, link: Link) -> Iterable[_Line]:
    if choices.on_first:
        yield _Line(FIRST, "", choices.on_first.seconds, 0.0)
    if choices.on_second and choices.input_bytes is not None:
        yield _Line(SECOND, "", _still(choices.on_second, link), choices.input_bytes * 8.0)
    for each in choices.all:
        if each.predicted and each.cut.bytes is not None:
            yield _Line(CUT, each.cut.tensor, _still(each.predicted, link), each.cut.bytes * 8.0)


def _still(each: Predicted, link: Link) -> float:
    """Give the seconds that do not depend on the bandwidth."""
    return each.first + link.delay + each.second
