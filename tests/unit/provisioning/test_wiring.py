"""Who writes where and who reads what, over clusters that are made, clusters that are there, and AWS Lambda."""

from typing import Any

from functions.provisioning.options import Options
from functions.provisioning.services import Folder, Service
from tests.unit.provisioning.landscape import written


def folders(service: Service) -> tuple[list[str], list[str]]:
    def named(given: tuple[Folder, ...]) -> list[str]:
        return [f"{each.provider}:{each.path}{each.suffix and f' {each.suffix}'}" for each in given]

    return named(service.inputs), named(service.outputs)


def test_components_on_the_same_resource_share_one_cluster_and_its_store() -> None:
    provision = written({"filter": "VM1", "blur": "VM1"}, [("filter", "blur", 1)])

    assert [site.components for site in provision.sites] == [("filter", "blur")]
    assert folders(provision.services["filter"]) == (["minio:filter/input"], ["minio:filter/output"])
    assert folders(provision.services["blur"]) == (["minio:filter/output"], ["minio:blur/output"])
    assert [*provision.templates] == ["filter"]
    template = provision.templates["filter"]["topology_template"]
    assert [name for name in template["node_templates"] if name.startswith("oscar_service")] == [
        "oscar_service_filter",
        "oscar_service_blur",
    ]
    assert {"oscar_service_url_filter", "oscar_service_url_blur"} < set(template["outputs"])


def test_a_cluster_has_as_many_workers_as_were_chosen() -> None:
    provision = written({"filter": "VM1"})

    nodes = provision.templates["filter"]["topology_template"]["node_templates"]
    assert nodes["wn_vm1"]["capabilities"]["scalable"]["properties"] == {"count": 2}
    assert nodes["wn_vm1"]["capabilities"]["host"]["properties"]["disk_size"] == "64 GB"


def test_results_go_to_each_cluster_that_reads_them_once_and_stay_where_they_are_read_too() -> None:
    placed = {"filter": "VM1", "here": "VM1", "there": "Pi", "too": "Pi"}
    provision = written(placed, [("filter", name, 1) for name in ("here", "there", "too")])

    filtering = provision.services["filter"]
    assert folders(filtering)[1] == ["minio:filter/output", "minio.edge-cluster:filter/output"]
    assert filtering.storage_providers["minio"]["edge-cluster"] == {
        "endpoint": "https://minio.edge.example",
        "access_key": "ak1",
        "secret_key": "sk1",
        "region": "us-east-1",
    }


def test_a_function_on_lambda_writes_to_the_edge_and_reads_from_its_own_bucket() -> None:
    placed = {"first": "Pi", "second": "L1", "third": "Pi"}
    provision = written(placed, [("first", "second", 1), ("second", "third", 1)])
    on_lambda = next(site for site in provision.sites if site.kind == "lambda").name

    assert folders(provision.services["first"])[1] == [f"s3.{on_lambda}:photos-eu/first/output"]
    assert provision.services["first"].storage_providers["s3"][on_lambda]["region"] == "eu-south-1"
    assert folders(provision.services["second"]) == (
        ["s3:photos-eu/first/output"],
        ["minio.edge-cluster:second/output"],
    )
    assert folders(provision.services["third"])[0] == ["minio:second/output"]
    assert provision.services["second"].variables["KCI"] == "AWS Lambda"


def test_functions_on_lambda_pass_on_through_their_account_s_bucket() -> None:
    provision = written({"first": "L1", "second": "L1"}, [("first", "second", 1)])

    assert folders(provision.services["first"]) == (["s3:photos-eu/first/input"], ["s3:photos-eu/first/output"])
    assert folders(provision.services["second"])[0] == ["s3:photos-eu/first/output"]
    assert provision.services["first"].stores == {}
    functions = next(iter(provision.pipelines.values()))["functions"]["aws"]
    assert [each["lambda"]["name"] for each in functions] == ["first", "second"]
    assert {each["lambda"]["region"] for each in functions} == {"eu-south-1"}


def test_a_join_reads_what_all_before_it_write() -> None:
    provision = written({"a": "Pi", "b": "Pi", "join": "Pi"}, [("a", "join", 1), ("b", "join", 1)])

    assert folders(provision.services["join"])[0] == ["minio:my-app-a/output", "minio:my-app-b/output"]


def test_drifted_results_go_to_the_highest_cluster_that_is_made() -> None:
    options = Options(drift_detector="registry/drift:1")
    provision = written({"edge": "Pi", "room": "Rack", "cloud": "VM1"}, [("edge", "room", 1)], options=options)
    cloud = next(site for site in provision.sites if site.components == ("cloud",)).name

    assert folders(provision.services["edge"])[1][1] == f"minio.{cloud}:edge/drift_detection_data _DRIFTED"
    assert folders(provision.services["cloud"])[1][0] == "minio:cloud/output _NO_DRIFT"
    having = [name for name, each in provision.templates.items() if "drift_detector" in _nodes(each)]
    assert having == ["cloud"]


def test_machines_that_are_there_have_a_node_and_an_address_each() -> None:
    nodes = _nodes(written({"filter": "Rack"}).templates["filter"])

    addresses = {name: each["properties"]["ip_address"] for name, each in nodes.items() if name.endswith("_port")}
    assert addresses == {
        "front_priv_network_port": "10.0.0.1",
        "front_pub_network_port": "8.8.8.1",
        "wn_rack_1_priv_network_port": "10.0.0.2",
        "wn_rack_2_priv_network_port": "10.0.0.3",
    }
    assert nodes["wn_rack_2"]["capabilities"]["os"]["properties"]["credential"]["user"] == "ann"
    assert nodes["wn_rack_1"]["capabilities"]["scalable"]["properties"]["count"] == 1


def test_measurements_go_to_the_highest_layer_that_keeps_some() -> None:
    provision = written({"edge": "Pi", "room": "Rack", "cloud": "VM1"}, [("edge", "room", 1), ("room", "cloud", 1)])
    cloud = next(site for site in provision.sites if site.components == ("cloud",))

    for name in ("edge", "room"):
        inputs = provision.templates[name]["topology_template"]["inputs"]
        assert inputs["top_influx_url"]["default"] == f"https://influx.{cloud.name}.im.grycap.net"
    assert provision.templates["cloud"]["topology_template"]["inputs"]["top_influx_url"]["default"] == ""


def test_two_types_of_node_in_one_cluster_that_is_there_are_one_pipeline() -> None:
    provision = written({"one": "Pi", "two": "Jetson"}, [("one", "two", 1)])

    assert [*provision.pipelines] == ["edge-cluster"]
    assert [[*each] for each in provision.pipelines["edge-cluster"]["functions"]["oscar"]] == [["edge-cluster"]] * 2
    assert folders(provision.services["one"])[1] == ["minio:one/output"]


def _nodes(template: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = template["topology_template"]["node_templates"]
    return found
