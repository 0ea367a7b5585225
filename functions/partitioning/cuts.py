"""Where a network can be cut so that one tensor alone goes from the first half to the second: liveness analysis."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import prod

from functions.models.facts import Shape
from functions.partitioning.network import Network


@dataclass(frozen=True)
class Cut:
    """One place to cut.

    Attributes:
        tensor: The tensor that is handed over.
        shape: Its sizes, None where one is open; None where nothing is known.
        elements: Numbers in it for one sample; None where its shape is not known.
        bytes: Bytes that travel for one sample; None where they are not known.
        nodes: Operations before it, of those that are on the way to an output.
        parameters: Numbers in the weights of those.
    """

    tensor: str
    shape: Shape | None
    elements: int | None
    bytes: int | None
    nodes: int
    parameters: int


def cuts(network: Network) -> tuple[Cut, ...]:
    """Give all single-tensor cuts in the order of the file.

    A tensor is one if every way from an input to an output leads through it. In any order of the graph that is so if
    no operation before it gives to one after it but through it; constants count for nothing, each half has its own.
    """
    order = list(_moving(network))
    place = {name: index for index, name in enumerate(order)}
    reach = _reach(network, place)
    ends = {*network.inputs, *network.outputs}
    found, farthest = [], -1
    for index, name in enumerate(order):
        if farthest <= index and name not in ends and network.fact(name).kind:
            found.append(name)
        farthest = max(farthest, reach[index])
    return tuple(_described(network, found))


def smallest(found: tuple[Cut, ...]) -> tuple[Cut, ...]:
    """Give the cuts whose size is known, the smallest first; of equal ones the one that the file has first."""
    return tuple(sorted((each for each in found if each.bytes is not None), key=lambda each: each.bytes or 0))


def _moving(network: Network) -> Iterator[str]:
    """Give each tensor that depends on an input and on which an output depends, in the order of the file."""
    moving = dict.fromkeys(network.inputs)
    for node in network.nodes:
        if any(name in moving for name in node.input):
            moving.update(dict.fromkeys(name for name in node.output if name))
    wanted = set(network.outputs)
    for node in reversed(network.nodes):
        if wanted.intersection(node.output):
            wanted.update(node.input)
    return (name for name in moving if name in wanted)


def _reach(network: Network, place: Mapping[str, int]) -> list[int]:
    """Give for each moving tensor how far on in the order it is used at last; beyond the end for outputs."""
    reach = [0] * len(place)
    for node in network.nodes:
        made = max((place[name] for name in node.output if name in place), default=-1)
        for name in node.input:
            if name in place:
                reach[place[name]] = max(reach[place[name]], made)
    for name in network.outputs:
        if name in place:
            reach[place[name]] = len(place)
    return reach


def _described(network: Network, found: list[str]) -> Iterator[Cut]:
    """Give each cut with how much lies before it."""
    waiting = iter(found)
    name = next(waiting, None)
    wanted = set(_moving(network))
    seen: set[str] = set()
    nodes = parameters = 0
    for node in network.nodes:
        if name is None:
            return
        if not wanted.intersection(node.output):
            continue
        nodes += 1
        new = {each for each in node.input if each in network.weights} - seen
        seen |= new
        parameters += sum(prod(network.weights[each].dims) for each in new)
        while name is not None and name in node.output:
            fact = network.fact(name)
            yield Cut(name, fact.shape, fact.elements, fact.bytes, nodes, parameters)
            name = next(waiting, None)
