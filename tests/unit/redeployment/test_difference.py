from dataclasses import replace

from functions.placement.system import Placement
from functions.redeployment.difference import difference
from tests.unit.placement.systems import cut

WHOLE = {("camera", "w"): "vm", ("sensor", "s"): "vm", ("fuse", "f"): "vm"}


def sentences(old: Placement, new: Placement) -> list[str]:
    return [str(each) for each in difference(old, new)]


def test_equal_deployments_do_not_differ() -> None:
    assert difference(cut(), cut()) == ()


def test_a_partition_that_runs_elsewhere_has_moved() -> None:
    new = cut(resources={**cut().resources, ("fuse", "f"): "lambda"})

    assert sentences(cut(), new) == ["fuse/f moves from vm to lambda"]


def test_another_deployment_of_a_component_and_the_resources_that_go_with_it() -> None:
    new = replace(cut(), deployments={**cut().deployments, "camera": "whole"}, resources=WHOLE, nodes={"vm": 3})

    assert sentences(cut(), new) == [
        "camera runs as whole instead of cut",
        "pi is released with its 2 nodes",
        "vm has 3 nodes instead of 1",
    ]


def test_components_come_and_go() -> None:
    old = Placement({"camera": "whole"}, {("camera", "w"): "vm"}, {"vm": 1})
    new = Placement({"sensor": "only"}, {("sensor", "s"): "pi"}, {"pi": 1})

    assert sentences(old, new) == [
        "camera, which ran as whole, is dropped",
        "sensor is added as only",
        "pi is provisioned with 1 nodes",
        "vm is released with its 1 nodes",
    ]
