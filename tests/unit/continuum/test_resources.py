from pathlib import Path

import pytest
import yaml

from functions.continuum.hardware import OperatingSystem
from functions.continuum.reading import MalformedError
from functions.continuum.resources import CloudFunction, Node, read_resources
from tests.continuum_application import RESOURCES

CASES = Path(__file__).parents[4] / "shared" / "cases" / "toscarizer"


def node(name: str, text: str = RESOURCES) -> Node:
    found = read_resources(text).resources[name]
    assert isinstance(found, Node)
    return found


def test_layers_and_resources_are_found_by_name_wherever_they_stand() -> None:
    resources = read_resources(RESOURCES)

    assert list(resources.layers) == ["computationalLayer1", "computationalLayer2", "computationalLayer3"]
    assert resources.layer_of_number == {1: "computationalLayer1", 2: "computationalLayer2", 3: "computationalLayer3"}
    assert list(resources.resources) == ["Pi", "VM1", "VM2", "F1", "F2"]
    assert resources.layer_of["F2"] == "computationalLayer3"
    assert [layer.physical for layer in resources.layers.values()] == [True, False, False]


def test_a_network_joins_the_layers_of_the_networks_inside_it_too() -> None:
    resources = read_resources(RESOURCES)

    assert resources.layers_of("ND1") == ("computationalLayer1", "computationalLayer2")
    assert resources.layers_of("ND2") == ("computationalLayer3", "computationalLayer1", "computationalLayer2")


def test_networks_inside_each_other_are_walked_once() -> None:
    resources = read_resources(RESOURCES.replace("subNetworkDomains: []", "subNetworkDomains: [ND2]"))

    assert set(resources.layers_of("ND1")) == set(resources.layers_of("ND2")) == set(resources.layers)


def test_an_operating_system_is_read_flat_and_nested() -> None:
    assert node("Pi").system == OperatingSystem(distribution="Raspbian", type="Linux", version=10, image_id=None)
    assert node("VM1").system == OperatingSystem(
        distribution="Ubuntu", type="Linux", version=22.04, image_id="aws://us-east-1/ami-1"
    )
    assert node("VM2").system == OperatingSystem()


@pytest.mark.parametrize("nothing", ["None", '""', "null", ""])
def test_none_nothing_and_emptiness_all_say_that_there_is_no_image(nothing: str) -> None:
    text = RESOURCES.replace('operatingSystemImageId: ""', f"operatingSystemImageId: {nothing}")

    assert node("Pi", text).system.image_id is None


@pytest.mark.parametrize(
    ("written", "gigabytes"), [("64GB", 64), ("64 GB", 64), ("25", 25), ("0.5", 0.5), ("512 MB", 0.512), ("2TB", 2000)]
)
def test_the_size_of_a_disk_is_a_number_of_gb_or_says_what_it_is(written: str, gigabytes: float) -> None:
    assert node("Pi", RESOURCES.replace("64GB", written)).storage_gb == pytest.approx(gigabytes)


def test_cores_are_those_of_all_processors() -> None:
    assert [node(name).cores for name in ("Pi", "VM1", "VM2")] == [4, 6, 1]
    assert [node(name).architecture for name in ("Pi", "VM1", "VM2")] == ["arm64", "amd64", None]


def test_a_function_has_its_price_a_second_and_when_it_ends() -> None:
    function = read_resources(RESOURCES).resources["F1"]

    assert isinstance(function, CloudFunction)
    assert (function.cost, function.transition_cost) == (1.561e-4, 0.02625)
    assert (function.memory_size, function.idle_time, function.storage_gb) == (8192, 600, 0.512)


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("AccessDelay: 0.01", "AccesDelay: 0.01", "ND1.AccesDelay is not a field; did you mean AccessDelay?"),
        ("AccessDelay: 0.01", "AccessDelay: -1", "line 6: System.NetworkDomains.ND1.AccessDelay must be at least 0"),
        ("Bandwidth: 40000", "Bandwidth: 0", "line 7: System.NetworkDomains.ND1.Bandwidth must be greater than 0"),
        ("      Bandwidth: 40000\n", "", "ND1.Bandwidth is missing: kbit/s"),
        ("[ND1]", "[ND11]", "ND2.subNetworkDomains.0 is 'ND11', which is no network domain; did you mean ND1?"),
        ("type: Virtual", "type: Virtuel", "computationalLayer2.type is 'Virtuel', not .*; did you mean Virtual?"),
        ("          type: Virtual\n", "", "computationalLayer2.type is missing"),
        ("number: 2", "number: 1", "computationalLayer2.number is '1', which ND1.*Layer1.number has"),
        ("name: F2", "name: VM2", "resource2.name is 'VM2', which ND1.ComputationalLayers.computationalLayer2"),
        ("computationalLayer3:", "computationalLayer1:", "is 'computationalLayer1', which ND1"),
        ("totalNodes: 3", "totalNodes: 0", "resource1.totalNodes must be at least 1, not 0"),
        ("totalNodes: 3", "totalNodes: 100001", "resource1.totalNodes must be at most 100000, not 100001"),
        ("totalNodes: 3", "totalNodes: 3.5", "totalNodes must be a whole number, not 3.5"),
        ("totalNodes: 3", "totalNode: 3", "resource1.totalNode is not a field; did you mean totalNodes?"),
        ("idleTime: 600", "idle_time: 600", "resource1.idle_time is not a field; did you mean idleTime?"),
        ("memorySize: 8192", "memorySize: 8192MB", "memorySize must be a number, not '8192MB'"),
        ("storageSize: 64GB", "storageSize: big", "storageSize: it must be a number of GB, or one such as 64GB"),
        ("onSpot: True", "onSpot: 1", "onSpot must be true or false, not 1"),
        ("architecture: arm64", "architecture: arm46", "not 'amd64' or 'arm64'; did you mean arm64?"),
        ("cost: 0.6\n", "cost: .inf\n", "cost is .inf; a number here is finite"),
        ("SGXFlag: False", "SGXflag: False", "processor1.SGXflag is not a field; did you mean SGXFlag?"),
        ("flavorName: m5.large", "operatingSystemType: Linux", "is written nested and flat"),
        ("type: GPU,", "tpye: GPU,", "processor1.tpye is not a field; did you mean type?"),
    ],
)  # fmt: skip
def test_resources_that_cannot_be_meant_are_refused_with_their_place(old: str, new: str, sentence: str) -> None:
    assert old in RESOURCES

    with pytest.raises(MalformedError, match=sentence.replace("?", r"\?")) as refusal:
        read_resources(RESOURCES.replace(old, new), source="candidate_resources.yaml")

    assert refusal.value.message.startswith("candidate_resources.yaml: line ")


def test_resources_without_any_layer_are_refused() -> None:
    text = "System: {NetworkDomains: {ND1: {AccessDelay: 1, Bandwidth: 1}}}"

    with pytest.raises(MalformedError, match="NetworkDomains have no computational layer"):
        read_resources(text)


def test_delays_in_hours_are_warned_about_and_read_as_they_stand() -> None:
    warnings: list[str] = []

    resources = read_resources(RESOURCES.replace("0.01", "0.00000277"), source="r.yaml", warnings=warnings)

    assert resources.network_domains["ND1"].access_delay == 2.77e-6
    assert warnings == [
        "r.yaml: line 6: System.NetworkDomains.ND1.AccessDelay is 2.77e-06 seconds, which looks like hours: "
        "2.77e-06 h are 0.00997 s; it is read as seconds"
    ]


def test_what_is_read_is_written_again_as_it_was() -> None:
    system = yaml.safe_load(RESOURCES)["System"]

    assert read_resources(RESOURCES).plain() == system


def test_every_public_file_of_resources_is_read_and_written_again_as_it_was() -> None:
    if not CASES.is_dir():
        pytest.skip("../shared is not here")

    for path in sorted(CASES.rglob("candidate_resources.yaml")):
        assert read_resources(path).plain() == yaml.safe_load(path.read_text())["System"]
