"""A network partitioned: read and inspected, its cuts weighed, measured if that is asked for, and the answer."""

import hashlib
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Literal

from functions.models.facts import ModelLimits
from functions.partitioning.choosing import Choice, Choices, choices
from functions.partitioning.cuts import cuts, smallest
from functions.partitioning.early import Outlook, outlooks
from functions.partitioning.envelope import Stretch, stretches
from functions.partitioning.measuring_job import Order
from functions.partitioning.network import LIMITS, Network, read_network, with_shapes
from functions.partitioning.prediction import Link
from functions.partitioning.request import HEAVIEST, Request
from functions.partitioning.walled import MEMORY, Told, measured
from functions.runtime.errors import Rejected
from functions.runtime.workspace import private_folder
from functions.sandbox.walls import Sandbox


@dataclass(frozen=True)
class Bounds:
    """What partitioning may use: ``seconds`` and ``memory`` (bytes) of measuring; ``model`` of the file."""

    seconds: float = 60.0
    memory: int = MEMORY
    model: ModelLimits = LIMITS


@dataclass(frozen=True)
class Best:
    """Where a request takes least: all on the ``first`` or the ``second`` machine, or ``cut`` at a tensor."""

    where: Literal["first", "second", "cut"]
    tensor: str
    seconds: float


@dataclass(frozen=True)
class Partitioned:
    """All that is known.

    Attributes:
        network: With the sizes of its inputs that were asked for.
        sha256: Of the file, in hex.
        link: Between the two machines, None where none was given.
    """

    network: Network
    sha256: str
    request: Request
    link: Link | None
    choices: Choices
    outlooks: tuple[Outlook, ...]
    exits_difference: float | None = None

    @cached_property
    def smallest(self) -> Choice | None:
        """Give the cut with the smallest tensor; of equal ones the one that the file has first."""
        by_name = {each.cut.tensor: each for each in self.choices.all}
        first = next(iter(smallest(tuple(each.cut for each in self.choices.all))), None)
        return by_name[first.tensor] if first else None

    @cached_property
    def stretches(self) -> tuple[Stretch, ...]:
        """Give where a request takes least at which bandwidth, from the fastest network to the slowest."""
        return stretches(self.choices, self.link)

    @cached_property
    def best(self) -> Best | None:
        """Give where a request takes least; None if nothing tells."""
        weighed = self.choices
        known = [Best("first", "", weighed.on_first.seconds)] if weighed.on_first else []
        known += [Best("second", "", weighed.on_second.seconds)] if weighed.on_second else []
        known += [Best("cut", each.cut.tensor, each.predicted.seconds) for each in weighed.all if each.predicted]
        return min(known, key=lambda each: each.seconds, default=None)


def link_of(request: Request, *, defaults: Request) -> Link | None:
    """Give the link that a request describes; what it leaves out is as in ``defaults``."""

    def either(name: str, otherwise: float) -> float:
        chosen = [each for each in (getattr(request, name), getattr(defaults, name)) if each is not None]
        return float(chosen[0]) if chosen else otherwise

    bandwidth = either("bandwidth", 0.0)
    if not bandwidth:
        return None
    return Link(bandwidth, either("delay", 0.0), either("first_speed", 1.0), either("second_speed", 1.0))


def partition(
    path: Path,
    request: Request,
    *,
    name: str,
    link: Link | None,
    sandbox: Sandbox | None,
    workspace: Path,
    bounds: Bounds | None = None,
) -> Partitioned:
    """Partition the network in a file.

    Args:
        path: An ``.onnx`` file that nobody vouches for.
        request: What is asked.
        name: What sentences call the file.
        link: Between the two machines.
        sandbox: Where it is measured, if the request asks for that.
        workspace: A folder in which a private one can be made for that.
        bounds: How much it may use.

    Raises:
        ModelRefused: The file is no network that may be opened.
        Rejected: The request does not fit the network.
    """
    bounds = bounds or Bounds()
    network = read_network(path, name=name, limits=bounds.model)
    if request.inputs:
        network = with_shapes(network, request.inputs)
    outlooks(network, request, link=link, told=Told())  # what does not fit is told before anything is measured
    weighed = choices(network, request, link=link, told=Told())
    told = Told()
    if request.measure and sandbox is not None:
        order = _order(network, request, weighed, bounds)
        told = _measured(path, network, order, sandbox=sandbox, workspace=workspace, memory=bounds.memory)
        weighed = choices(network, request, link=link, told=told)
    parts = outlooks(network, request, link=link, told=told)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    difference = told.parts.difference if told.parts else None
    return Partitioned(network, digest, request, link, weighed, parts, difference)


def _measured(path: Path, network: Network, order: Order, *, sandbox: Sandbox, workspace: Path, memory: int) -> Told:
    _check(network)
    with private_folder(workspace) as folder:
        return measured(path, order, folder, cuts=cuts(network), sandbox=sandbox, memory=memory)


def _order(network: Network, request: Request, weighed: Choices, bounds: Bounds) -> Order:
    """Measure first what will be written, then the smallest; time may not suffice for all."""
    wanted = [each.cut.tensor for each in weighed.chosen]
    wanted += [each.tensor for each in smallest(cuts(network))]
    wanted += [each.cut.tensor for each in weighed.all]
    exits = tuple((each.name, each.tensors, each.results) for each in request.exits)
    inputs = {name: tuple(shape) for name, shape in request.inputs.items()}
    return Order(inputs, tuple(dict.fromkeys(wanted)), exits, request.rounds, bounds.seconds)


def _check(network: Network) -> None:
    """Refuse to run a network of which one tensor is larger than anything that is meant."""
    made = (name for node in network.nodes for name in node.output)
    for name in (*network.inputs, *made):
        if (network.fact(name).elements or 0) > HEAVIEST:
            said = f"the tensor {name[:60]!r} would have more than {HEAVIEST:,} numbers"
            raise Rejected(f"{network.name} is not measured: {said}", hint="give smaller inputs, or leave out measure")
