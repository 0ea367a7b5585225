from collections.abc import Mapping
from pathlib import Path as FilePath

import pytest
import yaml

from functions.continuum.application import Application
from functions.placement.assembling import assemble, assemble_all
from functions.placement.evaluation import evaluate
from functions.placement.system import ColdStarts, Domain, Measured, Path, Placement, Queue
from functions.runtime.errors import Rejected

DAG = """
System:
  name: app
  components: [filter, classifier]
  alternative_components: {filter: [filter_small]}
  dependencies: [[filter, classifier, 0.6]]
"""
RESOURCES = """
System:
  name: app
  NetworkDomains:
    ND1:
      name: home
      AccessDelay: 0.01
      Bandwidth: 1000
      subNetworkDomains: [ND2]
      ComputationalLayers:
        computationalLayer1:
          name: edge
          number: 1
          type: PhysicalAlreadyProvisioned
          Resources:
            resource1:
              {name: Pi, totalNodes: 3, cost: 0.1, memorySize: 4096, description: a small one,
               processors: {p: {computingUnits: 4, architecture: arm64}}}
    ND2:
      name: away
      AccessDelay: 0.05
      Bandwidth: 5000
      subNetworkDomains: []
      ComputationalLayers:
        computationalLayer2:
          name: cloud
          number: 2
          type: Virtual
          Resources:
            resource1: {name: VM1, totalNodes: 5, cost: 1.2, memorySize: 8192}
        computationalLayer3:
          name: functions
          number: 3
          type: NativeCloudFunction
          Resources:
            resource1: {name: F1, cost: 0.0001561, memorySize: 8192, idleTime: 600, transitionCost: 0.02625}
"""
MODELS = """
{"filter": {"filter": {"Pi": {"model": "QTedge", "demand": 1.2}, "VM1": {"model": "QTcloud", "demand": 0.5}},
            "filter_partition1_1": {"Pi": {"model": "QTedge", "demand": 0.7}},
            "filter_partition1_2": {"VM1": {"model": "QTcloud", "demand": 0.3}}},
 "filter_small": {"filter_small": {"Pi": {"model": "QTedge", "demand": 0.3}}},
 "classifier": {"classifier": {
    "VM1": {"model": "CoreBasedPredictor", "regressor_file": "models/classifier.onnx", "meanTime": 0.9},
    "F1": {"model": "PACSLTK", "demandWarm": 2.5, "demandCold": 4}}}}
"""
SIZES = "{filter: 415.0, filter_partition1_1: 13000, filter_partition1_2: 400.0, filter_small: 415, classifier: 0}"
QOS = """
system:
  name: app
  local_constraints: {local_constraint_1: {component_name: filter, threshold: 20}}
  global_constraints: {global_constraint_1: {path_components: [filter, classifier], threshold: 30}}
  throughput_component: filter
"""
DEGRADED = """
System:
  metric_name: average_f1
  metric_thr: 0.5
  sorted_deployments_performance:
  - original_deployment:
      {components: [filter, classifier], dependencies: [[filter, classifier, 0.6]], metric_value: 0.72}
  - alternative_deployment1:
      {components: [filter_small, classifier], dependencies: [[filter_small, classifier, 0.9]], metric_value: 0.64}
"""
DESIGNS = """
components:
  filter: {partitions: [base, partition1_2, partition1_1]}
  classifier: {partitions: [base]}
"""
FILES = {
    "application_dag.yaml": DAG,
    "candidate_resources.yaml": RESOURCES,
    "performance_models.json": MODELS,
    "components_data_size.yaml": SIZES,
    "qos_constraints.yaml": QOS,
    "deployments_performance.yaml": DEGRADED,
    "component_partitions.yaml": DESIGNS,
}


def _deployments() -> str:
    candidates = {
        "filter": ([1, 2], ["Pi", "VM1"], 1024),
        "filter_partitionX_1": ([1], ["Pi"], 500),
        "filter_partitionX_2": ([2], ["VM1"], 600),
        "filter_small": ([1], ["Pi"], 256),
        "classifier": ([2, 3], ["VM1", "F1"], 2048),
    }
    components = {
        f"component{index}": {
            "name": name,
            "candidateExecutionLayers": layers,
            "Containers": {
                "container1": {
                    "image": "registry/x:1",
                    "memorySize": memory,
                    "computingUnits": 0.9,
                    "candidateExecutionResources": resources,
                }
            },
        }
        for index, (name, (layers, resources, memory)) in enumerate(candidates.items(), start=1)
    }
    return yaml.safe_dump({"Components": components})


def application(folder: FilePath, files: Mapping[str, str | None] | None = None) -> Application:
    """Write the files of the small application, some of them changed or left out, and read them."""
    for name, text in ({"candidate_deployments.yaml": _deployments()} | FILES | dict(files or {})).items():
        if text is not None:
            (folder / name).write_text(text)
    return Application.read(folder)


def test_components_have_base_and_their_cuts(tmp_path: FilePath) -> None:
    system = assemble(application(tmp_path), load=0.5)

    filter_ = system.components["filter"]
    assert filter_.deployments == {
        "base": ("filter",),
        "partition1": ("filter_partition1_1", "filter_partition1_2"),
    }
    assert filter_.next == {"classifier": 0.6}
    assert filter_.partitions["filter"].sizes == {"classifier": 415.0}
    assert filter_.partitions["filter_partition1_1"].sizes == {"filter_partition1_2": 13000.0}
    assert filter_.partitions["filter_partition1_2"].sizes == {"classifier": 400.0}
    assert filter_.partitions["filter_partition1_2"].candidates["VM1"].memory == 600
    assert filter_.partitions["filter_partition1_2"].candidates["VM1"].behaviour == Queue(0.3)


def test_without_designs_the_cuts_are_those_that_were_profiled(tmp_path: FilePath) -> None:
    known = assemble(application(tmp_path), load=0.5)
    (tmp_path / "component_partitions.yaml").unlink()

    assert assemble(Application.read(tmp_path), load=0.5) == known


def test_a_function_s_price_a_second_becomes_one_an_hour(tmp_path: FilePath) -> None:
    system = assemble(application(tmp_path), load=0.5)

    assert system.resources["F1"].cost == pytest.approx(0.0001561 * 3600)
    assert system.resources["VM1"].cost == 1.2
    assert system.resources["F1"].idle_time == 600
    assert system.components["classifier"].partitions["classifier"].candidates["F1"].behaviour == ColdStarts(2.5, 4)


def test_devices_are_the_edge_where_nobody_says_otherwise(tmp_path: FilePath) -> None:
    system = assemble(application(tmp_path), load=0.5)

    assert {name: each.kind for name, each in system.resources.items()} == {"Pi": "edge", "VM1": "cloud", "F1": "faas"}
    assert (system.resources["Pi"].nodes, system.resources["Pi"].cores) == (3, 4)


def test_only_the_layers_of_the_settings_are_used(tmp_path: FilePath) -> None:
    settings = "{EdgeResources: [computationalLayer1], CloudResources: [computationalLayer2], Time: 4, Methods: {}}"

    system = assemble(application(tmp_path, {"SPACE4AI-D.yaml": settings}), load=0.5)

    assert list(system.resources) == ["Pi", "VM1"]
    assert list(system.components["classifier"].partitions["classifier"].candidates) == ["VM1"]
    assert system.hours == 4


def test_a_network_joins_the_layers_of_the_networks_inside_it(tmp_path: FilePath) -> None:
    system = assemble(application(tmp_path), load=0.5)

    every = frozenset({"computationalLayer1", "computationalLayer2", "computationalLayer3"})
    assert system.domains == (
        Domain("ND1", every, 0.01, 1000),
        Domain("ND2", every - {"computationalLayer1"}, 0.05, 5000),
    )


def test_limits_hold_for_components_and_paths(tmp_path: FilePath) -> None:
    system = assemble(application(tmp_path), load=0.5)

    assert system.local == {"filter": 20}
    assert system.paths == (Path("global_constraint_1", ("filter", "classifier"), 30),)


def test_a_path_through_all_parts_of_a_component_is_one_through_the_component(tmp_path: FilePath) -> None:
    qos = """
system:
  name: app
  local_constraints: {}
  global_constraints:
    one: {path_components: [filter_partition1_1, filter_partition1_2], threshold: 7}
    two: {path_components: [filter_partition1_1, filter_partition1_2, classifier], threshold: 9}
"""

    system = assemble(application(tmp_path, {"qos_constraints.yaml": qos}), load=0.5)

    assert system.local == {"filter": 7}
    assert system.paths == (Path("two", ("filter", "classifier"), 9),)


def test_an_alternative_keeps_the_limits_of_the_component_whose_place_it_takes(tmp_path: FilePath) -> None:
    systems = assemble_all(application(tmp_path), load=0.5)

    other = systems["alternative_deployment1"]
    assert list(systems) == ["original_deployment", "alternative_deployment1"]
    assert list(other.components) == ["filter_small", "classifier"]
    assert other.components["filter_small"].next == {"classifier": 0.9}
    assert other.local == {"filter_small": 20}
    assert other.paths[0].components == ("filter_small", "classifier")


def test_early_exits_are_what_the_annotation_does_not_let_through(tmp_path: FilePath) -> None:
    annotations = """
app/src/filter/main.py:
  component_name: {name: filter}
  early_exits_model: {onnx_file: f.onnx, condition_function: sure, transition_probabilities: [0.7]}
"""

    system = assemble(application(tmp_path, {"annotations.yaml": annotations}), load=0.5)

    assert system.components["filter"].partitions["filter_partition1_1"].early_exit == pytest.approx(0.3)
    assert system.components["filter"].partitions["filter_partition1_2"].early_exit == 0
    assert system.components["filter"].partitions["filter"].early_exit == 0


def test_a_learnt_model_is_asked_at_the_load_of_the_component(tmp_path: FilePath) -> None:
    def model(component: str, partition: str, resource: str, *, nodes: int, load: float) -> float:
        assert (component, partition, resource) == ("classifier", "classifier", "VM1")
        return load / nodes

    mean = assemble(application(tmp_path), load=0.5)
    asked = assemble(application(tmp_path), load=0.5, predictor=model)

    candidate = mean.components["classifier"].partitions["classifier"].candidates["VM1"]
    assert candidate.behaviour == Measured((0.9,))
    learnt = asked.components["classifier"].partitions["classifier"].candidates["VM1"].behaviour
    assert isinstance(learnt, Measured)
    assert learnt.seconds == pytest.approx((0.3, 0.15, 0.1, 0.075, 0.06))


def test_what_is_assembled_can_be_judged(tmp_path: FilePath) -> None:
    system = assemble(application(tmp_path), load=0.5)
    placement = Placement(
        {"filter": "partition1", "classifier": "base"},
        {
            ("filter", "filter_partition1_1"): "Pi",
            ("filter", "filter_partition1_2"): "VM1",
            ("classifier", "classifier"): "F1",
        },
        {"Pi": 1, "VM1": 1},
    )

    verdict = evaluate(system, placement)

    network = 0.01 + 8 * 13000 / 1000
    assert verdict.network[("filter", "filter_partition1_1"), ("filter", "filter_partition1_2")] == network
    assert verdict.cost == pytest.approx(0.1 + 1.2 + 0.0001561 * 3600 * 2.5 * 0.3)
    assert [each.rule for each in verdict.violations] == ["local", "path"]


@pytest.mark.parametrize(
    ("name", "text", "sentence"),
    [
        ("components_data_size.yaml", None, "components_data_size.yaml is missing: how many KB filter sends"),
        ("components_data_size.yaml", "{classifier: 0}", "components_data_size.yaml: filter is missing"),
        (
            "performance_models.json",
            MODELS.replace('"F1"', '"Pi"'),
            "performance_models.json: classifier.classifier.F1 is",
        ),
        (
            "performance_models.json",
            MODELS.replace(', "meanTime": 0.9', ""),
            "classifier.VM1 has model CoreBasedPredictor and",
        ),
        (
            "qos_constraints.yaml",
            QOS.replace("name: filter,", "name: filter_partition1_1,"),
            "filter_partition1_1 is a part",
        ),
        (
            "component_partitions.yaml",
            DESIGNS.replace("partition1_1]", "partition1_1, partition2_1, partition2_2]"),
            "components_data_size.yaml: filter_partition2_1 is missing",
        ),
    ],
)
def test_what_is_missing_is_named(tmp_path: FilePath, name: str, text: str | None, sentence: str) -> None:
    given = application(tmp_path, {name: text})

    with pytest.raises(Rejected) as failure:
        assemble(given, load=0.5)

    assert sentence in failure.value.message


def test_a_deployment_that_there_is_not_is_refused_with_the_nearest(tmp_path: FilePath) -> None:
    with pytest.raises(Rejected, match="did you mean alternative_deployment1"):
        assemble(application(tmp_path), load=0.5, deployment="alternative_deploymnt1")
