"""What the evaluator says of a placement: cost, times, and each rule that it breaks."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

from functions.placement.system import Part

Rule: TypeAlias = Literal[
    "incomplete",
    "unknown",
    "nodes",
    "memory",
    "layer",
    "alone",
    "back_to_edge",
    "network",
    "utilisation",
    "local",
    "path",
]
"""The rules of a feasible placement, in the order in which they are looked at.

``incomplete``: every component has a deployment, each of its partitions a resource, each resource in use its nodes.
``unknown``: nothing is named that the system, or the chosen deployments, do not have; only candidates are used.
``nodes``: from 1 to as many nodes as there are; none of a resource that runs nothing.
``memory``: the containers on an edge or cloud resource fit together in one of its nodes, as each node runs them all;
an instance of a function runs one container, which has to fit in it.
``layer``: at most one type of resource of an edge or cloud layer is in use.
``alone``: on an edge or cloud resource, a partition whose times are measured shares with no other.
``back_to_edge``: what follows a partition in the cloud or on FaaS is not on the edge.
``network``: a network domain joins the layers of parts that follow one another on different resources.
``utilisation``: of no resource more of the time is in use than the system's limit.
``local``, ``path``: a component, or a path of components, takes at most the time it may.
"""

_SENTENCES: dict[Rule, Callable[["Violation"], str]] = {
    "incomplete": lambda it: f"{it.subject} has no place",
    "unknown": lambda it: f"{it.subject} is not in the system",
    "nodes": lambda it: (
        f"{it.subject} has {it.value:g} nodes on, where 1 to {it.limit:g} may be"
        if it.limit
        else f"{it.subject} has {it.value:g} nodes on for nothing"
    ),
    "memory": lambda it: f"{it.subject} needs {it.value:g} MB of memory and has {it.limit:g}",
    "layer": lambda it: f"{it.subject} has {it.value:g} types of resource in use, where 1 may be",
    "alone": lambda it: f"{it.subject} runs {it.value:g} partitions, though times measured for one alone are used",
    "back_to_edge": lambda it: f"{it.subject} goes back from the cloud to the edge",
    "network": lambda it: f"{it.subject} has no network domain to go through",
    "utilisation": lambda it: f"{it.subject} is in use for {it.value:.6g} of its time, above {it.limit:g}",
    "local": lambda it: f"{it.subject} takes {it.value:.6g} s, above its {it.limit:g} s",
    "path": lambda it: f"path {it.subject} takes {it.value:.6g} s, above its {it.limit:g} s",
}


@dataclass(frozen=True)
class Violation:
    """One rule that is broken.

    Attributes:
        rule: Which.
        subject: What breaks it: a resource, layer, component, path, ``component/partition`` or two of these.
        value: What it is, in the unit of the rule (nodes, MB, share of time, seconds); 1 where there is none.
        limit: What it may be.
    """

    rule: Rule
    subject: str
    value: float = 1.0
    limit: float = 0.0

    @property
    def kind(self) -> Rule:
        """The rule."""
        return self.rule

    def __str__(self) -> str:
        return _SENTENCES[self.rule](self)


@dataclass(frozen=True)
class Evaluation:
    """The whole verdict; times in seconds, ``inf`` where a queue has no steady state or something is missing.

    Attributes:
        cost: Money over the system's hours; what has no place costs nothing.
        feasible: No rule is broken.
        utilisation: Edge or cloud resource in use -> share of its nodes' time.
        loads: Each partition that has a place -> requests a second that come to it.
        part_times: The same -> seconds of one request there.
        component_times: Component -> seconds that a request takes in it on average, early exits included.
        path_times: Path -> seconds of its components and of the networks between them.
        network: Two parts that follow one another -> seconds between them.
    """

    cost: float
    feasible: bool
    violations: tuple[Violation, ...]
    utilisation: Mapping[str, float]
    loads: Mapping[Part, float]
    part_times: Mapping[Part, float]
    component_times: Mapping[str, float]
    path_times: Mapping[str, float]
    network: Mapping[tuple[Part, Part], float]
