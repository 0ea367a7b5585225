"""The function by hand: what lands in a folder, and what comes of it."""

import json
from pathlib import Path

import pytest

from functions.optimize.handler import optimize
from functions.runtime import Rejected
from tests.conftest import Run
from tests.unit.optimize.samples import FLAT, JOBS, system_text

FAST = {"front_points": 0}


def test_a_system_alone_is_placed(run: Run) -> None:
    done = run(optimize, "masks.json", system_text().encode(), **FAST)

    result = json.loads(done.files["result.json"])
    assert (result["name"], result["feasible"], result["proven"], result["load"]) == ("masks", True, True, 1.5)
    assert done.metrics["cost"] == result["cost"]
    assert set(done.files) >= {"page.html", "system.json", "Output.json", "Output_max_Lambda_masks.json"}
    assert json.loads(done.files["Output.json"])["total_cost"] == pytest.approx(result["cost"])


def test_the_bytes_of_an_answer_are_the_same_but_for_its_times(run: Run) -> None:
    first, second = (run(optimize, "masks.json", system_text().encode(), **FAST).files for _ in range(2))

    assert {name for name in first if first[name] != second[name]} <= {"result.json", "page.html", "history.json"}
    assert _timeless(first["result.json"]) == _timeless(second["result.json"])


def _timeless(text: bytes) -> object:
    fields = json.loads(text)
    del fields["seconds"], fields["certificate"]["seconds"]
    del fields["manifest"]["page.html"], fields["manifest"]["history.json"]
    return fields


def test_an_application_is_placed_with_what_a_person_asks(run: Run) -> None:
    files = {name: text.encode() for name, text in FLAT.items()}
    files["optimize.yaml"] = b"load: 0.5\ndeployment: my masks\nfront: false\n"

    done = run(optimize, "application_dag.yaml", files.pop("application_dag.yaml"), beside=files)

    result = json.loads(done.files["result.json"])
    assert (result["name"], result["load"], result["front"]) == ("my masks", 0.5, [])
    assert b"selectedExecutionResource" in done.files["production_deployment.yaml"]
    assert any(b"tosca_definitions_version" in content for content in done.files.values())
    assert any(content.startswith(b"functions:") for content in done.files.values())


def test_what_cannot_be_provisioned_is_placed_all_the_same_with_a_warning(run: Run) -> None:
    files = {name: text.encode() for name, text in FLAT.items()}

    done = run(optimize, "application_dag.yaml", files.pop("application_dag.yaml"), beside=files, **FAST)

    result = json.loads(done.files["result.json"])
    assert result["feasible"]
    assert ["not provisioned" in each and "physical_nodes.yaml" in each for each in result["warnings"]] == [True]
    assert b"selectedExecutionResource: Pi" in done.files["production_deployment.yaml"]


def test_nothing_feasible_is_a_result_and_no_error(run: Run) -> None:
    done = run(optimize, "tight.json", system_text(limit=0.2).encode(), **FAST)

    result = json.loads(done.files["result.json"])
    assert (result["feasible"], result["placement"]) == (False, None)
    assert any("path p1" in each for each in result["relaxation"])
    assert json.loads(done.files["1.5_infeasible.json"])["feasible"] is False
    assert b"What is in the way" in done.files["page.html"]


def test_learnt_models_that_are_uploaded_with_an_application_are_asked(run: Run, learnt_application: Path) -> None:
    paths = [path for path in learnt_application.rglob("*") if "TEST" not in path.parts and path.suffix != ".svg"]
    files = {path.name: path.read_bytes() for path in paths if path.is_file()}
    model = files["blur.Pi.onnx"]

    done = run(optimize, "blur.Pi.onnx", files.pop("blur.Pi.onnx"), beside=files, **FAST)

    result = json.loads(done.files["result.json"])
    assert {each["partition"] for each in result["predictions"]} == {"blur", "detect"}
    assert done.files["blur.Pi.onnx"] == model
    assert not any("meanTime is taken" in each for each in result["warnings"])
    assert b"What the learnt models say" in done.files["page.html"]
    assert json.loads(done.files["steps.json"])["steps"]


def test_a_models_card_is_no_system(run: Run) -> None:
    beside = {name: text.encode() for name, text in FLAT.items()} | {"blur.Pi.onnx": b"x"}

    assert run(optimize, "blur.Pi.json", b"{}", beside=beside).files == {}


def test_jobs_are_scheduled(run: Run) -> None:
    files = {name: text.encode() for name, text in JOBS.items()}

    done = run(optimize, "tNodes.csv", files.pop("tNodes.csv"), beside=files, seconds=3)

    assert set(done.files) == {"result.json", "schedule.csv", "page.html"}
    assert json.loads(done.files["result.json"])["feasible"]


def test_an_object_that_is_no_part_of_a_problem_gives_nothing(run: Run) -> None:
    assert run(optimize, "notes.txt", b"hello").files == {}


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("masks.json", b"{}", "masks.json"),
        ("masks.json", b"\xff", "masks.json: it is not UTF-8 text"),
        ("application_dag.yaml", b"System: {}", "there is no"),
        ("x.workload.json", b'{"deployment": "app", "load": 2}', "nothing is deployed as 'app'"),
        ("x.workload.json", b'{"deployment": "app"}', "x.workload.json: load is missing: requests a second"),
    ],
)
def test_what_cannot_be_used_is_rejected_in_a_sentence(run: Run, name: str, content: bytes, said: str) -> None:
    with pytest.raises(Rejected) as refused:
        run(optimize, name, content)

    assert said in str(refused.value)
    assert "\n" not in str(refused.value)


def test_more_time_than_one_may_ask_for_is_refused(run: Run) -> None:
    with pytest.raises(Rejected, match="more than the 600 that may be asked for"):
        run(optimize, "masks.json", system_text().encode(), beside={"optimize.yaml": b"seconds: 3600"})
