"""The constraints of a deployment, layer by layer: what the annotations ask for, in the words of what runs.

Of a component in parts the time of the component is that of the way through its parts; a path leads through the parts
of all that it passes, and is watched on the layer of its last one (AI-SPRINT's rules, continuum design 2.6).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from functions.continuum.annotations import Annotations, ComponentAnnotations
from functions.continuum.dag import Dag
from functions.continuum.qos import Deployment as LayersOfDeployment
from functions.continuum.qos import DeploymentConstraints, GlobalConstraint, LayerConstraints, LocalConstraint
from functions.designing.deployments import Deployment, Part


@dataclass(frozen=True)
class Limit:
    """One constraint: a way of one part or more, and the most seconds that it may take."""

    path: tuple[str, ...]
    seconds: float

    @property
    def is_local(self) -> bool:
        """Whether it is about one thing that runs."""
        return len(self.path) == 1


class Asked:
    """What the annotations of an application ask for."""

    def __init__(self, annotations: Annotations, dag: Dag) -> None:
        self._said = annotations.components
        others = {other: name for name, many in dag.alternative_components.items() for other in many}
        self._stands_for = {**others, **{name: name for name in dag.components}}

    def constraints(self, deployment: Deployment, *, application: str) -> DeploymentConstraints:
        """Give the constraints of a whole deployment, numbered by layer and then in the order of the graph."""
        layers = self._by_layer(deployment)
        limits = [limit for number in sorted(layers) for limit in layers[number]]
        return DeploymentConstraints(name=application, **_fields(limits))

    def layers(self, deployment: Deployment) -> LayersOfDeployment:
        """Give the constraints of each layer: those of its components and of the paths that end in one."""
        limits = self._by_layer(deployment)
        counted = self._counted(deployment)
        return LayersOfDeployment(
            execution_layers={
                str(number): LayerConstraints(
                    components=(names := _on(deployment, number)),
                    **_fields(limits[number]),
                    throughput_component=counted if counted in names else None,
                )
                for number in sorted(limits)
            }
        )

    def _by_layer(self, deployment: Deployment) -> dict[int, list[Limit]]:
        found: dict[int, list[Limit]] = {number: [] for number in deployment.layers.values()}
        for limit in self._limits(deployment):
            found[deployment.layers[limit.path[-1]]].append(limit)
        return found

    def _limits(self, deployment: Deployment) -> Iterator[Limit]:
        for parts in deployment.chosen.values():
            said = self._asked(parts[0])
            times = said.exec_time if said else None
            own = tuple(part.name for part in parts)
            if times and times.local_time_thr is not None:
                yield Limit(own, times.local_time_thr)
            if times and times.global_time_thr is not None:
                before = (deployment.chosen[self._stands_for[name]] for name in times.prev_components)
                yield Limit((*(part.name for some in before for part in some), *own), times.global_time_thr)

    def _asked(self, part: Part) -> ComponentAnnotations | None:
        return self._said.get(part.component)

    def _counted(self, deployment: Deployment) -> str | None:
        """Give the first part of the component whose requests are counted."""
        for name, said in self._said.items():
            if said.expected_throughput and name in self._stands_for:
                return deployment.chosen[self._stands_for[name]][0].name
        return None


def _on(deployment: Deployment, number: int) -> tuple[str, ...]:
    return tuple(name for name, layer in deployment.layers.items() if layer == number)


def _fields(limits: list[Limit]) -> Mapping[str, object]:
    local = [LocalConstraint(component_name=each.path[0], threshold=each.seconds) for each in limits if each.is_local]
    paths = [
        GlobalConstraint(path_components=each.path, threshold=each.seconds) for each in limits if not each.is_local
    ]
    return {
        "local_constraints": {f"local_constraint_{index}": each for index, each in enumerate(local, start=1)},
        "global_constraints": {f"global_constraint_{index}": each for index, each in enumerate(paths, start=1)},
    }
