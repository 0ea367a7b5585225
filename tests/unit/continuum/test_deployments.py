from pathlib import Path

import pytest
import yaml

from functions.continuum.deployments import part_of, read_deployments
from functions.continuum.reading import MalformedError
from tests.continuum_application import DEPLOYMENTS

CASES = Path(__file__).parents[4] / "shared" / "cases" / "toscarizer"


def test_a_component_has_on_each_resource_the_container_that_names_it() -> None:
    entry = read_deployments(DEPLOYMENTS).by_name["filter"]

    assert {name: each.memory_size for name, each in entry.candidates.items()} == {"Pi": 2048, "VM1": 4096}
    assert entry.candidates["VM1"].images == ("registry.example.org/filter:big",)


def test_images_are_none_one_or_several() -> None:
    deployments = read_deployments(DEPLOYMENTS)

    assert [len(deployments.by_name[name].containers["container1"].images) for name in deployments.by_name] == [
        1, 1, 2, 0, 0, 0,
    ]  # fmt: skip


def test_part_x_stands_for_the_part_of_any_cut() -> None:
    deployments = read_deployments(DEPLOYMENTS)

    assert deployments.find("filter_partition3_2") is deployments.by_name["filter_partitionX_2"]
    assert deployments.find("filter_partition3_3") is None
    assert deployments.find("filtre") is None


def test_a_cut_of_its_own_goes_before_part_x() -> None:
    own = DEPLOYMENTS.replace("component2:\n    name: classifier", "component2:\n    name: filter_partition1_2")

    found = read_deployments(own).find("filter_partition1_2")

    assert found is not None
    assert found.candidate_execution_layers == (3, 2)


def test_the_name_of_a_part_says_of_what_it_is_a_part() -> None:
    part = part_of("blurry-faces_partitionX_2")

    assert part is not None
    assert (part.component, part.cut, part.half) == ("blurry-faces", "X", 2)
    assert [part_of(name) for name in ("filter", "filter_partition1", "_partition1_1x", "filter_alternative1")] == [
        None, None, None, None,
    ]  # fmt: skip


def test_the_components_may_lie_in_a_system() -> None:
    text = "System:\n" + "".join(f"  {line}\n" for line in DEPLOYMENTS.splitlines())

    assert read_deployments(text) == read_deployments(DEPLOYMENTS)


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("memorySize: 2048", "memorySize: 0", "line 8: .*container1.memorySize must be greater than 0.0, not 0"),
        ("        memorySize: 2048\n", "", "container1.memorySize is missing: MB"),
        ("computingUnits: 1.9", "computingUnit: 1.9", "computingUnit is not a field; did you mean computingUnits?"),
        ("trustedExecution: False", "trustedExecution: no", "must be true or false, not 'no'"),
        ("GPURequirement: True", "gpuRequirement: True", "is not a field; did you mean GPURequirement?"),
        ("Resources: [F1, F2, VM1]", "Resources: []", "candidateExecutionResources has no entries"),
        ("Layers: [1, 2]", "Layers: [1, 0]", "candidateExecutionLayers.1 must be at least 1, not 0"),
        ("Layers: [1, 2]", "Layers: 1", "candidateExecutionLayers must be a list, not 1"),
        ("name: classifier", "name: filter", "line 39: Components.component2.name is filter, which component1 has too"),
        ("[F1, F2, VM1]", "[F1, F2, F1]", "Resources.2 is F1, which container1 has already"),
        ("Components:", "Component:", "line 1: Component is not a field; did you mean Components?"),
        ("  component2:", "  component1:", "component1 is written twice, first on line 2"),
    ],
)
def test_deployments_that_cannot_be_meant_are_refused_with_their_place(old: str, new: str, sentence: str) -> None:
    assert old in DEPLOYMENTS

    with pytest.raises(MalformedError, match=sentence.replace("?", r"\?")):
        read_deployments(DEPLOYMENTS.replace(old, new))


def test_a_part_that_stands_alone_is_warned_about() -> None:
    warnings: list[str] = []

    read_deployments(DEPLOYMENTS.replace("filter_partitionX_2", "other"), source="d.yaml", warnings=warnings)

    assert warnings == [
        "d.yaml: line 21: Components.component1_partitionX_1.name is filter_partitionX_1, and there is no "
        "filter_partitionX_2"
    ]


def test_every_public_file_of_deployments_is_read_and_written_again_as_it_was() -> None:
    if not CASES.is_dir():
        pytest.skip("../shared is not here")

    for path in sorted(CASES.rglob("candidate_deployments.yaml")):
        assert read_deployments(path).plain() == yaml.safe_load(path.read_text())
