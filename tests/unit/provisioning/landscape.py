"""An application of our own over every kind of layer, and what is written for it."""

from collections.abc import Mapping, Sequence
from itertools import count
from typing import Any

import yaml

from functions.continuum.dag import read_dag
from functions.continuum.physical_nodes import read_physical_nodes
from functions.continuum.production import read_production
from functions.provisioning import choices
from functions.provisioning.names import Names
from functions.provisioning.options import Options
from functions.provisioning.provision import Provision, provision

_CORES = {"one": {"name": "p", "type": "SkyLake", "architecture": "amd64", "computingUnits": 4}}
_GPUS = {"card": {"processors": {"gpu": {"type": "GPU", "architecture": "NVIDIA A100", "computingUnits": 2}}}}


def node(name: str, **further: Any) -> dict[str, Any]:
    return {"name": name, "totalNodes": 2, "cost": 1.0, "memorySize": 8192, "processors": _CORES, **further}


def layer(number: int, kind: str, *resources: Mapping[str, Any]) -> dict[str, Any]:
    return {"number": number, "type": kind, "Resources": {each["name"].lower(): dict(each) for each in resources}}


FUNCTION = {"name": "L1", "architecture": "amd64", "cost": 0.1, "memorySize": 2048, "idleTime": 600}

LAYERS: dict[str, dict[str, Any]] = {
    "edge": layer(1, "PhysicalAlreadyProvisioned", node("Pi"), node("Jetson")),
    "room": layer(2, "PhysicalToBeProvisioned", node("Rack", operatingSystemDistribution="ubuntu")),
    "cloud": layer(
        3,
        "Virtual",
        node("VM1", storageSize="64GB", operatingSystemImageId="aws://us-east-1/ami-1", storageType="SSD"),
        node("VM2", accelerators=_GPUS, flavorName="g5.2xlarge", onSpot=True),
    ),
    "faas": layer(4, "NativeCloudFunction", FUNCTION),
}

_KEY = "-----BEGIN RSA PRIVATE KEY-----\nssh\n-----END RSA PRIVATE KEY-----\n"

NODES: dict[str, Any] = {
    "ComputationalLayers": {
        "a": {
            "number": 1,
            "Resources": {
                "pi": {
                    "name": "Pi",
                    "minio": {"endpoint": "https://minio.edge.example", "access_key": "ak1", "secret_key": "sk1"},
                    "oscar": {"name": "edge-cluster"},
                },
                "jetson": {
                    "name": "Jetson",
                    "minio": {"endpoint": "https://minio.edge.example", "access_key": "ak1", "secret_key": "sk1"},
                    "oscar": {"name": "edge-cluster"},
                },
            },
        },
        "b": {
            "number": 2,
            "Resources": {
                "rack": {
                    "name": "Rack",
                    "fe_node": {"public_ip": "8.8.8.1", "private_ip": "10.0.0.1", "ssh_user": "ann", "ssh_key": _KEY},
                    "wns": [
                        {"private_ip": f"10.0.0.{number}", "ssh_user": "ann", "ssh_key": _KEY} for number in (2, 3, 4)
                    ],
                }
            },
        },
        "d": {
            "number": 4,
            "Resources": {
                "l1": {
                    "name": "L1",
                    "aws": {"bucket": "photos-eu", "region": "eu-south-1", "access_key": "ak4", "secret_key": "sk4"},
                }
            },
        },
    }
}


def container(resource: str, **further: Any) -> dict[str, Any]:
    given = {"memorySize": 1024, "computingUnits": 1, "selectedExecutionResource": resource, "image": "registry/it:1"}
    return {key: value for key, value in {**given, **further}.items() if value is not None}


def written(
    placed: Mapping[str, tuple[str, Mapping[str, Any]] | str],
    dependencies: Sequence[Sequence[Any]] = (),
    *,
    nodes: Mapping[str, Any] | None = NODES,
    options: Options | None = None,
    names: Names | None = None,
    application: str = "my_app",
) -> Provision:
    """Components, each on a resource and perhaps with further fields of its container, as they would be provisioned."""
    components = {}
    numbers = {each["name"]: one["number"] for one in LAYERS.values() for each in one["Resources"].values()}
    for index, (name, placing) in enumerate(placed.items()):
        resource, further = (placing, {}) if isinstance(placing, str) else placing
        inside = {"one": container(resource, **further)}
        components[f"c{index}"] = {"name": name, "executionLayer": numbers[resource], "Containers": inside}
    networks = {"ND": {"AccessDelay": 0.01, "Bandwidth": 1000, "ComputationalLayers": LAYERS}}
    production = read_production(yaml.safe_dump({"System": {"NetworkDomains": networks, "Components": components}}))
    graph = {"name": application, "components": [*placed], "dependencies": [list(each) for each in dependencies]}
    dag = read_dag(yaml.safe_dump({"System": graph}))
    return provision(
        choices.of_production(production, dag.ordered),
        production.chosen,
        dag,
        nodes=read_physical_nodes(yaml.safe_dump(dict(nodes))) if nodes else None,
        options=options,
        names=names or counted(),
    )


def counted() -> Names:
    """Names that are drawn one after the other: 000...1, 000...2."""
    numbers = count(1)
    return Names(source=lambda length: f"{next(numbers):0{length}}")
