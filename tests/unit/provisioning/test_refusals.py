"""What cannot be provisioned is said in one sentence that names the component or resource, and what to do."""

import copy
from collections.abc import Callable
from typing import Any

import pytest

from functions.provisioning.options import Options
from functions.runtime.errors import Rejected
from tests.unit.provisioning.landscape import NODES, written


def _without(*path: str) -> dict[str, Any]:
    nodes = copy.deepcopy(NODES)
    inside = nodes["ComputationalLayers"]
    for part in path[:-1]:
        inside = inside[part]
    del inside[path[-1]]
    return nodes


def _with_name(name: str) -> dict[str, Any]:
    nodes = copy.deepcopy(NODES)
    nodes["ComputationalLayers"]["a"]["Resources"]["pi"]["oscar"]["name"] = name
    return nodes


def _with_bucket(name: str) -> dict[str, Any]:
    nodes = copy.deepcopy(NODES)
    nodes["ComputationalLayers"]["d"]["Resources"]["l1"]["aws"]["bucket"] = name
    return nodes


REFUSED: dict[str, tuple[Callable[[], object], str]] = {
    "nothing is said of the edge": (
        lambda: written({"filter": "Pi"}, nodes=None),
        "physical_nodes.yaml does not say how Pi of layer 1 is reached",
    ),
    "the edge has no store": (
        lambda: written({"filter": "Pi"}, nodes=_without("a", "Resources", "pi", "minio")),
        "physical_nodes.yaml: Pi of layer 1 has no minio",
    ),
    "the cloud has no account": (
        lambda: written({"filter": "L1"}, nodes=_without("d", "Resources", "l1", "aws")),
        "physical_nodes.yaml: L1 of layer 4 has no aws",
    ),
    "the rack has no front end": (
        lambda: written({"filter": "Rack"}, nodes=_without("b", "Resources", "rack", "fe_node")),
        "physical_nodes.yaml: Rack of layer 2 has no fe_node",
    ),
    "the rack has too few machines": (
        lambda: written({"filter": "Rack"}, nodes=_without("b", "Resources", "rack", "wns")),
        "physical_nodes.yaml: Rack of layer 2 has 0 wns where 2 nodes are wanted",
    ),
    "a cluster's name leads out of the folder": (
        lambda: written({"filter": "Pi"}, nodes=_with_name("../../etc/cluster")),
        "physical_nodes.yaml: '../../etc/cluster' cannot be a cluster's name",
    ),
    "a component's name leads out of the folder": (
        lambda: written({"../filter": "VM1"}),
        "'../filter' cannot be a service",
    ),
    "a component's name is a command": (
        lambda: written({"filter; rm -rf /": "VM1"}),
        "'filter; rm -rf /' cannot be a service",
    ),
    "a component's name is too long": (lambda: written({"f" * 40: "VM1"}), f"'{'f' * 40}' cannot be a service"),
    "two components have one name": (
        lambda: written({"my_filter": "VM1", "my-filter": "VM1"}),
        "my-filter and my_filter are both my-filter to OSCAR",
    ),
    "a container has no image": (
        lambda: written({"filter": ("VM1", {"image": None})}),
        "filter has no image for VM1",
    ),
    "a setting of a service is misspelt": (
        lambda: written({"filter": ("VM1", {"ExposeService": {"min_skale": 1}})}),
        "filter: min_skale is no setting of ExposeService; did you mean min_scale?",
    ),
    "a setting of a service has a wrong value": (
        lambda: written({"filter": ("Pi", {"ExposeService": {"port": "door"}})}),
        "filter: port of ExposeService is 'door'",
    ),
    "no machine has that much memory": (
        lambda: written({"filter": ("Pi", {"memorySize": 1e15})}),
        "the FDL of edge-cluster: line 7: memory",
    ),
    "S3 takes no such bucket": (
        lambda: written({"filter": "L1"}, nodes=_with_bucket("Photos_EU")),
        "the FDL of oscar-cluster-00000001:3 filter: Photos_EU is not a name that a bucket can have",
    ),
    "Lambda has less memory": (
        lambda: written({"filter": ("L1", {"memorySize": 20_000})}),
        "filter wants 20000 MB on L1",
    ),
    "a detector has no cluster": (
        lambda: written({"filter": "Pi"}, options=Options(drift_detector="registry/drift:1")),
        "there is no cluster to put the drift detector on: all that run something are there already",
    ),
}


@pytest.mark.parametrize("why", REFUSED)
def test_it_is_refused_when(why: str) -> None:
    run, sentence = REFUSED[why]

    with pytest.raises(Rejected) as refusal:
        run()

    assert refusal.value.message.startswith(sentence)
    assert refusal.value.hint
    assert "sk1" not in str(refusal.value)
