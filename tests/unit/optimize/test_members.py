"""Which files of a folder describe one problem together."""

from datetime import UTC, datetime

import pytest

from functions.optimize.members import deployment_of, is_stray, levels, set_of
from functions.runtime import Rejected
from functions.runtime.desk import Beside
from tests.unit.optimize.samples import FLAT, JOBS, TREE


def beside(*names: str) -> list[Beside]:
    now = datetime(2026, 11, 23, tzinfo=UTC)
    return [Beside(name=name, etag="1", size=1, modified=now, age=60) for name in sorted(names)]


def test_the_files_of_an_application_are_one_set_in_a_folder_and_in_a_tree() -> None:
    flat = set_of("candidate_resources.yaml", beside(*FLAT, "README.md"))
    tree = set_of("oscarp/performance_models.json", beside(*TREE, "src/blur/main.py"))

    assert flat is not None
    assert tree is not None
    assert (flat.kind, flat.missing, {one.name for one in flat.there}) == ("application", (), set(FLAT))
    assert (tree.kind, tree.missing, {one.name for one in tree.there}) == ("application", (), set(TREE))


def test_learnt_models_belong_to_the_application_that_they_lie_in() -> None:
    flat = set_of("blur.Pi.onnx", beside(*FLAT, "blur.Pi.onnx", "blur.Pi.json", "fit.json"))
    tree = set_of("oscarp/models/a.onnx", beside(*TREE, "oscarp/models/a.onnx", "src/blur/onnx/net.onnx"))

    assert flat is not None
    assert tree is not None
    assert {one.name for one in flat.there} == {*FLAT, "blur.Pi.onnx"}
    assert {one.name for one in tree.there} == {*TREE, "oscarp/models/a.onnx"}
    assert [levels(key) for key in ("in/app/a.onnx", "in/app/oscarp/a.onnx", "in/app/space4ai-d/models/a.onnx")] == [
        0, 1, 2,
    ]  # fmt: skip
    assert is_stray("in/app/src/blur/onnx/net.onnx")
    assert set_of("a.onnx", beside("a.onnx", "masks.json")) is None


def test_what_an_application_lacks_is_named() -> None:
    found = set_of("application_dag.yaml", beside("application_dag.yaml", "performance_models.json"))

    assert found is not None
    assert set(found.missing) == {
        "candidate_resources.yaml",
        "candidate_deployments.yaml",
        "components_data_size.yaml",
    }


def test_each_system_is_a_set_of_its_own_and_a_request_belongs_to_the_only_one() -> None:
    alone = set_of("a.json", beside("a.json", "b.json", "optimize.yaml"))
    asked = set_of("optimize.yaml", beside("a.json", "optimize.yaml"))

    assert alone is not None
    assert asked is not None
    assert [one.name for one in alone.there] == ["a.json", "optimize.yaml"]
    assert [one.name for one in asked.there] == ["a.json", "optimize.yaml"]
    with pytest.raises(Rejected, match=r"optimize.yaml could speak of a.json and b.json"):
        set_of("optimize.yaml", beside("a.json", "b.json", "optimize.yaml"))


def test_the_tables_of_jobs_are_a_set() -> None:
    found = set_of("tNodes.csv", beside(*JOBS))

    assert found is not None
    assert (found.kind, found.missing, len(found.there)) == ("jobs", (), 3)


def test_an_application_and_jobs_in_one_folder_are_refused() -> None:
    with pytest.raises(Rejected, match="files of an application and of jobs"):
        set_of("tNodes.csv", beside("tNodes.csv", "application_dag.yaml"))


@pytest.mark.parametrize("name", ["README.md", "Output.json", "a.workload.json", "picture.png", "notes.yaml"])
def test_other_objects_belong_to_nothing(name: str) -> None:
    assert set_of(name, beside(name, *FLAT)) is None


@pytest.mark.parametrize(
    ("key", "up"),
    [
        ("in/app/application_dag.yaml", 0),
        ("in/app/common_config/application_dag.yaml", 1),
        ("in/app/common_config/optimize.yaml", 1),
        ("in/app/oscarp/performance_models.json", 1),
        ("in/app/aisprint/deployments/base/ams/qos_constraints.yaml", 4),
        ("in/common_config/system.json", 0),
    ],
)
def test_the_root_of_a_tree_is_found_from_any_of_its_files(key: str, up: int) -> None:
    assert levels(key) == up


def test_other_files_of_a_tree_are_no_systems() -> None:
    assert is_stray("in/app/common_config/notes.json")
    assert is_stray("in/app/src/blur/model.json")
    assert not is_stray("in/app/system.json")


@pytest.mark.parametrize(
    ("key", "name"),
    [
        ("in/my-app/application_dag.yaml", "my-app"),
        ("in/my-app/common_config/application_dag.yaml", "my-app"),
        ("in/team/masks.json", "masks"),
        ("in/team/system_description.json", "team"),
    ],
)
def test_a_deployment_has_the_name_of_its_folder_or_its_file(key: str, name: str) -> None:
    up = levels(key)
    local = "/".join(key.split("/")[-1 - up :])
    members = set_of(local, beside(local))

    assert members is not None
    assert deployment_of(members.kind, key, members, up) == name
