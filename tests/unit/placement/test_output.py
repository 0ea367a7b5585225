import json
from math import inf
from pathlib import Path
from typing import Any

import pytest

from functions.placement import output, solution_json
from functions.placement.answer import Answer, Relaxation
from functions.placement.evaluation import evaluate
from functions.placement.system import Placement
from functions.runtime.errors import Rejected
from tests.unit.placement.systems import cut, published, small, solution_of, system_of

FOLDERS = published()


def answer(placement: Placement = cut()) -> Answer:  # noqa: B008 - it is frozen
    verdict = evaluate(small(), placement)
    return Answer(True, placement, verdict, verdict.cost, verdict.cost, 0.0, 0.1, True, "list")


def test_an_answer_has_the_fields_that_space4ai_d_writes() -> None:
    fields = json.loads(output.text(small(), answer()))

    assert list(fields) == ["Lambda", "components", "global_constraints", "total_cost", "feasible"]
    assert fields["components"]["camera"]["cut"]["a"]["near"]["pi"] == {
        "description": "a small one",
        "cost": 2.0,
        "memory": 1000,
        "number": 2,
    }
    assert fields["components"]["camera"]["cut"]["b"]["functions"]["lambda"]["idle_time_before_kill"] == 600
    assert fields["components"]["camera"]["response_time_threshold"] == 5.0
    assert fields["components"]["fuse"]["response_time_threshold"] == "inf"
    assert fields["global_constraints"]["p"]["global_res_time"] == 8.0
    assert fields["total_cost"] == answer().cost
    assert fields["feasible"] is True


def test_what_is_written_is_read_again_as_the_same_placement(tmp_path: Path) -> None:
    (tmp_path / output.NAME).write_text(output.text(small(), answer()))

    assert solution_json.read(tmp_path / output.NAME, small()) == cut()


@pytest.mark.skipif(not FOLDERS, reason="../shared is not here")
def test_published_solutions_are_written_with_the_numbers_that_were_published() -> None:
    for folder in FOLDERS[::8]:
        theirs = json.loads((folder / "best_sol_1.8.json").read_text())
        system = system_of(folder)

        ours = output.content(system, solution_of(folder, system))

        assert ours["total_cost"] == pytest.approx(float(theirs["total_cost"]), rel=1e-9)
        assert ours["components"].keys() == theirs["components"].keys()
        for name, each in theirs["components"].items():
            assert ours["components"][name].keys() == each.keys()
            assert ours["components"][name]["response_time_threshold"] == each["response_time_threshold"]


def test_the_greatest_load_has_a_file_of_the_same_shape() -> None:
    fields = json.loads(output.at_load(small(), cut(), 4.0))

    assert output.maximum_name("original_deployment") == "Output_max_Lambda_original_deployment.json"
    assert fields["Lambda"] == 4.0
    assert fields["components"]["fuse"]["response_time"] > answer().evaluation.component_times["fuse"]  # type: ignore[union-attr]


def test_a_time_that_never_ends_is_written_as_text() -> None:
    fields = json.loads(output.at_load(small(), cut(), 40.0))

    assert fields["components"]["camera"]["response_time"] == "inf"
    assert fields["feasible"] is False


def test_why_there_is_no_placement_is_told_with_what_is_to_be_relaxed() -> None:
    system = small(
        LocalConstraints={"fuse": {"local_res_time": 0.05}},
        GlobalConstraints={"p": {"components": ["camera", "fuse"], "global_res_time": 1.0}},
    )
    changes = evaluate(system, cut()).violations
    none = Answer(False, None, None, None, inf, None, 0.1, True, "list", Relaxation("too tight", changes, cut(), True))

    fields = json.loads(output.infeasible(system, none))

    assert output.infeasible_name(2.0) == "2_infeasible.json"
    assert fields["reason"] == "too tight"
    assert [each["subject"] for each in fields["relaxation"]] == ["fuse", "p"]
    assert list(fields["components"]) == ["fuse"]
    assert fields["global_constraints"]["p"]["path_response_time"] > 1
    assert fields["Resources"]["pi"] == {"description": "a small one", "number": 2, "utilization": pytest.approx(0.1)}


def test_running_out_of_time_is_told_too() -> None:
    none = Answer(None, None, None, None, 0.0, None, 60.0, False, "list")

    assert json.loads(output.infeasible(small(), none))["reason"] == "no placement was found in time"


def test_partitions_on_functions_are_read_where_space4ai_r_writes_them() -> None:
    fields = output.content(small(), cut())
    camera = fields["components"]["camera"]
    camera["b"] = camera["cut"].pop("b")
    camera["cut"]["b"] = {"response_time": camera["b"].pop("response_time")}
    for each in fields["components"].values():
        each["response_time"] = [each["response_time"]]

    assert solution_json.parse(json.dumps(fields), small(), source="sol.json") == cut()


def test_of_several_numbers_of_nodes_the_greatest_counts() -> None:
    fields = output.content(small(), cut())
    fields["components"]["fuse"]["only"]["f"]["far"]["vm"]["number"] = 3

    assert solution_json.parse(json.dumps(fields), small(), source="sol.json").nodes == {"pi": 2, "vm": 3}


@pytest.mark.parametrize(
    ("place", "value", "sentence"),
    [
        ((), {}, "sol.json: components is missing"),
        ((), {"components": {"camra": {}}}, "components.camra is no component of the system; did you mean camera?"),
        ((), {"components": {"camera": {}}}, "components.camera places nothing, which is none of its deployments"),
        (
            ("components", "camera"),
            {"cutt": {}},
            "components.camera.cutt is no deployment or partition of the system; did",
        ),
        (("components", "camera", "cut"), {"c": {}}, "components.camera.c is no partition of the system"),
        (("components", "camera", "cut"), {"a": {}}, "components.camera places a, which is none of its deployments"),
        (
            ("components", "fuse", "only", "f", "far"),
            {"vmm": {}},
            "far.vmm is no resource of the system; did you mean vm?",
        ),
        (("components", "fuse", "only", "f", "far"), {"vm": {}}, "far.vm.number must be a whole number"),
        (("components", "fuse", "only", "f", "far"), {"vm": {"number": 1.5}}, "far.vm.number must be a whole number"),
    ],
)
def test_what_is_no_placement_of_the_system_is_refused(place: tuple[str, ...], value: Any, sentence: str) -> None:
    fields: Any = output.content(small(), cut())
    inner = fields
    for name in place[:-1]:
        inner = inner[name]
    if place:
        inner[place[-1]] = value
    else:
        fields = value

    with pytest.raises(Rejected) as failure:
        solution_json.parse(json.dumps(fields), small(), source="sol.json")

    assert sentence in failure.value.message
