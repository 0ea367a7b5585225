from pathlib import Path

import pytest
import yaml

from functions.continuum.qos import (
    file_name,
    layer_of,
    read_multi_cluster_qos,
    read_qos,
    write_multi_cluster_qos,
    write_qos,
)
from functions.continuum.reading import MalformedError
from tests.continuum_samples import MULTI_CLUSTER_QOS, QOS

CASES = Path(__file__).parents[4] / "shared" / "cases" / "toscarizer"


def test_constraints_are_read_in_seconds() -> None:
    constraints = read_qos(QOS)

    assert constraints.local == {"filter": 20, "classifier": 10.5}
    assert constraints.paths == {("filter", "classifier"): 30}
    assert constraints.throughput_component == "filter"


def test_of_two_constraints_on_the_same_the_tighter_one_holds() -> None:
    constraints = read_qos(QOS.replace("component_name: classifier", "component_name: filter"))

    assert constraints.local == {"filter": 10.5}


@pytest.mark.parametrize("key", ["path_components", "components_path"])
def test_both_names_of_a_path_are_read_and_one_is_written(key: str) -> None:
    constraints = read_qos(QOS.replace("path_components", key))

    assert read_qos(QOS) == constraints
    assert "path_components:" in write_qos(constraints)


def test_a_path_with_both_names_is_refused() -> None:
    text = QOS.replace("[filter, classifier]\n", "[filter, classifier]\n      components_path: [filter]\n")

    with pytest.raises(MalformedError, match=r"line 13: .*components_path says what another field beside it says"):
        read_qos(text)


def test_braces_nothing_and_absence_all_say_that_no_throughput_is_counted() -> None:
    texts = [QOS.replace("throughput_component: filter", f"throughput_component: {said}") for said in ("{}", "~", "")]

    for text in [*texts, QOS.replace("  throughput_component: filter\n", "")]:
        assert read_qos(text).throughput_component is None
    assert yaml.safe_load(write_qos(read_qos(texts[1])))["system"]["throughput_component"] == {}


def test_what_is_written_is_what_was_read_by_other_readers_too() -> None:
    assert yaml.safe_load(write_qos(read_qos(QOS))) == yaml.safe_load(QOS)
    written = write_multi_cluster_qos(read_multi_cluster_qos(MULTI_CLUSTER_QOS))
    assert yaml.safe_load(written) == yaml.safe_load(MULTI_CLUSTER_QOS)


def test_a_layers_file_is_cut_out_of_those_of_all_clusters() -> None:
    constraints = read_multi_cluster_qos(MULTI_CLUSTER_QOS).of("base", 2, application="app")

    assert constraints.name == "app"
    assert constraints.local == {}
    assert constraints.paths == {("filter", "classifier"): 30}
    assert read_qos(write_qos(constraints)) == constraints


def test_files_of_layers_are_known_by_their_names() -> None:
    assert [layer_of(file_name(layer)) for layer in (None, 1, 12)] == [None, 1, 12]
    assert layer_of("qos_constraints_L0.yaml") is None


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("threshold: 20", "threshold: 0", "line 6: .*threshold must be greater than 0"),
        ("threshold: 20", "threshold: -1", "greater than 0"),
        ("threshold: 20", "threshold: .inf", "finite"),
        ("threshold: 20", "treshold: 20", "treshold is not a field; did you mean threshold?"),
        ("[filter, classifier]", "[]", "has no entries"),
        ("[filter, classifier]", "[filter, filter]", r"path_components\.1 is filter, a second time"),
        ("throughput_component: filter", "throughput_component: {a: b}", "must be text"),
        ("  name: app\n", "", "system.name is missing"),
        ("system:", "sytem:", "sytem is not a field; did you mean system?"),
    ],
)
def test_what_cannot_be_meant_is_refused(old: str, new: str, sentence: str) -> None:
    assert old in QOS

    with pytest.raises(MalformedError, match=sentence):
        read_qos(QOS.replace(old, new), source="qos_constraints.yaml")


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("component_name: filter\n", "component_name: filte\n", "did you mean filter?"),
        ("component_name: filter\n", "component_name: classifier\n", "is classifier, which is not on layer 1"),
        (
            "[filter, classifier]\n              threshold",
            "[classifier, filter]\n              threshold",
            "is filter, which is not on layer 2",
        ),
        ("components: [filter]", "components: [filer]", "did you mean filer?"),
        ("        1:\n          components: [filter]", "        0:\n          components: [filter]", "ExecutionLayers"),
    ],
)
def test_constraints_lie_on_the_layer_of_what_they_watch(old: str, new: str, sentence: str) -> None:
    assert old in MULTI_CLUSTER_QOS

    with pytest.raises(MalformedError, match=sentence):
        read_multi_cluster_qos(MULTI_CLUSTER_QOS.replace(old, new))


def test_the_public_files_are_read() -> None:
    if not CASES.is_dir():
        pytest.skip("../shared is not here")

    paths = sorted(CASES.rglob("qos_constraints*.yaml"))

    assert len(paths) >= 6
    assert {read_qos(path).name for path in paths} == {"mask_detection_v1"}
