"""All files of an application together: where they lie, which are missing, whether they speak of the same things."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from functions.continuum.agreement import Names, disagreements
from functions.continuum.annotations import Annotations, read_annotations
from functions.continuum.dag import Dag, read_dag
from functions.continuum.data_sizes import DataSizes, read_data_sizes
from functions.continuum.degraded import DeploymentsPerformance, read_deployments_performance
from functions.continuum.deployments import CandidateDeployments, read_deployments
from functions.continuum.designs import Containers, Partitions, read_containers, read_partitions
from functions.continuum.optimiser_settings import OptimiserSettings, read_optimiser_settings
from functions.continuum.performance_models import PerformanceModels, read_performance_models
from functions.continuum.physical_nodes import PhysicalNodes, read_physical_nodes
from functions.continuum.production import ProductionDeployment, read_production
from functions.continuum.qos import (
    DeploymentConstraints,
    MultiClusterQos,
    read_multi_cluster_qos,
    read_qos,
)
from functions.continuum.reading import refuse
from functions.continuum.resources import CandidateResources, read_resources
from functions.continuum.run_parameters import RunParameters, read_run_parameters
from functions.runtime.errors import Rejected

Part = str
"""The name of a field of ``Application`` that one file fills."""

PLACES: Mapping[Part, tuple[str, ...]] = {
    "dag": ("common_config/application_dag.yaml",),
    "resources": ("common_config/candidate_resources.yaml",),
    "deployments": ("common_config/candidate_deployments.yaml",),
    "qos": (
        "space4ai-d/qos_constraints.yaml",
        "aisprint/deployments/base/space4ai-d/qos_constraints.yaml",
        "aisprint/deployments/base/ams/qos_constraints.yaml",
    ),
    "annotations": ("common_config/annotations.yaml",),
    "partitions": ("aisprint/designs/component_partitions.yaml",),
    "containers": ("aisprint/designs/containers.yaml",),
    "data_sizes": ("oscarp/components_data_size.yaml", "space4ai-d/components_data_size.yaml"),
    "performance_models": ("space4ai-d/performance_models.json", "oscarp/performance_models.json"),
    "run_parameters": ("oscarp/run_parameters.yaml",),
    "settings": ("space4ai-d/SPACE4AI-D.yaml", "aisprint/deployments/base/space4ai-d/SPACE4AI-D.yaml"),
    "degraded": ("space4ai-r/deployments_performance.yaml",),
    "multi_cluster_qos": ("aisprint/deployments/multi_cluster_qos_constraints.yaml",),
    "physical_nodes": ("common_config/physical_nodes.yaml",),
    "production": (
        "aisprint/deployments/optimal_deployment/production_deployment.yaml",
        "aisprint/deployments/base/production_deployment.yaml",
    ),
}
"""Where each file lies in AI-SPRINT's tree; in a flat folder it has the same name."""

NAMES: Mapping[Part, str] = {part: Path(places[0]).name for part, places in PLACES.items()}
REQUIRED: tuple[Part, ...] = ("dag", "resources", "deployments")
"""Without these there is no application."""

_READERS: Mapping[Part, Callable[..., Any]] = {
    "dag": read_dag,
    "resources": read_resources,
    "deployments": read_deployments,
    "qos": read_qos,
    "annotations": read_annotations,
    "partitions": read_partitions,
    "containers": read_containers,
    "data_sizes": read_data_sizes,
    "performance_models": read_performance_models,
    "run_parameters": read_run_parameters,
    "settings": read_optimiser_settings,
    "degraded": read_deployments_performance,
    "multi_cluster_qos": read_multi_cluster_qos,
    "physical_nodes": read_physical_nodes,
    "production": read_production,
}


@dataclass(frozen=True)
class Application:
    """An application as its files describe it; what is none has no file.

    Attributes:
        dag: Components and their order.
        resources: What they may run on.
        deployments: Where each may run, and in what container.
        qos: Longest times in seconds.
        data_sizes: KB that each component or part sends.
        performance_models: How long a request takes, by component, part and resource.
        partitions: The ways in which components are cut.
        degraded: Alternatives that do the work less well.
        production: The deployment that there is.
        files: Field -> the file that it was read from.
        warnings: What can be used but was likely not meant, a sentence each.
    """

    dag: Dag
    resources: CandidateResources
    deployments: CandidateDeployments
    qos: DeploymentConstraints | None = None
    data_sizes: DataSizes | None = None
    performance_models: PerformanceModels | None = None
    partitions: Partitions | None = None
    settings: OptimiserSettings | None = None
    degraded: DeploymentsPerformance | None = None
    production: ProductionDeployment | None = None
    annotations: Annotations | None = None
    containers: Containers | None = None
    run_parameters: RunParameters | None = None
    multi_cluster_qos: MultiClusterQos | None = None
    physical_nodes: PhysicalNodes | None = None
    files: Mapping[Part, Path] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The application's name."""
        return self.dag.name

    @classmethod
    def read(cls, folder: Path, *, needs: Collection[Part] = ()) -> "Application":
        """Read all files that a folder has of an application: AI-SPRINT's tree, or all of them in one place.

        Args:
            folder: Where they lie.
            needs: Fields that must not be none, beside those that every application has.

        Raises:
            Rejected: Files are missing, or one cannot be used.
            MalformedError: A file names something that the others do not have.
        """
        files = found(folder)
        _all_there(folder, files, [*REQUIRED, *(part for part in needs if part not in REQUIRED)])
        warnings: list[str] = []
        parts = {part: _READERS[part](path, warnings=warnings) for part, path in files.items()}
        application = cls(**parts, files=files)
        for part, faults in disagreements(parts, Names(application.dag, application.resources, application.partitions)):
            refuse(files[part], faults)
        return cls(**parts, files=files, warnings=tuple(warnings))


def found(folder: Path) -> dict[Part, Path]:
    """Give the file of each part that a folder has; those that upstream's template leaves empty do not count."""
    files: dict[Part, Path] = {}
    for part, places in PLACES.items():
        for place in (*places, NAMES[part]):
            path = folder / place
            if path.is_file() and (part in REQUIRED or path.stat().st_size > 1):
                files[part] = path
                break
    return files


def _all_there(folder: Path, files: Mapping[Part, Path], needed: Collection[Part]) -> None:
    missing = [part for part in needed if part not in files]
    if not missing:
        return
    there = {path.name for place in (folder, folder / "common_config") for path in place.glob("*.*")}
    names = [_perhaps(NAMES[part], sorted(there - set(NAMES.values()))) for part in missing]
    places = ", ".join(PLACES[part][0] for part in missing)
    raise Rejected(
        f"{folder.name}: {', '.join(names)} {'is' if len(missing) == 1 else 'are'} missing",
        hint=f"an application has {places}, or all its files in one folder",
    )


def _perhaps(name: str, there: Sequence[str]) -> str:
    close = get_close_matches(name, there, n=1, cutoff=0.85)
    return f"{name} (is it {close[0]}?)" if close else name
