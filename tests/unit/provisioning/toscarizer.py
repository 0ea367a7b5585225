"""Runs of toscarizer (github.com/grycap/toscarizer 7c293b5, test/test.py) whose results are public, as ours."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from functions.continuum.dag import read_dag
from functions.continuum.deployments import read_deployments
from functions.continuum.physical_nodes import read_physical_nodes
from functions.continuum.production import read_production
from functions.continuum.qos import DeploymentConstraints, layer_of, read_qos
from functions.continuum.resources import read_resources
from functions.provisioning import choices
from functions.provisioning.names import Names
from functions.provisioning.options import Influx, Options
from functions.provisioning.provision import Provision, provision

CASES = Path(__file__).parents[4] / "shared" / "cases"
TYPES = (CASES / "tosca-types" / "custom_types_ec3.yaml", CASES / "tosca-types" / "custom_types_grycap.yaml")

_IM_AUTH = (  # what the file im/auth.dat of app_demo has, dummies all
    r"id = one; type = OpenNebula; host = server:2633; username = user; password = pass\n"
    r"id = oscar1; type = OSCAR; host = https://graspi.im.grycap.net; username = user; password = pass\n"
    r"type = InfrastructureManager; username = user; password = pass\n"
    r"id = ec2; type = EC2; username = AK; password = SK"
)
_TOP = "https://influx.oncloudandheat.com/"
_DETECTOR = "docker.io/micafer/drift-detector_main_amd64:latest"


@dataclass(frozen=True)
class Run:
    """One call of ``toscarizer tosca``.

    Attributes:
        deployment: Folder of the deployment's graph and constraints.
        optimal: Whether there is a production deployment; the base case takes the first of all candidates.
        known: Strings that were fixed in upstream's test, by what they are for.
        drawn_name: What upstream called the cluster that is there already and has a name, oscar-test.
        expected: Component -> file of ``expected/``.
    """

    application: str
    deployment: str
    options: Options
    known: Mapping[str, str]
    drawn_name: str
    expected: Mapping[str, str]
    optimal: bool = False
    fdl: str = ""


def _fixed(place: str, name: str, passwords: tuple[str, str, str, str, str]) -> dict[str, str]:
    """Names of a cluster, in the order in which upstream draws them."""
    purposes = ("admin_token", "oscar_password", "minio_password", "local_influx_token", "local_influx_pass")
    given = {f"{place}/{purpose}": f"fixed{number}" for purpose, number in zip(purposes, passwords, strict=True)}
    return {f"{place}/cluster": f"oscar-cluster-fixed{name}", **given}


_EMAIL = "jhondoe@server.com"
_PLAIN = Options(email=_EMAIL, influx=Influx(_TOP, ""), drift_detector=_DETECTOR)
_ON_AWS = Options(email=_EMAIL, influx=Influx(_TOP, "influx_token"))

RUNS = {
    "lambda": Run(
        "app_test",
        "base",
        _ON_AWS,
        {"computationalLayer4/AWS-FaaS/cluster": "oscar-cluster-fixed2"},
        "oscar-cluster-fixed1",
        {"blurry-faces-onnx": "blurry-faces-onnx-aws.yaml", "mask-detector": "mask-detector-aws.yaml"},
    ),
    "lambda, optimal": Run(
        "app_test",
        "optimal_deployment",
        _ON_AWS,
        _fixed("computationalLayer2/VM1", "1", ("6", "7", "4", "9", "10"))
        | {"computationalLayer4/AWS-FaaS/cluster": "oscar-cluster-fixed11"},
        "oscar-cluster-fixed3",
        {
            "blurry-faces-onnx_partition1_1": "blurry-faces-onnx_partition1_1-aws.yaml",
            "blurry-faces-onnx_partition1_2": "blurry-faces-onnx_partition1_2-aws.yaml",
            "mask-detector": "mask-detector-optimal-aws.yaml",
        },
        optimal=True,
    ),
    "elastic": Run(
        "app_demo",
        "base",
        Options(email=_EMAIL, influx=Influx(_TOP, ""), drift_detector=_DETECTOR, elastic=5, im_auth=_IM_AUTH),
        _fixed("computationalLayer2/VM1", "3", ("4", "5", "6", "1", "4")),
        "oscar-cluster-fixed1",
        {"blurry-faces-onnx": "blurry-faces-onnx.yaml", "mask-detector": "mask-detector_elastic.yaml"},
    ),
    "base": Run(
        "app_demo",
        "base",
        _PLAIN,
        _fixed("computationalLayer2/VM1", "3", ("6", "13", "6", "1", "16")),
        "oscar-cluster-fixed1",
        {"blurry-faces-onnx": "blurry-faces-onnx.yaml", "mask-detector": "mask-detector.yaml"},
        fdl="fdl.yaml",
    ),
    "optimal": Run(
        "app_demo",
        "deployment1",
        _PLAIN,
        _fixed("computationalLayer2/VM1", "19", ("20", "21", "22", "23", "24"))
        | _fixed("computationalLayer3/VM3", "26", ("27", "28", "29", "30", "31")),
        "oscar-cluster-fixed17",
        {
            "blurry-faces-onnx_partition1_1": "blurry-faces-onnx_partition1_1.yaml",
            "blurry-faces-onnx_partition1_2": "blurry-faces-onnx_partition1_2.yaml",
            "mask-detector": "mask-detector-optimal.yaml",
        },
        optimal=True,
        fdl="fdl_optimal.yaml",
    ),
}


def there() -> None:
    """Skip where ../shared is not here."""
    if not CASES.exists():
        pytest.skip("../shared is not here")


def written(run: Run) -> Provision:
    """What we write where upstream was run; nothing may be drawn but what the run fixes."""
    folder = CASES / "toscarizer" / run.application
    deployment = folder / "aisprint" / "deployments" / run.deployment
    dag = read_dag(deployment / "application_dag.yaml")
    if run.optimal:
        production = read_production(folder / "aisprint/deployments/optimal_deployment/production_deployment.yaml")
        resources, chosen = production.chosen, choices.of_production(production, dag.ordered)
    else:
        resources = read_resources(folder / "common_config/candidate_resources.yaml")
        candidates = read_deployments(folder / "common_config/candidate_deployments.yaml")
        chosen = choices.of_candidates(candidates, resources, dag.ordered)
    return provision(
        chosen,
        resources,
        dag,
        nodes=read_physical_nodes(folder / "common_config/physical_nodes.yaml"),
        constraints=_constraints(deployment / "ams"),
        options=run.options,
        names=Names(run.known, source=_nothing_more),
    )


def expected(name: str) -> Any:
    """A file of upstream's, loaded."""
    return yaml.safe_load((CASES / "toscarizer" / "expected" / name).read_text())


def _constraints(folder: Path) -> dict[int | None, DeploymentConstraints]:
    return {layer_of(path.name): read_qos(path) for path in sorted(folder.glob("qos_constraints*.yaml"))}


def _nothing_more(length: int) -> str:
    raise AssertionError(f"a string of {length} was drawn that upstream's run did not fix")
