import json
import random
from collections import Counter
from dataclasses import replace
from pathlib import Path

import jsonschema_rs
import pytest

from functions.placement.system import Placement, System
from functions.redeployment import steps as module
from functions.redeployment.services import Services
from functions.redeployment.steps import Drain, Scale, Start, Steps, Stop, Switch, document, schema, steps
from tests.unit.placement.enumeration import random_system
from tests.unit.placement.systems import cut, small
from tests.unit.redeployment.plant import LostError, Plant

SCHEMA = Path(module.__file__).with_name("steps.schema.json")


def any_placement(system: System, seed: int) -> Placement:
    """Place a system anyhow: steps ask for no feasibility."""
    drawn = random.Random(seed)
    deployments = {name: drawn.choice(list(each.deployments)) for name, each in system.components.items()}
    resources = {
        (name, part): drawn.choice(list(component.partitions[part].candidates))
        for name, component in system.components.items()
        for part in component.deployments[deployments[name]]
    }
    used = {each for each in resources.values() if system.resources[each].kind != "faas"}
    return Placement(deployments, resources, {each: drawn.randint(1, 3) for each in sorted(used)})


def ends(system: System, placement: Placement, requests: int) -> Counter[tuple[int, str]]:
    """Give how often each request comes out of each last component if nothing is changed."""
    plant = Plant.running(Services.of(system, placement), seed=0)
    for _ in range(requests):
        plant.tick()
    plant.finish()
    return plant.ended


@pytest.mark.parametrize("seed", range(60))
def test_whatever_is_changed_while_requests_come_in_each_comes_out_as_often_as_if_nothing_were(seed: int) -> None:
    system = random_system(seed, components=5)
    old, new = any_placement(system, seed), any_placement(system, seed + 1000)
    plant = Plant.running(Services.of(system, old), seed=seed)

    for step in steps(system, old, new):
        plant.carry_out(step)
    plant.finish()

    wanted = Services.of(system, new)
    assert plant.ended == ends(system, old, plant.arrived)
    assert plant.outputs.keys() == wanted.outputs.keys()
    assert all(set(plant.outputs[each]) == set(outputs) for each, outputs in wanted.outputs.items())
    assert set(plant.entries) == set(wanted.entries)


@pytest.mark.parametrize("seed", range(30))
def test_steps_that_are_taken_back_half_way_lose_nothing_and_leave_what_ran_before(seed: int) -> None:
    system = random_system(seed, components=4)
    old, new = any_placement(system, seed), any_placement(system, seed + 1000)
    plant = Plant.running(Services.of(system, old), seed=seed)
    done = list(steps(system, old, new))
    done = done[: random.Random(seed).randint(0, len(done))]

    for step in done:
        plant.carry_out(step)
    for step in reversed(done):
        plant.take_back(step)
    plant.finish()

    before = Services.of(system, old)
    assert plant.ended == ends(system, old, plant.arrived)
    assert plant.outputs.keys() == before.outputs.keys()
    assert all(set(plant.outputs[each]) == set(outputs) for each, outputs in before.outputs.items())


def test_the_plant_notices_steps_in_an_order_that_loses_requests() -> None:
    lost = 0
    for seed in range(20):
        system = random_system(seed, components=4)
        old, new = any_placement(system, seed), any_placement(system, seed + 1000)
        plant = Plant.running(Services.of(system, old), seed=seed)
        order = [step for step in steps(system, old, new) if not isinstance(step.do, Drain)]
        random.Random(seed).shuffle(order)
        try:
            for step in order:
                plant.carry_out(step)
            plant.finish()
        except (LostError, KeyError):
            lost += 1

    assert lost >= 15


def test_the_new_place_runs_before_anything_is_sent_there_and_the_old_one_is_drained_before_it_is_stopped() -> None:
    old = cut()
    new = cut(resources={**old.resources, ("fuse", "f"): "lambda"})

    does = [step.do for step in steps(small(), old, new)]

    assert [type(each) for each in does] == [Start, Switch, Switch, Drain, Stop]
    assert [str(each) for each in does] == [
        "Start fuse/f on lambda",
        "Send the results of sensor/s on vm to fuse/f on lambda",
        "Send the results of camera/b on lambda to fuse/f on lambda",
        "Wait until fuse/f on vm has worked off all that was sent to it",
        "Stop fuse/f on vm",
    ]


def test_another_deployment_of_a_first_component_is_started_from_its_end_and_what_arrives_is_switched_last() -> None:
    old = Placement(
        {"camera": "whole", "sensor": "only", "fuse": "only"},
        {("camera", "w"): "vm", ("sensor", "s"): "vm", ("fuse", "f"): "vm"},
        {"vm": 2},
    )

    sentences = [str(step) for step in steps(small(), old, cut())]

    assert sentences == [
        "Provision pi with 2 nodes",
        "Start camera/b on lambda, sending to fuse/f on vm",
        "Start camera/a on pi, sending to camera/b on lambda",
        "Send what arrives to camera/a on pi and sensor/s on vm",
        "Wait until camera/w on vm has worked off all that was sent to it",
        "Stop camera/w on vm",
        "Scale vm from 2 to 1 node",
    ]


def test_nodes_come_before_all_else_and_go_after_all_else() -> None:
    old, new = cut(nodes={"pi": 1, "vm": 3}), cut(nodes={"pi": 2, "vm": 1})

    does = [step.do for step in steps(small(), old, new)]

    assert does == [Scale(resource="pi", before=1, after=2), Scale(resource="vm", before=3, after=1)]


def test_between_equal_deployments_there_is_nothing_to_do() -> None:
    assert steps(small(), cut(), cut()) == ()


def test_components_of_a_degraded_application_go_and_those_of_the_whole_one_come() -> None:
    whole = small()
    without = {name: replace(each, next={}) for name, each in whole.components.items() if name != "fuse"}
    degraded = replace(whole, components=without, paths=())
    old = Placement({"camera": "whole", "sensor": "only"}, {("camera", "w"): "vm", ("sensor", "s"): "vm"}, {"vm": 1})
    new = Placement({**old.deployments, "fuse": "only"}, {**old.resources, ("fuse", "f"): "vm"}, {"vm": 1})

    coming = [str(step) for step in steps(whole, old, new, before=degraded)]
    going = [str(step) for step in steps(degraded, new, old, before=whole)]

    assert coming[0] == "Start fuse/f on vm"
    assert sorted(coming[1:]) == [
        "Send the results of camera/w on vm to fuse/f on vm",
        "Send the results of sensor/s on vm to fuse/f on vm",
    ]
    assert going[-1] == "Stop fuse/f on vm"
    assert sum(sentence.endswith("nowhere") for sentence in going) == 2


def test_a_node_that_cannot_hold_the_old_and_the_new_containers_at_once_is_named() -> None:
    system = small()
    old = Placement(
        {"camera": "whole", "sensor": "only", "fuse": "only"},
        {("camera", "w"): "pi", ("sensor", "s"): "vm", ("fuse", "f"): "vm"},
        {"pi": 1, "vm": 1},
    )
    new = replace(
        old,
        deployments={**old.deployments, "camera": "cut"},
        resources={("camera", "a"): "pi", ("camera", "b"): "pi", ("sensor", "s"): "vm", ("fuse", "f"): "vm"},
    )

    started = [step.do for step in steps(system, old, new) if isinstance(step.do, Start)]

    assert [each.short_of_memory for each in started] == [True, True]
    assert "pi is short of memory until others are stopped" in str(started[0])


def test_the_schema_that_lies_beside_the_code_is_that_of_the_steps() -> None:
    assert json.loads(SCHEMA.read_text()) == schema()


def test_the_file_of_steps_keeps_to_its_schema_and_is_read_back_as_it_was() -> None:
    given = steps(small(), cut(), cut(resources={**cut().resources, ("sensor", "s"): "jetson"}, nodes={"pi": 1}))
    validator = jsonschema_rs.Draft202012Validator(schema())

    written = json.loads(json.dumps(document(given)))

    assert list(validator.iter_errors(written)) == []
    assert Steps.model_validate_json(json.dumps(written)).steps == given
    del written["steps"][0]["do"]["action"]
    assert list(validator.iter_errors(written))
