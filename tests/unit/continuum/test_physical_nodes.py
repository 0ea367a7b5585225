from pathlib import Path

import pytest

from functions.continuum.physical_nodes import read_physical_nodes
from functions.continuum.reading import MalformedError
from tests.continuum_application import PHYSICAL_NODES

CASES = Path(__file__).parents[4] / "shared" / "cases" / "toscarizer"


def test_a_resource_is_found_by_its_layer_and_name() -> None:
    nodes = read_physical_nodes(PHYSICAL_NODES)

    found = nodes.find(1, "Pi")

    assert found is not None
    assert found.minio is not None
    assert found.minio.secret_key.get_secret_value() == "open sesame"
    assert [machine.private_ip for machine in found.wns] == ["192.168.1.3"]
    assert nodes.find(2, "Pi") is None
    assert nodes.find(1, "Pie") is None


def test_no_secret_is_in_what_is_printed_or_written() -> None:
    nodes = read_physical_nodes(PHYSICAL_NODES)

    shown = f"{nodes!r} {nodes} {nodes.plain()} {nodes.model_dump_json()}"

    for secret in ("open sesame", "key of the front end", "key of a worker", "token of influx", "'sk'"):
        assert secret not in shown


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("secret_key: open sesame", "secret_key: 123456"),
        ("secret_key: open sesame", "secret_key: [123456]"),
        ("secret_key: open sesame", "secret_keys: open sesame"),
        ('{endpoint: "https://minio.example.org", access_key: minio, secret_key: open sesame}', "open sesame"),
        ("key of a worker", "''"),
        ("access_key: minio", "access_key: .nan"),
    ],
)
def test_no_secret_is_in_a_refusal(old: str, new: str) -> None:
    assert old in PHYSICAL_NODES

    with pytest.raises(MalformedError) as refusal:
        read_physical_nodes(PHYSICAL_NODES.replace(old, new), source="physical_nodes.yaml")

    assert refusal.value.message.startswith("physical_nodes.yaml: line ")
    assert not [word for word in ("open sesame", "123456", "key of") if word in refusal.value.message]


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("name: F1", "nane: F1", r"resource1\.nane is not a field; did you mean name\?"),
        ("fe_node:", "fe_nodes:", r"fe_nodes is not a field; did you mean fe_node\?"),
        (
            "number: 3\n    Resources:\n",
            "number: 1\n    Resources:\n      a: {name: Pi}\n",
            "is Pi, a second time on layer 1",
        ),
        ("private_ip: 192.168.1.3", "private_ip: 192.168. 1.3", r"wns\.0\.private_ip: it must be one address"),
        ("name: oscar-test", "name: 7", r"oscar\.name must be text, not 7; put it in quotes"),
    ],
)
def test_nodes_that_cannot_be_meant_are_refused(old: str, new: str, sentence: str) -> None:
    assert old in PHYSICAL_NODES

    with pytest.raises(MalformedError, match=sentence):
        read_physical_nodes(PHYSICAL_NODES.replace(old, new))


def test_the_public_files_are_read() -> None:
    if not CASES.is_dir():
        pytest.skip("../shared is not here")

    nodes = read_physical_nodes(CASES / "app_test" / "common_config" / "physical_nodes.yaml")

    found = nodes.find(4, "AWS-FaaS")
    assert found is not None
    assert found.aws is not None
    assert found.aws.bucket == "test1"
