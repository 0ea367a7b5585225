from pathlib import Path

import pytest
import yaml

from functions.continuum.application import Application
from functions.continuum.deployments import read_deployments
from functions.continuum.production import read_production
from functions.continuum.reading import MalformedError
from functions.continuum.resources import Node, read_resources
from functions.continuum.selection import produce
from tests.continuum_application import DEPLOYMENTS, PRODUCTION, RESOURCES, guide_form

CASES = Path(__file__).parents[4] / "shared" / "cases" / "toscarizer"
SECOND = "container0: {memorySize: 1, computingUnits: 1, selectedExecutionResource: VM1}"
PUBLIC = sorted(CASES.rglob("production_deployment.yaml"))


def test_the_codes_form_and_the_guides_say_the_same() -> None:
    code, guide = read_production(PRODUCTION), read_production(guide_form(PRODUCTION))

    assert guide.chosen == code.chosen
    assert guide.components == code.components
    assert guide.by_name["filter"].container.selected_execution_resource == "Pi"


@pytest.mark.parametrize("text", [PRODUCTION, guide_form(PRODUCTION)], ids=["code", "guide"])
def test_the_codes_form_is_written_whichever_was_read(text: str) -> None:
    written = yaml.safe_load(read_production(text).text())["System"]

    system = yaml.safe_load(PRODUCTION)["System"]
    assert {name: written[name] for name in ("name", "NetworkDomains", "Components")} == {
        name: system[name] for name in ("name", "NetworkDomains", "Components")
    }


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("Resource: Pi", "Resource: Pie", "line 29: .*Resource is 'Pie', .* of layer 1; did you mean Pi"),
        ("executionLayer: 2", "executionLayer: 3", "line 32: .*executionLayer is 3; there are layers 1, 2"),
        ("executionLayer: 2", "executionLayer: 1", "is 'VM1', which is no resource of layer 1; there are Pi"),
        ("executionLayer: 2\n", "executionLayers: 2\n", "executionLayers is not a field; did you mean executionLayer"),
        ("name: classifier", "name: filter", "component2.name is filter, a second time"),
        ("NetworkDomains:", "NetworkDomain:", "line 4: .*NetworkDomain is not a field; did you mean NetworkDomains"),
        ("DeploymentName: deployment1", "Resources: {NetworkDomains: {}}", "NetworkDomains"),
        ("container1: {", f"{SECOND}\n        container1: {{", "Containers has too many entries; it takes at most 1"),
    ],
)
def test_a_deployment_that_cannot_be_meant_is_refused(old: str, new: str, sentence: str) -> None:
    assert old in PRODUCTION

    with pytest.raises(MalformedError, match=sentence):
        read_production(PRODUCTION.replace(old, new))


def test_networks_that_are_missing_are_asked_for() -> None:
    text = yaml.dump({"System": {"Components": yaml.safe_load(PRODUCTION)["System"]["Components"]}})

    with pytest.raises(MalformedError, match=r"System\.NetworkDomains is missing: the networks"):
        read_production(text)


def test_a_choice_of_resources_becomes_a_deployment_of_just_those() -> None:
    deployment = produce(
        read_resources(RESOURCES),
        read_deployments(DEPLOYMENTS),
        chosen={"filter_partition2_1": "Pi", "filter_partition2_2": "VM1", "classifier": "VM1"},
        nodes={"Pi": 2, "VM1": 1},
        deployment_name="deployment2",
        feasible=True,
    )

    system = yaml.safe_load(deployment.text())["System"]
    assert list(system) == ["DeploymentName", "name", "NetworkDomains", "Components", "Feasible"]
    assert list(system["Components"]) == ["component1_partition2_1", "component1_partition2_2", "component2"]
    assert list(deployment.chosen.resources) == ["Pi", "VM1"]
    assert [each.total_nodes for each in deployment.chosen.resources.values() if isinstance(each, Node)] == [2, 1]
    assert deployment.by_name["filter_partition2_2"].container.images == (
        "registry.example.org/filter_partition2_2:amd64",
        "registry.example.org/filter_partition2_2:arm64",
    )
    assert deployment.by_name["classifier"].execution_layer == 2


def test_a_deployment_that_was_made_is_one_that_can_be_read() -> None:
    deployment = produce(
        read_resources(RESOURCES), read_deployments(DEPLOYMENTS), chosen={"filter": "VM1", "classifier": "F2"}, nodes={}
    )

    read = read_production(deployment.text(), source="production_deployment.yaml")

    assert read.components == deployment.components
    assert read.chosen == deployment.chosen
    assert list(read.chosen.layers["computationalLayer3"].resources) == ["resource1"]
    assert read.chosen.resources.keys() == {"VM1", "F2"}


@pytest.mark.parametrize(
    "chosen", [{"filtre": "Pi"}, {"filter": "F1"}, {"filter": "Pie"}], ids=["component", "misfit", "resource"]
)
def test_what_may_not_be_chosen_is_no_deployment(chosen: dict[str, str]) -> None:
    with pytest.raises(KeyError):
        produce(read_resources(RESOURCES), read_deployments(DEPLOYMENTS), chosen=chosen, nodes={})


@pytest.mark.parametrize("path", PUBLIC or [Path("none")], ids=lambda path: "/".join(path.parts[-5:-1]))
def test_every_public_deployment_is_read_and_written_again_as_it_was(path: Path) -> None:
    if not PUBLIC:
        pytest.skip("../shared is not here")

    deployment = read_production(path)

    assert yaml.safe_load(deployment.text()) == yaml.safe_load(path.read_text())


@pytest.mark.parametrize(("name", "deployment"), [("app_demo", "deployment1"), ("app_test", "optimal_deployment")])
def test_the_choices_of_the_public_deployments_give_their_components_again(name: str, deployment: str) -> None:
    if not PUBLIC:
        pytest.skip("../shared is not here")
    application = Application.read(CASES / name)
    path = CASES / name / "aisprint" / "deployments" / deployment / "production_deployment.yaml"
    wanted = read_production(path)
    chosen = {each.name: each.container.selected_execution_resource for each in wanted.components.values()}

    made = produce(application.resources, application.deployments, chosen=chosen, nodes={})

    assert made.components == wanted.components
    assert made.chosen.resources.keys() == set(chosen.values())
