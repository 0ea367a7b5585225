import ast
import json
import time
from dataclasses import replace
from math import inf, nan
from pathlib import Path
from typing import Any

import pytest

from functions.placement import evaluation
from functions.placement.evaluation import Evaluator, evaluate, with_load
from functions.placement.faas import response_time
from functions.placement.system import Measured, Part, Placement, System
from functions.placement.verdict import Violation
from tests.unit.placement.systems import cut, described, published, small, solution_of, system_of

FOLDERS = published()


def broken(system: System, placement: Placement) -> list[tuple[str, str]]:
    return [(each.rule, each.subject) for each in evaluate(system, placement).violations]


def stored(folder: Path) -> tuple[dict[str, Any], dict[Part, float], bool]:
    """Read a published solution: its text, the times of partitions, and whether some resource has two counts."""
    text = json.loads((folder / "best_sol_1.8.json").read_text())
    counts: dict[str, set[int]] = {}
    times: dict[Part, float] = {}
    for component, fields in text["components"].items():
        parts = next(each for each in fields.values() if isinstance(each, dict))
        for part, layers in parts.items():
            times[component, part] = layers.pop("response_time")
            for name, about in (pair for resources in layers.values() for pair in resources.items()):
                counts.setdefault(name, set()).add(about.get("number", 0))
    return text, times, any(len(found) > 1 for found in counts.values())


@pytest.mark.skipif(not FOLDERS, reason="../shared is not here")
def test_all_80_published_solutions_have_the_cost_and_the_times_that_were_published() -> None:
    assert len(FOLDERS) == 80
    mixed = 0
    for folder in FOLDERS:
        text, times, several = stored(folder)
        system = system_of(folder)

        verdict = evaluate(system, solution_of(folder, system))

        assert verdict.cost == pytest.approx(float(text["total_cost"]), rel=1e-9), folder
        assert verdict.violations == ()
        ours: dict[Any, float] = {
            **verdict.part_times,
            **verdict.component_times,
            **{("path", name): seconds for name, seconds in verdict.path_times.items()},
        }
        theirs: dict[Any, float] = {
            **times,
            **{name: fields["response_time"] for name, fields in text["components"].items()},
            **{("path", name): each["path_response_time"] for name, each in text["global_constraints"].items()},
        }
        if several:
            # One type of machine with two counts; its cost is that of the greater, which serves all a little faster.
            mixed += 1
            assert all(ours[key] <= theirs[key] * (1 + 1e-9) for key in theirs)
        else:
            assert ours == pytest.approx(theirs, rel=1e-9), folder
    assert mixed == 4


def test_requests_of_several_starts_add_up_where_they_join() -> None:
    judge = Evaluator(small())

    assert judge.loads == {"camera": 2.0, "sensor": 2.0, "fuse": 3.0}


def test_what_left_early_goes_on_to_the_next_component_but_not_to_the_next_partition() -> None:
    judge = Evaluator(small())

    assert judge.part_loads["camera", "b"] == pytest.approx(1.5)
    assert judge.reach["camera", "b"] == pytest.approx(0.75)
    assert judge.loads["fuse"] == 3.0


def test_nodes_cost_what_is_on_and_functions_what_their_component_keeps_busy() -> None:
    verdict = evaluate(small(), cut())

    # Two small nodes, one machine, and 0.5 s of a function for each of the component's 2 requests a second; 3 hours.
    assert verdict.cost == pytest.approx(3 * (2 * 1.0 + 2.0 + 0.5 * 0.5 * 2.0))
    assert verdict.feasible


def test_partitions_on_one_resource_slow_one_another_down() -> None:
    verdict = evaluate(small(), cut())

    busy = 0.01 * 2.0 + 0.05 * 3.0
    assert verdict.utilisation == {"pi": pytest.approx(0.1 * 2.0 / 2), "vm": pytest.approx(busy)}
    assert verdict.part_times["sensor", "s"] == pytest.approx(0.01 / (1 - busy))
    assert verdict.part_times["fuse", "f"] == pytest.approx(0.05 / (1 - busy))


def test_functions_take_what_the_steady_state_says() -> None:
    verdict = evaluate(small(), cut())

    expected = response_time(2.0, warm=0.5, cold=2.0, idle=600.0)
    assert verdict.part_times["camera", "b"] == pytest.approx(float(expected))


def test_the_quickest_of_the_networks_that_have_both_layers_is_taken() -> None:
    verdict = evaluate(small(), cut())

    assert verdict.network[("camera", "a"), ("camera", "b")] == pytest.approx(
        min(0.01 + 8 * 40 / 100, 2 + 8 * 40 / 1e4)
    )
    assert verdict.network[("camera", "b"), ("fuse", "f")] == pytest.approx(min(0.01 + 8 * 10 / 100, 2 + 8 * 10 / 1e4))
    assert verdict.network[("sensor", "s"), ("fuse", "f")] == 0.0


def test_a_component_s_time_weighs_its_parts_and_networks_by_who_comes_that_far() -> None:
    verdict = evaluate(small(), cut())

    hop = verdict.network[("camera", "a"), ("camera", "b")]
    assert verdict.component_times["camera"] == pytest.approx(
        verdict.part_times["camera", "a"] + 0.75 * (hop + verdict.part_times["camera", "b"])
    )


def test_a_path_s_time_has_the_networks_between_its_components() -> None:
    verdict = evaluate(small(), cut())

    hop = verdict.network[("camera", "b"), ("fuse", "f")]
    components = verdict.component_times
    assert verdict.path_times == {"p": pytest.approx(components["camera"] + hop + components["fuse"])}


def test_without_load_nothing_waits_and_functions_cost_nothing() -> None:
    verdict = evaluate(with_load(small(), 0.0), cut())

    assert verdict.feasible
    assert verdict.cost == pytest.approx(3 * (2 * 1.0 + 2.0))
    assert verdict.part_times["camera", "a"] == 0.1
    assert verdict.part_times["camera", "b"] == 2.0


def test_utilisation_at_the_limit_is_allowed_and_above_it_is_not() -> None:
    at_limit = with_load(small(LocalConstraints={}, GlobalConstraints={}), 0.995 * 2 / 0.1)
    on_edge = cut(resources=dict(cut().resources) | {("sensor", "s"): "vm", ("fuse", "f"): "lambda"})

    assert broken(at_limit, on_edge) == []
    assert broken(with_load(at_limit, at_limit.load * (1 + 1e-6)), on_edge) == [("utilisation", "pi")]


def test_a_queue_without_steady_state_takes_for_ever() -> None:
    verdict = evaluate(with_load(small(), 20.0), cut())

    assert verdict.part_times["camera", "a"] == inf
    assert verdict.path_times["p"] == inf
    assert [each.rule for each in verdict.violations] == ["utilisation", "utilisation", "local", "path"]


def test_nobody_waits_for_a_partition_that_nobody_comes_to() -> None:
    text = described()
    text["Components"]["camera"]["cut"]["a"]["early_exit_probability"] = 1.0
    placement = cut(resources=dict(cut().resources) | {("camera", "b"): "vm"})

    verdict = evaluate(with_load(small(**text), 12.0), placement)

    assert verdict.part_times["camera", "b"] == inf
    assert verdict.component_times["camera"] == verdict.part_times["camera", "a"]


def test_times_are_judged_against_their_limits() -> None:
    tight = small(
        LocalConstraints={"fuse": {"local_res_time": 0.05}},
        GlobalConstraints={"p": {"components": ["camera", "fuse"], "global_res_time": 1.0}},
    )

    verdict = evaluate(tight, cut())

    assert [(each.rule, each.subject) for each in verdict.violations] == [("local", "fuse"), ("path", "p")]
    assert verdict.violations[0].value == verdict.component_times["fuse"]
    assert "fuse takes 0.060241 s, above its 0.05 s" in str(verdict.violations[0])


def test_a_limit_that_is_met_exactly_is_met() -> None:
    seconds = evaluate(small(), cut()).component_times["camera"]

    assert broken(small(LocalConstraints={"camera": {"local_res_time": seconds}}), cut()) == []
    assert broken(small(LocalConstraints={"camera": {"local_res_time": seconds * (1 - 1e-6)}}), cut()) != []


def test_more_nodes_than_there_are_or_none_are_refused() -> None:
    assert broken(small(), cut(nodes={"pi": 3, "vm": 1})) == [("nodes", "pi")]
    assert ("nodes", "pi") in broken(small(), cut(nodes={"pi": 0, "vm": 1}))
    assert ("nodes", "pi") in broken(small(), cut(nodes={"pi": -1, "vm": 1}))
    assert ("nodes", "pi") in broken(small(), cut(nodes={"pi": 1.5, "vm": 1}))
    assert ("nodes", "pi") in broken(small(), cut(nodes={"pi": nan, "vm": 1}))


def test_nodes_that_run_nothing_are_refused_and_charged() -> None:
    verdict = evaluate(small(), cut(nodes={"pi": 2, "vm": 1, "jetson": 1}))

    assert [str(each) for each in verdict.violations] == ["jetson has 1 nodes on for nothing"]
    assert verdict.cost == pytest.approx(evaluate(small(), cut()).cost + 3 * 3.0)


def test_the_containers_on_a_resource_share_the_memory_of_one_node() -> None:
    everything = {("camera", "a"): "pi", ("camera", "b"): "lambda", ("sensor", "s"): "pi", ("fuse", "f"): "pi"}

    found = evaluate(small(), cut(resources=everything, nodes={"pi": 2})).violations

    assert ("memory", "pi", 1400.0, 1000.0) in [(each.rule, each.subject, each.value, each.limit) for each in found]


def test_each_container_has_a_function_s_memory_for_itself() -> None:
    both = cut(resources=dict(cut().resources) | {("fuse", "f"): "lambda"})
    small_one = described()["FaaSResources"]
    small_one["functions"]["lambda"]["memory"] = 550

    assert broken(small(), both) == []
    assert broken(small(FaaSResources=small_one), both) == [("memory", "fuse/f on lambda")]


def test_one_type_of_resource_a_layer_may_be_in_use() -> None:
    both = cut(resources=dict(cut().resources) | {("camera", "b"): "jetson"}, nodes={"pi": 2, "vm": 1, "jetson": 1})

    assert broken(small(), both) == [("layer", "near")]


def test_what_follows_the_cloud_is_not_on_the_edge() -> None:
    back = cut(resources=dict(cut().resources) | {("fuse", "f"): "pi"})

    assert broken(small(), back) == [("back_to_edge", "camera/b to fuse/f"), ("back_to_edge", "sensor/s to fuse/f")]


def test_parts_that_nothing_joins_are_refused_though_no_path_is_limited() -> None:
    apart = small(NetworkTechnology={"lan": described()["NetworkTechnology"]["lan"]}, GlobalConstraints={})

    verdict = evaluate(apart, cut())

    assert ("network", "camera/a to camera/b") in [(each.rule, each.subject) for each in verdict.violations]
    assert ("network", "camera/b to fuse/f") in [(each.rule, each.subject) for each in verdict.violations]
    assert verdict.component_times["camera"] == inf


def test_a_partition_whose_times_were_measured_has_its_resource_for_itself() -> None:
    alone = cut(
        deployments={"camera": "whole", "sensor": "only", "fuse": "only"},
        resources={("camera", "w"): "vm", ("sensor", "s"): "jetson", ("fuse", "f"): "vm"},
        nodes={"jetson": 1, "vm": 1},
    )
    shared = cut(
        resources={("camera", "a"): "jetson", ("camera", "b"): "vm", ("sensor", "s"): "jetson", ("fuse", "f"): "vm"},
        nodes={"jetson": 1, "vm": 1},
    )

    assert evaluate(small(), alone).part_times["sensor", "s"] == 0.7
    assert broken(small(), alone) == []
    assert ("alone", "jetson") in broken(small(), shared)


def test_measured_times_are_those_of_the_nodes_that_are_on() -> None:
    system = small()
    partition = system.components["sensor"].partitions["s"]
    measured = replace(partition.candidates["vm"], behaviour=Measured((4.0, 2.0, 1.5, 1.25), occupancy=0.1))
    sensor = replace(system.components["sensor"], partitions={"s": replace(partition, candidates={"vm": measured})})
    with_measured = replace(system, components=dict(system.components) | {"sensor": sensor})
    placement = cut(resources=dict(cut().resources) | {("fuse", "f"): "lambda"}, nodes={"pi": 2, "vm": 3})

    verdict = evaluate(with_measured, placement)

    assert verdict.part_times["sensor", "s"] == 1.5
    assert verdict.utilisation["vm"] == pytest.approx(0.1 * 2.0 / 3)


def test_what_has_no_place_is_named_and_nothing_else_fails() -> None:
    missing = Placement({"camera": "cut", "sensor": "only"}, {("camera", "a"): "pi", ("sensor", "s"): "vm"}, {"vm": 1})

    verdict = evaluate(small(), missing)

    assert {(each.rule, each.subject) for each in verdict.violations} == {
        ("incomplete", "camera/b"),
        ("incomplete", "fuse"),
        ("incomplete", "number of nodes of pi"),
    }
    assert verdict.component_times["camera"] == verdict.component_times["fuse"] == verdict.path_times["p"] == inf


def test_an_empty_placement_is_refused_component_by_component() -> None:
    assert broken(small(), Placement({}, {}, {})) == [
        ("incomplete", "camera"),
        ("incomplete", "sensor"),
        ("incomplete", "fuse"),
    ]


def test_unknown_names_are_refused_wherever_they_stand() -> None:
    strange = Placement(
        {"camera": "halved", "sensor": "only", "fuse": "only", "ghost": "only"},
        {("sensor", "s"): "vm2", ("fuse", "f"): "jetson", ("camera", "w"): "pi", ("ghost", "g"): "vm"},
        {"vm3": 1},
    )

    assert {subject for rule, subject in broken(small(), strange) if rule == "unknown"} == {
        "deployment halved of camera",
        "component ghost",
        "resource vm2",
        "fuse/f on jetson",
        "camera/w in the deployments that are chosen",
        "ghost/g in the deployments that are chosen",
        "resource vm3",
    }


def test_partitions_of_a_deployment_that_is_not_chosen_have_no_place() -> None:
    extra = cut(resources=dict(cut().resources) | {("camera", "w"): "pi"})

    assert broken(small(), extra) == [("unknown", "camera/w in the deployments that are chosen")]


@pytest.mark.parametrize(
    ("violation", "sentence"),
    [
        (Violation("nodes", "vm", 5, 4), "vm has 5 nodes on, where 1 to 4 may be"),
        (Violation("memory", "vm", 9000, 8000), "vm needs 9000 MB of memory and has 8000"),
        (Violation("utilisation", "vm", 1.25, 0.995), "vm is in use for 1.25 of its time, above 0.995"),
        (Violation("path", "p", 9.5, 8), "path p takes 9.5 s, above its 8 s"),
        (Violation("layer", "near", 2, 1), "near has 2 types of resource in use, where 1 may be"),
    ],
)
def test_a_broken_rule_is_one_sentence(violation: Violation, sentence: str) -> None:
    assert str(violation) == sentence


@pytest.mark.skipif(not FOLDERS, reason="../shared is not here")
def test_a_placement_of_15_components_is_judged_in_two_milliseconds() -> None:
    folder = next(each for each in FOLDERS if "15Components" in str(each))
    system = system_of(folder)
    placement = solution_of(folder, system)
    judge = Evaluator(system)
    judge.evaluate(placement)

    started = time.process_time()
    for _ in range(50):
        judge.evaluate(placement)

    assert (time.process_time() - started) / 50 < 0.002


def imported(path: Path) -> set[str]:
    """Give the modules below functions.placement that a file imports."""
    found = (node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.ImportFrom))
    return {each.module or "" for each in found if (each.module or "").startswith("functions.placement.")}


def test_the_evaluator_shares_no_formula_with_the_programme_that_it_judges_but_the_functions_steady_state() -> None:
    folder = Path(evaluation.__file__).parent
    types = {f"functions.placement.{name}" for name in ("system", "verdict")}

    judge = imported(folder / "evaluation.py") | imported(folder / "basis.py")
    assert judge - types == {"functions.placement.basis", "functions.placement.faas"}
    for path in sorted((folder / "exact").glob("*.py")):
        assert "functions.placement.basis" not in imported(path), path
