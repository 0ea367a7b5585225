"""What exits are worth: the seconds of a request that takes one, and of requests on average."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate

from functions.partitioning.exits import parts_of_exits
from functions.partitioning.network import Network
from functions.partitioning.prediction import Link, Predicted
from functions.partitioning.request import AskedExit, Request
from functions.partitioning.walled import Told
from functions.partitioning.work import work
from functions.runtime.errors import Rejected
from functions.runtime.settings import nearest


@dataclass(frozen=True)
class Outlook:
    """One part of a network with exits; the last has none.

    Attributes:
        exit: At its end, None for the last part.
        bytes: That it hands on for one sample, None where they are not known; 0 of the last.
        share: Of all multiply-adds, those in it.
        seconds: CPU seconds of it here, None where nothing tells.
        predicted: Of a request that ends with it: the first part on the first machine, all others on the second.
        reached: Share of requests that come to it, None where an exit before it has no probability.
    """

    exit: AskedExit | None
    bytes: int | None
    share: float
    seconds: float | None
    predicted: Predicted | None
    reached: float | None


def outlooks(network: Network, request: Request, *, link: Link | None, told: Told) -> tuple[Outlook, ...]:
    """Tell of each part what is known of it; nothing for a request without exits.

    Raises:
        Rejected: An exit names tensors that cannot be made where it stands.
    """
    if not request.exits:
        return ()
    _check(network, request.exits)
    shares = _shares(network, request)
    whole = told.whole if told.whole is not None else request.seconds
    seconds: list[float | None] = [None if whole is None else whole * share for share in shares]
    if told.parts and len(told.parts.parts) == len(shares):
        seconds = list(told.parts.parts)
    exits = [*request.exits, None]
    sizes = [_size(network, each) for each in exits]
    reached = _reached(request.exits)
    return tuple(
        Outlook(exits[at], sizes[at], shares[at], seconds[at], _predicted(at, seconds, sizes, link), reached[at])
        for at in range(len(exits))
    )


def expected(parts: tuple[Outlook, ...]) -> float | None:
    """Give the seconds of requests on average; None where a time or a probability is missing."""
    total = 0.0
    for place, each in enumerate(parts):
        after = parts[place + 1].reached if place + 1 < len(parts) else 0.0
        if each.predicted is None or each.reached is None or after is None:
            return None
        total += (each.reached - after) * each.predicted.seconds
    return total if parts else None


def _check(network: Network, exits: tuple[AskedExit, ...]) -> None:
    """Refuse tensors that the network has not, with the place in the request where they are named."""
    there = {*network.inputs, *(name for node in network.nodes for name in node.output)}
    for place, each in enumerate(exits):
        for field in ("tensors", "results"):
            for index, name in enumerate(getattr(each, field)):
                if name not in there:
                    said = f"exits.{place}.{field}.{index} is {name[:60]!r}, which is no tensor of the network"
                    raise Rejected(f"{network.name}: {said}{nearest(name, there)}")


def _shares(network: Network, request: Request) -> list[float]:
    costs = {name: cost for node, cost in zip(network.nodes, work(network), strict=True) for name in node.output[:1]}
    total = sum(costs.values()) or 1
    models = parts_of_exits(network, tuple(each.exit for each in request.exits))
    return [
        sum(costs.get(name, 0) for node in model.graph.node for name in node.output[:1]) / total for model in models
    ]


def _size(network: Network, asked: AskedExit | None) -> int | None:
    known = [network.fact(name).bytes for name in asked.tensors] if asked else []
    return None if None in known else sum(each or 0 for each in known)


def _predicted(last: int, seconds: list[float | None], sizes: list[int | None], link: Link | None) -> Predicted | None:
    here = seconds[: last + 1]
    if link is None or None in here or (last and sizes[0] is None):
        return None
    times = [each or 0.0 for each in here]
    travel = link.travel(sizes[0] or 0) if last else 0.0
    return Predicted(times[0] / link.first_speed, travel, sum(times[1:]) / link.second_speed)


def _reached(exits: tuple[AskedExit, ...]) -> list[float | None]:
    def gone_on() -> Iterator[float | None]:
        yield 1.0
        for each in exits:
            yield None if each.probability is None else 1 - each.probability

    def both(before: float | None, share: float | None) -> float | None:
        return None if before is None or share is None else before * share

    return list(accumulate(gone_on(), both))
