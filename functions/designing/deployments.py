"""All deployments of an application: which design of each component, and on which layer each of its parts runs.

``base`` is every component whole on the first of its layers; the others are ``deployment1`` and so on, the product of
{base, partition1, ...} and of the candidate layers, the last component changing first (AI-SPRINT's order).
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from math import prod

from functions.continuum.annotations import Annotations
from functions.continuum.dag import Dag, Dependency
from functions.continuum.deployments import CandidateComponent, CandidateDeployments
from functions.continuum.designs import BASE, Partitions
from functions.continuum.resources import CandidateResources

MOST = 1000
"""Deployments that are written; three components on three layers each are 27."""


@dataclass(frozen=True)
class Part:
    """One thing that runs: a component, or a part of one.

    Attributes:
        component: The component, or the alternative that stands for it.
        design: ``base`` or ``partition1_2``.
        stands_for: The component of the graph.
    """

    component: str
    design: str
    stands_for: str

    @property
    def name(self) -> str:
        """What deployments call it, ``filter`` or ``filter_partition1_2``."""
        return self.component if self.design == BASE else f"{self.component}_{self.design}"


@dataclass(frozen=True)
class Deployment:
    """One deployment.

    Attributes:
        name: ``base`` or ``deployment1``.
        chosen: Component of the graph -> its parts in their order.
        dag: The graph of all parts.
        layers: Part -> number of the layer that it runs on.
    """

    name: str
    chosen: Mapping[str, tuple[Part, ...]]
    dag: Dag
    layers: Mapping[str, int]


class Space:
    """What can be chosen: alternatives, designs and layers.

    ``passes`` has, of each alternative that is a filter, how likely a request goes on from it.
    """

    def __init__(
        self,
        dag: Dag,
        resources: CandidateResources,
        candidates: CandidateDeployments,
        partitions: Partitions,
        annotations: Annotations,
        passes: Mapping[str, float] | None = None,
    ) -> None:
        self.dag = dag
        self._resources = resources
        self._candidates = candidates
        self._partitions = partitions
        self._said = annotations.components
        self._passes = passes or {}
        self.has_alternatives = bool(dag.alternative_components) and any(
            each.model_performance for each in self._said.values()
        )
        self.warnings: dict[str, None] = {}

    @property
    def size(self) -> int:
        """How many deployments there are."""
        others = self.dag.alternative_components if self.has_alternatives else {}
        return prod(
            sum(self._count(way) for chosen in (name, *others.get(name, ())) for way in self._ways(name, chosen))
            for name in self.dag.components
        )

    def _count(self, parts: tuple[Part, ...]) -> int:
        return prod(len(self._layers_of(part)) for part in parts)

    def deployments(self, most: int = MOST) -> Iterator[Deployment]:
        """Give the first ``most`` deployments, ``base`` first."""
        number = 0
        for chosen in self._choices():
            dag = self._graph(chosen)
            names = [part.name for parts in chosen.values() for part in parts]
            for layers in product(*self._layers(chosen)):
                name = f"deployment{number}" if number else BASE
                yield Deployment(name, chosen, dag, dict(zip(names, layers, strict=True)))
                number += 1
                if number == most:
                    return

    def _choices(self) -> Iterator[Mapping[str, tuple[Part, ...]]]:
        """Give each choice of alternatives and designs, all components whole first."""
        for names in self.alternatives():
            ways = [self._ways(name, other) for name, other in zip(self.dag.components, names, strict=True)]
            for parts in product(*ways):
                yield dict(zip(self.dag.components, parts, strict=True))

    def alternatives(self) -> Iterator[tuple[str, ...]]:
        """Give each choice of alternatives, the components themselves first."""
        others = self.dag.alternative_components if self.has_alternatives else {}
        yield from product(*((name, *others.get(name, ())) for name in self.dag.components))

    def _ways(self, component: str, chosen: str) -> list[tuple[Part, ...]]:
        """Give the designs of one component, each as its parts, as far as there is a place for all of them."""
        designs = self._partitions.components.get(chosen)
        cuts = designs.cuts if designs else {}
        ways: list[tuple[Part, ...]] = [(Part(chosen, BASE, component),)]
        for cut, names in sorted(cuts.items(), key=lambda each: int(each[0].removeprefix("partition"))):
            parts = tuple(Part(chosen, name, component) for name in names)
            if missing := [part.name for part in parts if not self.entry(part)]:
                said = f"{missing[0]} has no entry in candidate_deployments.yaml, so {cut} of {chosen} is not deployed"
                self.warnings[said] = None
            else:
                ways.append(parts)
        return ways

    def entry(self, part: Part) -> CandidateComponent | None:
        """Give what may be chosen for a part; an alternative without an entry has that of its component."""
        found = self._candidates.find(part.name)
        return found or (self._candidates.find(part.stands_for) if part.design == BASE else None)

    def _layers(self, chosen: Mapping[str, tuple[Part, ...]]) -> list[list[int]]:
        return [self._layers_of(part) for parts in chosen.values() for part in parts]

    def _layers_of(self, part: Part) -> list[int]:
        """Give the layers of a part that have a resource for it, in the file's order."""
        entry = self.entry(part)
        if entry is None:
            return []
        on = {self._resources.layers[self._resources.layer_of[name]].number for name in entry.candidates}
        there = [number for number in dict.fromkeys(entry.candidate_execution_layers) if number in on]
        for number in entry.candidate_execution_layers:
            if number not in on:
                said = f"{entry.name} may run on layer {number}, and none of its candidateExecutionResources is there"
                self.warnings[f"candidate_deployments.yaml: {said}"] = None
        return there

    def _graph(self, chosen: Mapping[str, tuple[Part, ...]]) -> Dag:
        """Give the graph of the parts: each component's in a row, early exits leading on to what follows it."""
        dependencies = list(self._inner(chosen))
        for source, target, probability in self.dag.dependencies:
            goes_on = self._passes.get(chosen[source][0].component, probability)
            for part, ends in self._ends(chosen[source]):
                dependencies.append((part.name, chosen[target][0].name, _rounded(ends * goes_on)))
        names = tuple(part.name for parts in chosen.values() for part in parts)
        place = {name: index for index, name in enumerate(names)}
        dependencies.sort(key=lambda each: (place[each[0]], place[each[1]]))
        return Dag(name=self.dag.name, components=names, dependencies=tuple(dependencies))

    def _inner(self, chosen: Mapping[str, tuple[Part, ...]]) -> Iterator[Dependency]:
        for parts in chosen.values():
            goes_on = self._goes_on(parts)
            for before, after, probability in zip(parts, parts[1:], goes_on, strict=False):
                yield before.name, after.name, probability

    def _ends(self, parts: tuple[Part, ...]) -> Iterator[tuple[Part, float]]:
        """Give each part that may be the last for a request, and how likely it is for one that comes to it."""
        for part, probability in zip(parts, self._goes_on(parts), strict=False):
            if probability < 1:
                yield part, 1 - probability
        yield parts[-1], 1.0

    def _goes_on(self, parts: tuple[Part, ...]) -> Sequence[float]:
        """Give for each part but the last how likely a request goes on to the next one."""
        said = self._said.get(parts[0].component)
        early = said.early_exits_model if said else None
        return (early.transition_probabilities if early else None) or (1.0,) * (len(parts) - 1)


def _rounded(probability: float) -> float:
    return round(probability, 12)
