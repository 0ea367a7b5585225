"""Every format of an application, with its sample, its reader, and where it leaves its author a choice."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from functions.continuum.annotations import read_annotations
from functions.continuum.dag import read_dag
from functions.continuum.data_sizes import read_data_sizes
from functions.continuum.degraded import read_deployments_performance
from functions.continuum.deployments import read_deployments
from functions.continuum.designs import read_containers, read_partitions
from functions.continuum.optimiser_settings import read_optimiser_settings
from functions.continuum.performance_models import read_performance_models
from functions.continuum.physical_nodes import read_physical_nodes
from functions.continuum.production import read_production
from functions.continuum.qos import read_multi_cluster_qos, read_qos
from functions.continuum.resources import read_resources
from functions.continuum.run_parameters import read_run_parameters
from functions.placement import system_json
from tests import continuum_application as application
from tests import continuum_samples as samples
from tests.unit.continuum.mutations import Loose


@dataclass(frozen=True)
class Format:
    """One kind of file.

    Attributes:
        file: Its name.
        sample: One that can be used.
        read: Reads a file and gives its content as it was understood, under the file's names.
        loose: Where its author has a choice.
        meant: Gives what of a content counts, where not all of it does.
    """

    file: str
    sample: str
    read: Callable[[Path], Any]
    loose: Loose
    meant: Callable[[Any], Any] = lambda content: content

    @property
    def is_json(self) -> bool:
        """Whether it is JSON; else it is YAML."""
        return self.file.endswith(".json")

    @property
    def content(self) -> Any:
        """The sample's content, with names as text."""
        return json.loads(self.sample) if self.is_json else named(yaml.safe_load(self.sample))


def named(content: Any) -> Any:
    """Give plain content with the names of fields as text: YAML lets them be numbers."""
    if isinstance(content, dict):
        return {str(key): named(value) for key, value in content.items()}
    return [named(each) for each in content] if isinstance(content, list) else content


def _plain(reader: Callable[..., Any], around: str = "") -> Callable[[Path], Any]:
    def read(path: Path) -> Any:
        plain = reader(path).plain()
        return {around: plain} if around else plain

    return read


def _system(path: Path) -> Any:
    return system_json.as_json(system_json.read(path))


def _what_counts(system: Any) -> Any:
    """Give a system without what is not used.

    That is the size of the answer, early exits from the last part, performance on resources that a part cannot run on,
    and transition_cost, which SPACE4AI-D never charges; the layers of a network are a set.
    """
    for layer in (system.get("FaaSResources") or {}).values():
        layer.pop("transition_cost", None)
    for deployments in (system["Components"] or {}).values():
        for parts in (deployments or {}).values():
            for part in parts.values():
                part.update({} if part["next"] else {"data_size": []})
                part.update({} if set(part["next"] or ()) & set(parts) else {"early_exit_probability": 0})
    kept: dict[str, Any] = {}
    for component, parts in system["Performance"].items():
        for part, models in (parts or {}).items():
            listed = [each["resource"] for each in system["CompatibilityMatrix"].get(component, {}).get(part) or ()]
            kept.setdefault(component, {})[part] = {name: models[name] for name in models or () if name in listed}
    networks = {
        name: {**each, "computationalLayers": sorted(set(each["computationalLayers"]))} if each else each
        for name, each in (system.get("NetworkTechnology") or {}).items()
    }
    return {**system, "Performance": kept, "NetworkTechnology": networks}


def _below(prefix: str, *patterns: str) -> tuple[str, ...]:
    return tuple(f"{prefix}.{pattern}" for pattern in patterns)


_DOMAIN = "System.NetworkDomains.*"
_LAYER = f"{_DOMAIN}.ComputationalLayers.*"
_NODE = f"{_LAYER}.Resources.*"
_OPTIONAL_OF_NODE = _below(
    _NODE,
    *("flavorName", "storageType"),
    *("description", "storageSize", "operatingSystemDistribution", "operatingSystemVersion", "secureBoot", "onSpot"),
    *("operatingSystem", "operatingSystem.*", "processors", "processors.*.name", "processors.*.architecture"),
    *("processors.*.SGXFlag", "processors.*.internalMemory", "accelerators", "accelerators.*.name"),
    *(
        "accelerators.*.memorySize",
        "accelerators.*.powerDraw",
        "accelerators.*.processors",
        "accelerators.*.processors.*.type",
    ),
    "accelerators.*.processors.*.computingUnits",
)
_RESOURCES = Loose(
    free=(
        *(_DOMAIN, _LAYER, _NODE),
        *_below(_NODE, "processors.*", "accelerators.*", "accelerators.*.processors.*"),
    ),
    optional=(
        *("System.name", f"{_DOMAIN}.name", f"{_DOMAIN}.subNetworkDomains", f"{_DOMAIN}.ComputationalLayers"),
        *(f"{_LAYER}.name", f"{_LAYER}.transition_cost"),
        *_OPTIONAL_OF_NODE,
    ),
    text=(
        *("System.name", f"{_DOMAIN}.name", f"{_LAYER}.name"),
        *_below(_NODE, "name", "description", "storageSize", "operatingSystemDistribution", "secureBoot"),
        *_below(_NODE, "operatingSystem.*", "processors.*.name", "accelerators.*.name"),
        *_below(_NODE, "accelerators.*.processors.*.type", "storageType", "measuredBoot", "flavorName"),
    ),
    kinds={
        f"{_NODE}.storageSize": "n",
        f"{_NODE}.operatingSystemVersion": "t",
        f"{_NODE}.operatingSystem.Version": "t",
        f"{_NODE}.secureBoot": "b",
    },
)

_CONTAINER = "Components.*.Containers.*"
_OF_CONTAINER = ("trustedExecution", "networkProtection", "fileSystemProtection", "GPURequirement", "image")
_DEPLOYMENTS = Loose(
    free=("Components.*", _CONTAINER),
    optional=_below(_CONTAINER, *_OF_CONTAINER),
    text=("Components.*.name", *_below(_CONTAINER, "image", "image.*", "candidateExecutionResources.*")),
    kinds={f"{_CONTAINER}.image": "lt"},
)
_PRODUCTION = Loose(
    free=(*_RESOURCES.free, "System.Components.*", f"System.{_CONTAINER}"),
    optional=(*_RESOURCES.optional, "System.DeploymentName", *_below(f"System.{_CONTAINER}", *_OF_CONTAINER)),
    text=(*_RESOURCES.text, "System.DeploymentName", "System.Components.*.name", f"System.{_CONTAINER}.image"),
    kinds={**_RESOURCES.kinds, f"System.{_CONTAINER}.image": "l"},
)

_PHYSICAL = "ComputationalLayers.*.Resources.*"
_PHYSICAL_NODES = Loose(
    free=("ComputationalLayers.*", _PHYSICAL),
    optional=_below(_PHYSICAL, "fe_node", "fe_node.public_ip", "wns", "minio", "oscar", "influx", "aws"),
    text=_below(_PHYSICAL, "name", "*.*", "wns.*.*"),
    raw=_below(_PHYSICAL, "*.ssh_key", "wns.*.ssh_key", "*.access_key", "*.secret_key", "*.token"),
)

_ANNOTATIONS = Loose(
    free=("*",),
    optional=(
        *("*.exec_time", "*.exec_time.*", "*.expected_throughput", "*.partitionable_model", "*.security.*"),
        *("*.device_constraints", "*.device_constraints.*", "*.early_exits_model", "*.model_performance", "*.security"),
        *("*.model_performance.*", "*.detect_metric_drift", "*.partitionable_model.num_partitions"),
        "*.early_exits_model.transition_probabilities",
    ),
    text=(
        *("*.component_name.name", "*.partitionable_model.onnx_file", "*.early_exits_model.onnx_file"),
        *("*.early_exits_model.condition_function", "*.model_performance.filtered_class"),
        *("*.detect_metric_drift.metric", "*.detect_metric_drift.field"),
    ),
)

_QOS = Loose(
    free=("system.local_constraints.*", "system.global_constraints.*"),
    optional=("system.local_constraints", "system.global_constraints", "system.throughput_component"),
    text=(
        *("system.name", "system.throughput_component", "system.local_constraints.*.component_name"),
        "system.global_constraints.*.path_components.*",
    ),
    kinds={"system.throughput_component": "m"},
)
_CLUSTER = "System.Deployments.*.ExecutionLayers.*"
_MULTI_CLUSTER_QOS = Loose(
    free=("System.Deployments.*", _CLUSTER, *_below(_CLUSTER, "local_constraints.*", "global_constraints.*")),
    optional=_below(_CLUSTER, "components", "local_constraints", "global_constraints", "throughput_component"),
    text=_below(_CLUSTER, "components.*"),
    kinds={f"{_CLUSTER}.throughput_component": "mt"},
)

_PERFORMANCE_MODELS = Loose(
    free=("*", "*.*", "*.*.*"),
    optional=("*.*.*.meanTime", "*.*.F2.demandWarm", "*.*.F2.demandCold"),
    text=("*.*.*.regressor_file",),
)

_RUN_PARAMETERS = Loose(
    free=("components.*",),
    optional=(
        *("input_files.storage_bucket", "asynchronous.*", "synchronous", "components.*.distribution", "run.*", "other"),
        *_below("synchronous", "number_of_pre_allocated_pods", "connect_timeout_seconds", "request_timeout_seconds"),
        *_below("synchronous", "worker_nodes", "distribution"),
        *_below("synchronous.intervals.*", "number_of_threads", "ramp_up_seconds"),
        "other.*",
    ),
    text=("input_files.*", "run.campaign_dir", "other.domain_name"),
    signed=("other.time_correction",),
)

_SETTINGS = Loose(
    free=("Methods.*",),
    optional=(
        *("EdgeResources", "CloudResources", "FaaSResources", "Methods", "Seed", "VerboseLevel", "Time"),
        *("Methods.*.iterations", "Methods.*.duration", "Methods.*.specialParameters.score"),
    ),
    text=("EdgeResources.*", "CloudResources.*", "FaaSResources.*"),
    kinds={"Methods.*.specialParameters.score": "n"},
)

_DEGRADED = "System.sorted_deployments_performance.*.*"
_DEPLOYMENTS_PERFORMANCE = Loose(
    free=(_DEGRADED,),
    optional=("System.metric_thr", f"{_DEGRADED}.dependencies"),
)

_PART = "Components.*.*.*"
_SYSTEM = Loose(
    free=("Components.*.*", "GlobalConstraints.*", "NetworkTechnology.*"),
    optional=(
        *("LocalConstraints", "GlobalConstraints", "NetworkTechnology", "Time", "LocalConstraints.*"),
        "DirectedAcyclicGraph.classifier",
        *(f"{_PART}.early_exit_probability", "EdgeResources.*.*.description", "EdgeResources.*.*.n_cores"),
        *("CloudResources.*.*.description", "CloudResources.*.*.n_cores", "FaaSResources.*.transition_cost"),
        "FaaSResources.*.*.description",
    ),
    text=("EdgeResources.*.*.description", "CloudResources.*.*.description", "FaaSResources.*.*.description"),
    kinds={f"{_PART}.next": "t", f"{_PART}.data_size": "n"},
    crowded=("FaaSResources.*.*",),
)

FORMATS = (
    Format(
        "application_dag.yaml",
        application.DAG,
        _plain(read_dag, "System"),
        Loose(
            optional=("System.alternative_components", "System.alternative_components.*", "System.dependencies"),
            text=("System.name", "System.alternative_components.*.*"),
        ),
    ),
    Format("candidate_resources.yaml", application.RESOURCES, _plain(read_resources, "System"), _RESOURCES),
    Format("candidate_deployments.yaml", application.DEPLOYMENTS, _plain(read_deployments), _DEPLOYMENTS),
    Format("component_partitions.yaml", application.PARTITIONS, _plain(read_partitions), Loose(free=("components.*",))),
    Format(
        "containers.yaml",
        application.CONTAINERS,
        _plain(read_containers),
        Loose(free=("components.*",), text=("components.*.docker_images.*",)),
    ),
    Format("physical_nodes.yaml", samples.PHYSICAL_NODES, _plain(read_physical_nodes), _PHYSICAL_NODES),
    Format("production_deployment.yaml", application.PRODUCTION, _plain(read_production, "System"), _PRODUCTION),
    Format("annotations.yaml", samples.ANNOTATIONS, _plain(read_annotations), _ANNOTATIONS),
    Format("qos_constraints.yaml", samples.QOS, _plain(read_qos, "system"), _QOS),
    Format(
        "multi_cluster_qos_constraints.yaml",
        samples.MULTI_CLUSTER_QOS,
        _plain(read_multi_cluster_qos, "System"),
        _MULTI_CLUSTER_QOS,
    ),
    Format("components_data_size.yaml", samples.DATA_SIZES, _plain(read_data_sizes), Loose(free=("*",))),
    Format("performance_models.json", samples.PERFORMANCE_MODELS, _plain(read_performance_models), _PERFORMANCE_MODELS),
    Format("run_parameters.yaml", samples.RUN_PARAMETERS, _plain(read_run_parameters), _RUN_PARAMETERS),
    Format("SPACE4AI-D.yaml", samples.OPTIMISER_SETTINGS, _plain(read_optimiser_settings), _SETTINGS),
    Format(
        "deployments_performance.yaml",
        samples.DEPLOYMENTS_PERFORMANCE,
        _plain(read_deployments_performance, "System"),
        _DEPLOYMENTS_PERFORMANCE,
    ),
    Format("system_description.json", samples.SYSTEM, _system, _SYSTEM, meant=_what_counts),
)
