"""The design of an application: all that follows from its components' annotations, its graph and its candidates."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from functions.continuum.agreement import Names, disagreements
from functions.continuum.application import NAMES, PLACES, REQUIRED, found
from functions.continuum.dag import Dag, read_dag
from functions.continuum.degraded import DeploymentsPerformance
from functions.continuum.deployments import CandidateDeployments, read_deployments
from functions.continuum.designs import BASE, ComponentPartitions, Partitions
from functions.continuum.production import ProductionDeployment
from functions.continuum.reading import refuse
from functions.continuum.resources import CandidateResources, read_resources
from functions.continuum.selection import produce
from functions.designing.components import Components, agree, read_components
from functions.designing.constraints import Asked
from functions.designing.deployments import MOST, Deployment, Part, Space
from functions.designing.designs import Designed, designed
from functions.runtime.errors import Rejected


@dataclass(frozen=True)
class Design:
    """A designed application.

    Attributes:
        name: That of its folder.
        dag: Its graph.
        components: What each says.
        designs: Component or alternative -> its designs.
        partitions: The same, by their names alone.
        deployments: ``base`` first.
        count: How many there are; more than ``deployments`` has, if there are too many to write.
        asked: The constraints.
        production: The base deployment with its resources.
        performance: How good each choice of alternatives is, where there are some.
        warnings: What can be used but was likely not meant, a sentence each.
    """

    name: str
    dag: Dag
    components: Components
    designs: Mapping[str, Designed]
    partitions: Partitions
    deployments: tuple[Deployment, ...]
    count: int
    asked: Asked
    production: ProductionDeployment
    performance: DeploymentsPerformance | None
    warnings: tuple[str, ...]

    def document(self) -> dict[str, Any]:
        """Give what was designed as plain values."""
        cuttings = {
            name: {each.name: {"tensors": each.tensors, "bytes": each.bytes} for each in designs.cuttings}
            for name, designs in self.designs.items()
        }
        return {
            "application": self.name,
            "components": list(self.dag.components),
            "dependencies": [list(each) for each in self.dag.dependencies],
            "designs": {name: list(each.partitions) for name, each in self.partitions.components.items()},
            "cuts": {name: each for name, each in cuttings.items() if each},
            "deployments": {each.name: dict(each.layers) for each in self.deployments},
            "deployments_there_are": self.count,
            "performance": self.performance.plain() if self.performance else None,
            "warnings": list(self.warnings),
        }


def design(folder: Path, *, name: str | None = None, most: int = MOST) -> Design:
    """Design the application in a folder; nothing is written, and none of its code is run.

    Args:
        folder: With ``src`` and ``common_config``.
        name: The application's, the folder's by default.
        most: Deployments to give.

    Raises:
        Rejected: A file is missing or cannot be used.
    """
    application = name or folder.resolve().name
    warnings: list[str] = []
    dag, resources, candidates, components = _read(folder, application, warnings)
    designs = {each: designed(components.by_name[each]) for each in _used(dag)}
    partitions = Partitions(components={each: _partitions(designs[each]) for each in designs})
    space = Space(dag, resources, candidates, partitions, components.annotations)
    performance, passes = _degraded(space, components) if space.has_alternatives else (None, {})
    space = Space(dag, resources, candidates, partitions, components.annotations, passes)
    deployments = tuple(space.deployments(most))
    warnings += [said for each in designs.values() for said in each.warnings] + list(space.warnings)
    if not dag.alternative_components:
        warnings += [
            f"{each.source.file.name}: model_performance is of no use without alternative_components in the graph"
            for each in components.by_name.values()
            if each.annotations.model_performance
        ]
    if (count := space.size) > len(deployments):
        warnings.append(f"there are {count:,} deployments; only the first {len(deployments):,} are written")
    return Design(
        name=application,
        dag=dag,
        components=components,
        designs=designs,
        partitions=partitions,
        deployments=deployments,
        count=count,
        asked=Asked(components.annotations, dag),
        production=_production(space, resources, candidates, deployments[0]),
        performance=performance,
        warnings=tuple(dict.fromkeys(warnings)),
    )


def _read(
    folder: Path, application: str, warnings: list[str]
) -> tuple[Dag, CandidateResources, CandidateDeployments, Components]:
    """Read what a person wrote; what an earlier design wrote is not looked at."""
    files = _required(folder)
    dag = read_dag(files["dag"], warnings=warnings)
    resources = read_resources(files["resources"], warnings=warnings)
    candidates = read_deployments(files["deployments"], warnings=warnings)
    for part, faults in disagreements({"deployments": candidates}, Names(dag, resources)):
        refuse(files[part], faults)
    components = read_components(folder, application)
    agree(components, dag, resources, dag_file=files["dag"])
    warnings += components.warnings
    return dag, resources, candidates, components


def _required(folder: Path) -> dict[str, Path]:
    files = found(folder) if folder.is_dir() else {}
    if missing := [part for part in REQUIRED if part not in files]:
        names = ", ".join(NAMES[part] for part in missing)
        said = f"{folder.name}: {names} {'is' if len(missing) == 1 else 'are'} missing"
        hint = f"an application has {', '.join(PLACES[part][0] for part in REQUIRED)}; noria new makes one"
        raise Rejected(said if folder.is_dir() else f"{folder} is no folder", hint=hint)
    return {part: files[part] for part in REQUIRED}


def _used(dag: Dag) -> tuple[str, ...]:
    """Give all components, each followed by its alternatives."""
    names = (each for name in dag.components for each in (name, *dag.alternative_components.get(name, ())))
    return tuple(dict.fromkeys(names))


def _partitions(designs: Designed) -> ComponentPartitions:
    return ComponentPartitions(partitions=tuple(each.name for each in designs.designs))


def _degraded(space: Space, components: Components) -> tuple[DeploymentsPerformance, dict[str, float]]:
    from functions.designing.degradation import Degradation  # numpy, which an application without needs not

    degradation = Degradation(space, components.by_name)
    return degradation.performance(), degradation.passes()


def _production(
    space: Space, resources: CandidateResources, candidates: CandidateDeployments, base: Deployment
) -> ProductionDeployment:
    """Give the base deployment: of each component the first resource that may be chosen on its layer."""
    chosen = {}
    for name, layer in base.layers.items():
        entry = space.entry(Part(name, BASE, name))
        on_layer = (each for each in (entry.candidates if entry else ()) if _layer(resources, each) == layer)
        chosen[name] = next(on_layer)
    return produce(resources, candidates, chosen=chosen, nodes={}, deployment_name=BASE)


def _layer(resources: CandidateResources, name: str) -> int:
    return resources.layers[resources.layer_of[name]].number
