"""An application and the resources that it may run on, as the solvers see them.

The model is SPACE4AI-D's: components in an acyclic graph, each with alternative deployments of one or more partitions;
every partition of the chosen deployments runs on one resource. Times are seconds, sizes KB, bandwidths kbit/s,
memory MB, loads requests a second, costs money an hour of a node.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

Kind: TypeAlias = Literal["edge", "cloud", "faas"]
Part: TypeAlias = tuple[str, str]
"""A component's name and that of one of its partitions."""

UTILISATION_LIMIT = 0.995
"""Largest share of a node's time that may be in use; a queue at 1 has no steady state."""


@dataclass(frozen=True)
class Resource:
    """One type of node, or one configuration of a function as a service.

    Attributes:
        layer: Name of its computational layer; of the edge and cloud resources of one layer at most one is used.
        cost: Money an hour of one node; of a FaaS configuration, money an hour of one instance that is busy.
        memory: MB of one node, or of one instance.
        nodes: The most that can be had; not looked at for ``faas``.
        idle_time: Seconds after which an idle FaaS instance is ended.
    """

    name: str
    layer: str
    kind: Kind
    cost: float
    memory: float
    nodes: int = 1
    cores: float = 1
    idle_time: float = 0.0
    description: str = ""


@dataclass(frozen=True)
class Queue:
    """Each node serves what is on it as one M/G/1 queue with processor sharing.

    Attributes:
        demand: Seconds of a node that one request takes with nothing beside it.
    """

    demand: float


@dataclass(frozen=True)
class ColdStarts:
    """A function as a service whose instances start cold and are ended when idle (SimFaaS/PACSLTK's model).

    Attributes:
        warm: Seconds of a request on an instance that runs.
        cold: Seconds of a request that has to wait for a new instance.
    """

    warm: float
    cold: float


@dataclass(frozen=True)
class Measured:
    """Response times that a performance model predicts for a partition which has its edge or cloud resource for itself.

    Attributes:
        seconds: Of one request on 1, 2, 3... nodes, at the load of the system, the last also on all that are more; one
            entry for FaaS.
        occupancy: Seconds of a node that one request takes, for the utilisation; 0 where the model does not say. On
            FaaS the seconds that are paid for, never 0.
    """

    seconds: tuple[float, ...]
    occupancy: float = 0.0


Behaviour: TypeAlias = Queue | ColdStarts | Measured


@dataclass(frozen=True)
class Candidate:
    """A resource that a partition may run on: its container's memory in MB, and how long requests take there."""

    resource: str
    memory: float
    behaviour: Behaviour


@dataclass(frozen=True)
class Partition:
    """One part of a component's deployment.

    Attributes:
        candidates: Resource -> how it runs there.
        early_exit: Probability that a request ends its way through the component here; 0 for the last part.
        sizes: KB sent to each next part: the next partition of this deployment, or a next component.
    """

    name: str
    candidates: Mapping[str, Candidate]
    early_exit: float = 0.0
    sizes: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Component:
    """A step of the application.

    Attributes:
        deployments: Name -> names of its partitions in the order in which requests pass them.
        partitions: All partitions of all deployments by name.
        next: Component that follows -> probability that a request goes on there.
    """

    name: str
    deployments: Mapping[str, tuple[str, ...]]
    partitions: Mapping[str, Partition]
    next: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Domain:
    """A network that joins layers: ``access_delay`` seconds, ``bandwidth`` kbit/s."""

    name: str
    layers: frozenset[str]
    access_delay: float
    bandwidth: float


@dataclass(frozen=True)
class Path:
    """Components that follow one another, and the seconds that they may take together."""

    name: str
    components: tuple[str, ...]
    limit: float


@dataclass(frozen=True)
class System:
    """A whole problem. Who makes one has checked it: names exist, the graph has no cycle, numbers are finite.

    Attributes:
        components: By name, in an order in which each comes after all that lead to it.
        resources: By name.
        load: Requests a second that arrive at each component that none leads to.
        local: Component -> seconds that it may take.
        hours: That the costs are summed over.
    """

    name: str
    components: Mapping[str, Component]
    resources: Mapping[str, Resource]
    domains: tuple[Domain, ...]
    load: float
    local: Mapping[str, float] = field(default_factory=dict)
    paths: tuple[Path, ...] = ()
    hours: float = 1.0
    utilisation_limit: float = UTILISATION_LIMIT

    def threshold_of(self, path: Path) -> str:
        """Give the name of a path's threshold: the path's own, unless that is the name of a component's threshold."""
        return f"path {path.name}" if path.name in self.local else path.name

    def parts(self) -> Iterator[Part]:
        """Give every partition of every deployment."""
        for component in self.components.values():
            for partition in component.partitions:
                yield component.name, partition


@dataclass(frozen=True)
class Placement:
    """An answer: which deployment of each component, where its partitions run, on how many nodes.

    Attributes:
        deployments: Component -> name of the deployment.
        resources: Each partition of those deployments -> its resource.
        nodes: Edge or cloud resource in use -> nodes that are on.
    """

    deployments: Mapping[str, str]
    resources: Mapping[Part, str]
    nodes: Mapping[str, int]
