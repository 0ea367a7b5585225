"""Optimising on events, on a real store and a real broker: one answer a set, and one line of deployments."""

import json
import time
from pathlib import Path

from functions.watching.alerts import Alert
from functions.watching.rules import Rule
from tests.pipeline.optimize.conftest import Optimizing
from tests.pipeline.watching import alone
from tests.unit.optimize.samples import DEGRADED, FLAT, TREE, system_text


def test_sets_uploaded_in_any_order_flat_or_as_a_tree_are_placed_once_each(plane: Optimizing) -> None:
    orders = {"one": FLAT, "two": dict(reversed(list(FLAT.items()))), "three": TREE}
    names = {name: plane.place(name, files) for name, files in orders.items()}

    results = {}
    for name in orders:
        run = alone(plane.ended(*names[name]))
        results[name] = plane.result(run)
        assert {one.key.split("/")[1] for one in run.outputs} == {name}
        assert {one.bucket for one in run.outputs} == {"optimized"}
        assert len(run.members) == len(FLAT)
    assert {name: result.name for name, result in results.items()} == {name: name for name in orders}
    assert len({result.certificate["placement"] for result in results.values()}) == 1
    assert all(result.proven for result in results.values())


def test_a_load_that_changes_leads_to_steps_from_what_runs_now(plane: Optimizing) -> None:
    first = alone(plane.ended(plane.upload("in/app.json", system_text())))

    more = plane.ended(plane.happens("1.workload.json", deployment="app", load=4.0))[0]
    less = plane.ended(plane.happens("2.workload.json", deployment="app", load=1.5))[0]

    assert [run.state for run in (more, less)] == ["committed", "committed"]
    assert [more.follows, less.follows] == [first.name, more.name]
    results = [plane.result(run) for run in (first, more, less)]
    assert [result.load for result in results] == [1.5, 4.0, 1.5]
    assert results[1].feasible
    assert results[1].bound is not None
    assert results[1].bound <= (results[1].cost or 0)
    assert results[2].cost == results[0].cost
    for run in (more, less):
        assert {one.key.split("/")[1] for one in run.outputs} == {"app"}
        assert json.loads(plane.text(run, "steps.json"))["steps"]
    assert len(json.loads(plane.text(less, "history.json"))["entries"]) == 3


def test_learnt_models_that_lie_in_an_applications_tree_are_asked_at_each_load(
    plane: Optimizing, learnt_application: Path
) -> None:
    paths = [path for path in sorted(learnt_application.rglob("*.*")) if "TEST" not in path.parts]
    paths = [path for path in paths if path.suffix == ".onnx" or path.parent.name != "models"]  # no cards, no pictures
    files = {path.relative_to(learnt_application).as_posix(): path.read_bytes() for path in paths}

    first = alone(plane.ended(*(plane.upload(f"in/learnt/{name}", content) for name, content in files.items())))
    busy = plane.ended(plane.happens("learnt.workload.json", deployment="learnt", load=1.4))[0]
    quiet = plane.ended(plane.happens("learnt2.workload.json", deployment="learnt", load=0.5))[0]

    results = [plane.result(run) for run in (first, busy, quiet)]
    assert [result.load for result in results] == [1.5, 1.4, 0.5]
    assert all(result.predictions for result in results)
    assert all(len(result.models) == 4 for result in results)
    times = [{each.partition: each for each in result.predictions}["blur"] for result in results[1:]]
    assert [each.load for each in times] == [1.4, 0.5]
    assert {one.key.rpartition("/")[2] for one in busy.outputs} >= {"blur.Pi.onnx", "steps.json"}


def test_events_that_come_all_at_once_are_one_line_and_the_latest_measurement_holds(plane: Optimizing) -> None:
    plane.ended(plane.upload("in/busy.json", system_text()))
    stamps = {4: 2.5, 1: 3.5, 3: 2.0, 2: 4.0}

    names = [
        plane.happens(f"busy-{stamp}.workload.json", deployment="busy", load=load, status_timestamp=1763870400 + stamp)
        for stamp, load in stamps.items()
    ]
    runs = plane.ended(*names)

    assert {run.state for run in runs} == {"committed"}
    worked = [run for run in runs if run.outputs]
    assert len({run.follows for run in worked}) == len(worked)
    last = next(run for run in worked if run.name not in {each.follows for each in worked})
    assert plane.result(last).load == 2.5


def test_an_alert_makes_a_limit_tighter(plane: Optimizing) -> None:
    before = plane.result(alone(plane.ended(plane.upload("in/slow.json", system_text()))))
    path = next(each for each in before.thresholds if each.name == "p1")
    assert path.seconds is not None

    alert = Alert(Rule("p1", "global", low=1), path.seconds * 1.5, time.time())  # as watch-constraints writes them
    run = plane.ended(plane.upload(f"events/{alert.file_name('slow')}", alert.text("slow")))[0]

    after = plane.result(run)
    anew = next(each for each in after.thresholds if each.name == "p1")
    assert anew.seconds is not None
    assert after.limits["p1"] == anew.limit < path.limit / 1.4
    assert anew.seconds <= anew.limit


def test_files_that_are_uploaded_anew_lead_on_from_what_runs_and_events_follow_them(plane: Optimizing) -> None:
    first = alone(plane.ended(plane.upload("in/grown.json", system_text(load=1.0))))

    second = alone(plane.ended(plane.upload("in/grown.json", system_text(load=3.0))))
    event = plane.ended(plane.happens("grown.workload.json", deployment="grown", load=1.0))[0]

    assert (second.follows, event.follows) == (first.name, second.name)
    assert json.loads(plane.text(second, "steps.json"))["steps"]
    assert plane.result(event).origin == second.name
    assert [plane.result(run).load for run in (first, second, event)] == [1.0, 3.0, 1.0]


def test_another_folder_of_the_same_name_is_not_taken_for_the_same_deployment(plane: Optimizing) -> None:
    plane.ended(plane.upload("in/here/twice.json", system_text()))

    run = plane.ended(plane.upload("in/there/twice.json", system_text(load=2)))[0]

    assert run.state == "failed"
    assert "twice is what was placed from optimize/in/here, and this is optimize/in/there" in run.failures[-1].reason
    assert "deployment:" in run.failures[-1].hint


def test_a_load_that_is_too_much_leads_to_a_degraded_deployment(plane: Optimizing) -> None:
    plane.ended(*plane.place("degraded", DEGRADED))

    run = plane.ended(plane.happens("degraded.workload.json", deployment="degraded", load=20))[0]

    assert plane.result(run).alternative == "small"
    assert any(one.key.endswith("/Output_max_Lambda_degraded.json") for one in run.outputs)


def test_an_event_that_names_no_deployment_is_a_dead_letter_that_says_so(plane: Optimizing) -> None:
    run = plane.ended(plane.happens("x.workload.json", deployment="nobody", load=1))[0]

    assert run.state == "failed"
    assert "nothing is deployed as 'nobody'" in run.failures[-1].reason


def test_an_incomplete_set_is_one_dead_letter_that_names_what_is_missing(plane: Optimizing) -> None:
    names = plane.place("lacking", {name: text for name, text in FLAT.items() if name != "candidate_resources.yaml"})

    runs = plane.ended(*names)

    failed = [run for run in runs if run.state == "failed"]
    assert len(failed) == 1
    assert "there is no candidate_resources.yaml" in failed[0].failures[-1].reason


def test_a_malformed_file_is_a_dead_letter_with_its_line(plane: Optimizing) -> None:
    text = FLAT["application_dag.yaml"].replace("dependencies", "dependancies")

    runs = plane.ended(*plane.place("malformed", {**FLAT, "application_dag.yaml": text}))

    reasons = [run.failures[-1].reason for run in runs if run.state == "failed"]
    assert len(reasons) == 1
    assert "application_dag.yaml: line 4: System.dependancies is not a field; did you mean dependencies?" in reasons[0]
