"""Which cut is the best: by the seconds of a request where they can be told, else by the size of the tensor."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import accumulate
from typing import Literal

from functions.partitioning.cuts import Cut, cuts, smallest
from functions.partitioning.joining import joined
from functions.partitioning.network import Network
from functions.partitioning.prediction import Link, Predicted, apart, on_first, on_second
from functions.partitioning.request import Request
from functions.partitioning.walled import Told
from functions.partitioning.work import work
from functions.runtime.errors import Rejected
from functions.runtime.settings import nearest

Source = Literal["measured", "shares", ""]


@dataclass(frozen=True)
class Choice:
    """One cut and what is known of its halves.

    Attributes:
        cut: Where.
        share: Of all multiply-adds, those before it.
        joined: Whether onnxruntime may do what is before and behind it in one step (``joining.py``).
        first: CPU seconds here of the first half, None where nothing tells; ``second`` likewise.
        source: ``measured``, or ``shares``: of the whole network's seconds, by the multiply-adds.
        difference: Between the halves' results and the whole's, where that was measured.
        predicted: Of a request, where a link is known.
    """

    cut: Cut
    share: float
    joined: bool = False
    first: float | None = None
    second: float | None = None
    source: Source = ""
    difference: float | None = None
    predicted: Predicted | None = None


@dataclass(frozen=True)
class Choices:
    """All cuts of a network, in the order of the file.

    Attributes:
        all: Each.
        chosen: Those that are to be written, the best first.
        whole: CPU seconds of the network here, None where nothing tells.
        operations: Multiply-adds of the whole, for one sample.
        input_bytes: Of a request as it begins.
        on_first: Of a request that stays on the first machine; ``on_second`` if it goes to the second as it begins.
        warnings: Sentences.
    """

    all: tuple[Choice, ...]
    chosen: tuple[Choice, ...]
    whole: float | None
    operations: int
    input_bytes: int | None
    on_first: Predicted | None = None
    on_second: Predicted | None = None
    warnings: tuple[str, ...] = field(default=())


def choices(network: Network, request: Request, *, link: Link | None, told: Told) -> Choices:
    """Weigh all cuts of a network.

    Args:
        network: With the sizes of its inputs as they will be.
        request: What is asked.
        link: Between the two machines; without it, sizes decide.
        told: What was measured.

    Raises:
        Rejected: The request names a tensor that is no cut.
    """
    found = cuts(network)
    shares, operations = _shares(network, found)
    whole = told.whole if told.whole is not None else request.seconds
    inside = joined(network)
    everything = tuple(
        _choice(each, share, inside=each.tensor in inside, told=told, whole=whole, link=link)
        for each, share in zip(found, shares, strict=True)
    )
    size = request.input_bytes or _sum([network.fact(name).bytes for name in network.inputs])
    return Choices(
        all=everything,
        chosen=_chosen(network, everything, request),
        whole=whole,
        operations=operations,
        input_bytes=size,
        on_first=on_first(link, whole) if link and whole is not None else None,
        on_second=on_second(link, whole, size=size) if link and whole is not None and size is not None else None,
        warnings=tuple(_warnings(network, everything, request, told)),
    )


def _choice(cut: Cut, share: float, *, inside: bool, told: Told, whole: float | None, link: Link | None) -> Choice:
    first = second = difference = None
    source: Source = ""
    if one := told.halves.get(cut.tensor):
        first, second, source, difference = one.first, one.second, "measured", one.difference
    elif whole is not None:
        first, second, source = whole * share, whole * (1 - share), "shares"
    predicted = None
    if link and first is not None and second is not None and cut.bytes is not None:
        predicted = apart(link, first=first, size=cut.bytes, second=second)
    return Choice(cut, share, inside, first, second, source, difference, predicted)


def _shares(network: Network, found: tuple[Cut, ...]) -> tuple[list[float], int]:
    """Give for each cut which share of the multiply-adds lies before it, and how many there are."""
    behind = list(accumulate(work(network), initial=0))
    place = {name: index for index, node in enumerate(network.nodes, start=1) for name in node.output}
    total = behind[-1]
    return [behind[place[each.tensor]] / total if total else 0.0 for each in found], total


def _chosen(network: Network, everything: tuple[Choice, ...], request: Request) -> tuple[Choice, ...]:
    by_name = {each.cut.tensor: each for each in everything}
    for place, name in enumerate(request.cut):
        if name not in by_name:
            there = {output for node in network.nodes for output in node.output}
            said = "is no place where one tensor alone goes on" if name in there else "is no tensor of the network"
            raise Rejected(f"{network.name}: cut.{place} is {name!r}, which {said}{nearest(name, by_name)}")
    if request.cut:
        return tuple(by_name[name] for name in request.cut)
    return tuple(_ranked(everything, request))[: request.partitions]


def _ranked(everything: tuple[Choice, ...], request: Request) -> Iterator[Choice]:
    """Give the cuts, the best first."""
    timed = [each for each in everything if each.predicted]
    if request.by == "time" and timed:
        yield from sorted(timed, key=lambda each: each.predicted.seconds if each.predicted else 0.0)
        return
    known = {each.cut.tensor: each for each in everything}
    yield from (known[each.tensor] for each in smallest(tuple(each.cut for each in everything)))


def _warnings(network: Network, everything: tuple[Choice, ...], request: Request, told: Told) -> Iterator[str]:
    if not everything:
        yield f"{network.name} has no place where one tensor alone goes on"
    opened = [name for name in network.inputs if None in (network.fact(name).shape or (None,))[1:]]
    if opened:
        yield f"sizes of {', '.join(opened)} are open and count as 1; give them in inputs"
    if told.trouble:
        yield f"it was not all measured: {told.trouble}"
    left = [each for each in everything if request.measure and each.source != "measured"]
    if left and told.whole is not None:
        some = f"{len(left)} of {len(everything)} cuts" if len(left) < len(everything) else "the halves"
        yield f"{some} were not measured in time; their seconds are shares of the whole's"
    if request.by == "time" and everything and not any(each.predicted for each in everything):
        yield "seconds cannot be told without bandwidth, and measure: true or seconds; the smallest tensor counts"


def _sum(sizes: list[int | None]) -> int | None:
    known = [each for each in sizes if each is not None]
    return sum(known) if len(known) == len(sizes) else None
