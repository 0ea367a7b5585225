"""AI-SPRINT's guide, Step 2: what its design prints for the mask application comes out here too."""

import json
from pathlib import Path

import pytest
import yaml

from functions.continuum.application import Application
from functions.continuum.production import read_production
from functions.designing.design import design
from functions.designing.writing import write
from functions.runtime.errors import Rejected
from tests.unit.designing.samples import (
    BLUR,
    CONFIGURATION,
    DEPLOYMENTS,
    NAME,
    RFB,
    candidate,
    filter_application,
    mask_application,
)

CASES = Path(__file__).parents[4] / "shared/cases/toscarizer"
ANNOTATIONS = """\
mask_detection_v1/src/blurry-faces-onnx/main.py:
    component_name:
        name: blurry-faces-onnx
    exec_time:
        local_time_thr: 20
    partitionable_model:
        onnx_file: version-RFB-640.onnx
mask_detection_v1/src/mask-detector/main.py:
    component_name:
        name: mask-detector
    exec_time:
        local_time_thr: 10
"""
MULTI_CLUSTER = """\
System:
  Deployments:
    base:
      ExecutionLayers:
        1:
          components:
          - blurry-faces-onnx
          local_constraints:
            local_constraint_1:
              component_name: blurry-faces-onnx
              threshold: 20
          global_constraints: {}
          throughput_component: {}
        2:
          components:
          - mask-detector
          local_constraints:
            local_constraint_1:
              component_name: mask-detector
              threshold: 10
          global_constraints: {}
          throughput_component: {}
    deployment1:
      ExecutionLayers:
        1:
          components:
          - blurry-faces-onnx_partition1_1
          - blurry-faces-onnx_partition1_2
          local_constraints: {}
          global_constraints:
            global_constraint_1:
              path_components:
              - blurry-faces-onnx_partition1_1
              - blurry-faces-onnx_partition1_2
              threshold: 20
          throughput_component: {}
        2:
          components:
          - mask-detector
          local_constraints:
            local_constraint_1:
              component_name: mask-detector
              threshold: 10
          global_constraints: {}
          throughput_component: {}
"""
LINKS = {
    "base/src/blurry-faces-onnx": "../../../designs/blurry-faces-onnx/base",
    "base/src/mask-detector": "../../../designs/mask-detector/base",
    "deployment1/src/blurry-faces-onnx_partition1_1": "../../../designs/blurry-faces-onnx/partition1_1",
    "deployment1/src/blurry-faces-onnx_partition1_2": "../../../designs/blurry-faces-onnx/partition1_2",
    "deployment1/src/mask-detector_base": "../../../designs/mask-detector/base",
}


@pytest.fixture
def application(tmp_path: Path) -> Path:
    folder = mask_application(tmp_path)
    write(design(folder), folder)
    return folder


def test_the_annotations_are_those_of_the_guide(application: Path) -> None:
    assert yaml.safe_load((application / "common_config/annotations.yaml").read_text()) == yaml.safe_load(ANNOTATIONS)


def test_the_constraints_of_all_clusters_are_those_of_the_guide_letter_by_letter(application: Path) -> None:
    assert (application / "aisprint/deployments/multi_cluster_qos_constraints.yaml").read_text() == MULTI_CLUSTER


def test_the_designs_are_the_component_and_its_halves(application: Path) -> None:
    designs = application / "aisprint/designs"

    partitions = yaml.safe_load((designs / "component_partitions.yaml").read_text())
    assert partitions == {
        "components": {
            "blurry-faces-onnx": {"partitions": ["base", "partition1_1", "partition1_2"]},
            "mask-detector": {"partitions": ["base"]},
        }
    }
    assert (designs / "blurry-faces-onnx/base/main.py").read_text() == BLUR
    for half in ("partition1_1", "partition1_2"):
        there = {path.name for path in (designs / "blurry-faces-onnx" / half).rglob("*") if path.is_file()}
        assert there == {"main.py", "noria_hand_over.py", "requirements.txt", f"{half}.onnx"}


def test_the_deployments_lead_to_their_designs(application: Path) -> None:
    deployments = application / "aisprint/deployments"

    links = {str(path.relative_to(deployments)): path for path in deployments.rglob("*") if path.is_symlink()}
    assert {name: str(path.readlink()) for name, path in links.items()} == LINKS
    assert all((path / "main.py").is_file() for path in links.values())
    assert {path.name for path in deployments.iterdir()} == {
        "base",
        "deployment1",
        "multi_cluster_qos_constraints.yaml",
        "optimal_deployment",
    }


def test_each_deployment_has_its_graph_and_the_constraints_of_its_layers(application: Path) -> None:
    deployments = application / "aisprint/deployments"

    dag = yaml.safe_load((deployments / "deployment1/application_dag.yaml").read_text())["System"]
    first, second = "blurry-faces-onnx_partition1_1", "blurry-faces-onnx_partition1_2"
    assert dag["components"] == [first, second, "mask-detector"]
    assert dag["dependencies"] == [[first, second, 1], [second, "mask-detector", 1]]
    for name in ("base", "deployment1"):
        assert {path.name for path in (deployments / name / "ams").iterdir()} == {
            "qos_constraints_L1.yaml",
            "qos_constraints_L2.yaml",
        }
    layer = yaml.safe_load((deployments / "deployment1/ams/qos_constraints_L1.yaml").read_text())
    assert layer["system"]["name"] == NAME
    assert layer["system"]["throughput_component"] == {}
    whole = yaml.safe_load((application / "space4ai-d/qos_constraints.yaml").read_text())
    assert whole == yaml.safe_load((deployments / "base/space4ai-d/qos_constraints.yaml").read_text())
    assert whole["system"]["local_constraints"] == {
        "local_constraint_1": {"component_name": "blurry-faces-onnx", "threshold": 20},
        "local_constraint_2": {"component_name": "mask-detector", "threshold": 10},
    }


def test_the_base_deployment_is_everything_on_its_first_resource(application: Path) -> None:
    path = application / "aisprint/deployments/optimal_deployment/production_deployment.yaml"

    found = read_production(path)

    assert found.deployment_name == "base"
    assert {name: each.container.selected_execution_resource for name, each in found.by_name.items()} == {
        "blurry-faces-onnx": "VM1",
        "mask-detector": "VM2",
    }


def test_the_whole_tree_is_an_application_that_optimize_reads(application: Path) -> None:
    found = Application.read(application, needs=("annotations", "qos", "partitions", "multi_cluster_qos", "production"))

    assert found.warnings == ()
    assert found.partitions
    assert found.partitions.components["blurry-faces-onnx"].cuts == {"partition1": ("partition1_1", "partition1_2")}


def test_designing_again_changes_nothing_and_leaves_what_is_others(application: Path) -> None:
    def tree() -> dict[str, bytes | str]:
        return {
            str(path.relative_to(application)): str(path.readlink()) if path.is_symlink() else path.read_bytes()
            for path in application.rglob("*")
            if path.is_symlink() or path.is_file()
        }

    kept = application / "aisprint/deployments/current_deployment/steps.json"
    kept.parent.mkdir()
    kept.write_text("{}")
    (application / "aisprint/deployments/deployment7").mkdir()
    before = tree()

    write(design(application), application)

    assert tree() == before
    assert not (application / "aisprint/deployments/deployment7").exists()
    assert not [path for path in (application / "aisprint").iterdir() if path.name.startswith("noria-run")]


def test_a_deployment_that_was_optimised_stays(application: Path) -> None:
    path = application / "aisprint/deployments/optimal_deployment/production_deployment.yaml"
    optimised = path.read_text().replace("DeploymentName: base", "DeploymentName: deployment1")
    path.write_text(optimised)

    write(design(application), application)

    assert path.read_text() == optimised


def test_nothing_is_written_if_anything_is_wrong(tmp_path: Path) -> None:
    folder = mask_application(tmp_path, masks="def main(): ...\n")
    before = sorted(folder.rglob("*"))

    with pytest.raises(Rejected):
        write(design(folder), folder)

    assert sorted(folder.rglob("*")) == before


def test_a_link_in_the_place_of_a_folder_is_not_written_through(tmp_path: Path) -> None:
    folder = mask_application(tmp_path)
    (tmp_path / "elsewhere").mkdir()
    (folder / "aisprint").symlink_to(tmp_path / "elsewhere")

    with pytest.raises(Rejected, match="aisprint is a link, not a folder"):
        write(design(folder), folder)

    assert not list((tmp_path / "elsewhere").iterdir())


def test_a_file_that_is_a_link_out_of_the_application_is_not_copied(tmp_path: Path) -> None:
    folder = mask_application(tmp_path)
    (tmp_path / "secret").write_text("s3cret")
    (folder / "src/mask-detector/data.txt").symlink_to(tmp_path / "secret")

    with pytest.raises(Rejected, match=r"src/mask-detector/data\.txt is a link out of the application"):
        design(folder)


@pytest.mark.parametrize("network", [b"", b"junk", b"\x80\x04.", b"\x08\x07:\x05\x0a\x03abc"])
def test_a_network_that_is_none_is_named_with_its_component(tmp_path: Path, network: bytes) -> None:
    with pytest.raises(Rejected, match=r"^src/blurry-faces-onnx/onnx/version-RFB-640\.onnx"):
        design(mask_application(tmp_path, network=network))


@pytest.mark.skipif(not RFB.exists(), reason="the model lies beside the project, in ../shared/models")
def test_the_face_detector_is_cut_at_266_as_in_the_guide(tmp_path: Path) -> None:
    folder = mask_application(tmp_path, network=RFB.read_bytes())

    write(design(folder), folder)

    cuts = json.loads((folder / "aisprint/design.json").read_text())["cuts"]
    assert cuts == {"blurry-faces-onnx": {"partition1": {"tensors": [["266"]], "bytes": [614_400]}}}


def test_layers_and_cuts_are_multiplied_out(tmp_path: Path) -> None:
    candidates = "Components:\n" + "".join(
        (
            candidate("component1", "blurry-faces-onnx", "[1, 2]", "[VM1, VM2]"),
            candidate("component1_partitionX_1", "blurry-faces-onnx_partitionX_1"),
            candidate("component1_partitionX_2", "blurry-faces-onnx_partitionX_2", "[2, 1]", "[VM1, VM2]"),
            candidate("component2", "mask-detector", "[2]", "[VM2]"),
        )
    )
    blur = BLUR.replace('640.onnx")\ndef', '640.onnx", num_partitions=2)\ndef')
    changed = {"common_config/candidate_deployments.yaml": candidates}

    found = design(mask_application(tmp_path, blur=blur, **changed))

    assert [tuple(each.layers.values()) for each in found.deployments] == [
        (1, 2),
        (2, 2),
        (1, 2, 2),
        (1, 1, 2),
        (1, 2, 2),
        (1, 1, 2),
    ]
    assert [each.name for each in found.deployments] == ["base", *(f"deployment{n}" for n in range(1, 6))]
    assert list(found.deployments[5].layers) == [
        "blurry-faces-onnx_partition2_1",
        "blurry-faces-onnx_partition2_2",
        "mask-detector",
    ]
    assert found.count == 6


def test_more_deployments_than_can_be_written_are_counted(tmp_path: Path) -> None:
    candidates = DEPLOYMENTS.replace("candidateExecutionLayers: [1]", "candidateExecutionLayers: [1, 2]")
    candidates = candidates.replace("candidateExecutionResources: [VM1]", "candidateExecutionResources: [VM1, VM2]")
    folder = mask_application(tmp_path, **{"common_config/candidate_deployments.yaml": candidates})

    found = design(folder, most=3)

    assert (len(found.deployments), found.count) == (3, 6)
    assert "there are 6 deployments; only the first 3 are written" in found.warnings


def test_a_cut_that_has_no_place_is_told_and_not_deployed(tmp_path: Path) -> None:
    candidates = "Components:\n" + candidate("c1", "blurry-faces-onnx") + candidate("c2", "mask-detector")

    found = design(mask_application(tmp_path, **{"common_config/candidate_deployments.yaml": candidates}))

    assert [each.name for each in found.deployments] == ["base"]
    assert [each for each in found.warnings if "blurry-faces-onnx_partition1_1 has no entry" in each]
    assert found.partitions.components["blurry-faces-onnx"].cuts


def test_paths_and_counted_components_are_those_of_what_runs(tmp_path: Path) -> None:
    blur = BLUR.replace("@exec_time", "@expected_throughput(2)\n@exec_time").replace(
        "import component_name", "import expected_throughput, component_name"
    )
    masks = (
        "from functions.annotations import *\n\n\n@component_name('mask-detector')\n"
        "@exec_time(10, 25.5, ['blurry-faces-onnx'])\ndef main(args): ...\n"
    )

    found = design(mask_application(tmp_path, blur=blur, masks=masks))

    layers = found.asked.layers(found.deployments[1]).execution_layers
    assert layers["2"].paths == {
        ("blurry-faces-onnx_partition1_1", "blurry-faces-onnx_partition1_2", "mask-detector"): 25.5
    }
    assert layers["1"].throughput_component == "blurry-faces-onnx_partition1_1"
    assert layers["2"].throughput_component is None
    whole = found.asked.constraints(found.deployments[1], application=NAME)
    assert list(whole.global_constraints) == ["global_constraint_1", "global_constraint_2"]


def test_alternatives_stand_in_deployments_and_paths_for_their_components(tmp_path: Path) -> None:
    found = design(filter_application(tmp_path))

    assert [tuple(each.layers) for each in found.deployments] == [
        ("filter_fcn", "classifier"),
        ("filter_fcn", "classifier_tiny"),
        ("filter_cnn", "classifier"),
        ("filter_cnn", "classifier_tiny"),
    ]
    third = found.deployments[2]
    assert third.dag.dependencies == (("filter_cnn", "classifier", 0.6364),)
    assert found.asked.constraints(third, application="a").paths == {("filter_cnn", "classifier"): 25}
    assert found.asked.layers(third).execution_layers["1"].throughput_component == "filter_cnn"
    assert found.count == 4


@pytest.mark.skipif(not CASES.exists(), reason="the cases lie beside the project, in ../shared/cases")
@pytest.mark.parametrize(
    ("case", "layers"),
    [
        ("app_demo", [(1, 2), (1, 3), (2, 2), (2, 3), (1, 2, 2), (1, 2, 3)]),
        ("app_test", [(1, 4), (1, 3), (2, 4), (2, 3), (1, 2, 4), (1, 2, 3)]),
    ],
)
def test_the_base_deployments_of_toscarizers_applications_are_theirs(
    tmp_path: Path, case: str, layers: list[tuple[int, ...]]
) -> None:
    changed = {name: (CASES / case / name).read_text() for name in CONFIGURATION}
    theirs = read_production(CASES / case / "aisprint/deployments/base/production_deployment.yaml")

    found = design(mask_application(tmp_path, **changed))

    assert found.production.plain()["Components"] == theirs.plain()["Components"]
    assert [tuple(each.layers.values()) for each in found.deployments] == layers
