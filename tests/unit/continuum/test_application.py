from collections.abc import Mapping
from pathlib import Path

import pytest

from functions.continuum.application import NAMES, Application, found
from functions.continuum.reading import MalformedError
from functions.runtime.errors import Rejected
from tests.continuum_application import FILES, write_files

CASES = Path(__file__).parents[4] / "shared" / "cases" / "toscarizer"


@pytest.mark.parametrize("tree", [True, False], ids=["tree", "flat"])
def test_a_whole_application_is_read_from_the_tree_and_from_one_folder(tmp_path: Path, *, tree: bool) -> None:
    application = Application.read(write_files(tmp_path, tree=tree))

    assert application.name == "app"
    assert set(application.files) == set(FILES)
    assert all(getattr(application, part) is not None for part in FILES)
    assert application.warnings == ()


@pytest.mark.parametrize("name", ["app_demo", "app_test"])
def test_a_public_application_is_read_with_a_warning_about_its_delays(name: str) -> None:
    if not CASES.is_dir():
        pytest.skip("../shared is not here")

    application = Application.read(CASES / name)

    assert application.dag.ordered == ("blurry-faces-onnx", "mask-detector")
    assert {"production", "physical_nodes", "partitions", "qos"} <= set(application.files)
    assert all("looks like hours: 2.77e-06 h are 0.00997 s" in warning for warning in application.warnings)
    assert {warning.split(":")[0] for warning in application.warnings} == {
        "candidate_resources.yaml",
        "production_deployment.yaml",
    }


def test_files_that_are_missing_are_named_together(tmp_path: Path) -> None:
    write_files(tmp_path, {"dag": FILES["dag"]})
    (tmp_path / "candidate_resource.yaml").write_text(FILES["resources"])

    with pytest.raises(Rejected) as refusal:
        Application.read(tmp_path, needs=("dag", "qos"))

    assert refusal.value.message == (
        f"{tmp_path.name}: candidate_resources.yaml (is it candidate_resource.yaml?), candidate_deployments.yaml, "
        "qos_constraints.yaml are missing"
    )
    assert "common_config/candidate_resources.yaml" in refusal.value.hint


def test_what_upstreams_template_leaves_empty_is_not_there(tmp_path: Path) -> None:
    write_files(tmp_path, {**FILES, "physical_nodes": ""}, tree=True)

    assert Application.read(tmp_path).physical_nodes is None


def test_of_several_places_the_first_is_read(tmp_path: Path) -> None:
    write_files(tmp_path, tree=True)
    write_files(tmp_path / "aisprint" / "deployments" / "base" / "ams", {"qos": "system: {name: other}"})

    assert found(tmp_path)["qos"] == tmp_path / "space4ai-d" / NAMES["qos"]


STRANGE = {
    "deployments": [
        (
            "name: classifier",
            "name: clasifier",
            "yaml: line 39: Components.component2.name is 'clasifier', which",
        ),
        ("name: classifier", "name: clasifier", "did you mean classifier"),
        ("name: filter_partitionX_1", "name: filtre_partitionX_1", "no part of a component; did you mean filter_part"),
        ("Resources: [Pi]", "Resources: [Pie]", "line 14: .*ExecutionResources.0 is 'Pie', .*; did you mean Pi?"),
        ("Layers: [3, 2]", "Layers: [3, 4]", "line 40: .*Layers.1 is '4', which is no layer; there are 1, 2, 3"),
        ("Layers: [3, 2]", "Layers: [3]", "is VM1, which is on layer 2; candidateExecutionLayers has 3"),
        (
            "  component2:\n    name: classifier",
            "  component2:\n    name: classifier_tiny",
            "line 54: .*name is classifier_tiny, which component2 has too",
        ),
        ("component2:\n    name: classifier\n", "component2:\n    name: filter_partitionX_3\n", "no classifier, a"),
    ],
    "partitions": [("classifier:", "clasifier:", "line 4: components.clasifier is 'clasifier', .*mean classifier")],
    "qos": [
        ("component_name: filter", "component_name: filtr", "line 5: .*component_name is 'filtr', .*mean filter"),
        ("[filter, classifier]", "[classifier, filter]", "line 12: .* is filter, which does not follow classifier"),
        ("component: filter", "component: filter_partition2_1", "did you mean filter_partition1_1"),
    ],
    "annotations": [("name: classifier", "name: classifiers", "which is no component; did you mean classifier")],
    "data_sizes": [("classifier: 0", "clasifier: 0", "line 4: clasifier is 'clasifier', which is no component")],
    "performance_models": [
        ('"Pi"', '"Pie"', "json: filter.filter.Pie is 'Pie', which is no resource; did you mean Pi"),
        ('"filter_partition1_1"', '"filter_partition1_3"', "no part of a component; did you mean filter_partition1_"),
    ],
    "run_parameters": [("component2:", "component3:", "components.component3 is 'component3', which is no component")],
    "settings": [
        ("- computationalLayer1", "- computationalLayer9", "line 2: EdgeResources.0 is 'computationalLayer9', which"),
        ("FaaSResources:\n", "", "CloudResources.1 is computationalLayer3, a layer of type NativeCloudFunction"),
    ],
    "degraded": [("filter_small", "filter_smal", "is 'filter_smal', which is no component; did you mean filter_small")],
    "physical_nodes": [
        ("number: 3", "number: 4", "line 14: .*number is 4; there is no such layer in candidate_resources.yaml"),
        ("name: Pi", "name: Pie", "line 6: .*name is 'Pie', which is no resource of layer 1; did you mean Pi"),
    ],
}


@pytest.mark.parametrize(
    ("part", "old", "new", "sentence"), [(part, *each) for part, several in STRANGE.items() for each in several]
)
def test_a_file_that_names_what_the_others_do_not_have_is_refused(
    tmp_path: Path, part: str, old: str, new: str, sentence: str
) -> None:
    assert old in FILES[part]
    files: Mapping[str, str] = {**FILES, part: FILES[part].replace(old, new)}

    with pytest.raises(MalformedError, match=sentence) as refusal:
        Application.read(write_files(tmp_path, files))

    assert refusal.value.message.startswith(f"{NAMES[part]}: ")
    assert "\n" not in refusal.value.message
