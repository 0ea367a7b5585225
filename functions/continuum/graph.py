"""Orders, cycles and loads of a graph of components that is given as component -> follower -> probability."""

from collections.abc import Mapping, Sequence
from heapq import heappop, heappush
from typing import TypeAlias

Graph: TypeAlias = Mapping[str, Mapping[str, float]]


def ordered(graph: Graph) -> list[str]:
    """Put each component after all that lead to it, else in the graph's order; those behind a cycle are missing."""
    names, waits = list(graph), dict.fromkeys(graph, 0)
    for followers in graph.values():
        for after in followers:
            waits[after] += 1
    place = {name: index for index, name in enumerate(names)}
    ready = [place[name] for name, before in waits.items() if not before]
    order: list[str] = []
    while ready:
        order.append(name := names[heappop(ready)])
        for after in graph[name]:
            waits[after] -= 1
            if not waits[after]:
                heappush(ready, place[after])
    return order


def cycle(graph: Graph, order: Sequence[str]) -> list[str]:
    """Give the components of a cycle, the first one again at the end; nothing where ``order`` has them all."""
    known = frozenset(order)
    left = [name for name in graph if name not in known]
    if not left:
        return []
    # Each component that is left has one before it that is left: going back must come round.
    before = {after: name for name in reversed(left) for after in graph[name]}
    way = dict.fromkeys(left[:1])
    name = before[left[0]]
    while name not in way:
        way[name] = None
        name = before[name]
    around = list(way)
    return [*around[around.index(name) :], name][::-1]


def loads(graph: Graph, order: list[str], *, load: float) -> dict[str, float]:
    """Give the requests a second that come to each component, where ``load`` comes to each that none leads to."""
    entered = {after for followers in graph.values() for after in followers}
    found = {name: 0.0 if name in entered else load for name in order}
    for name in order:
        for after, share in graph[name].items():
            found[after] += share * found[name]
    return found
