"""From what runs now to what should: steps, degraded deployments, and what stays where nothing is feasible."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import pytest

from functions.optimize.answering import answered
from functions.optimize.outcome import Outcome
from functions.optimize.problem import Problem, read_problem
from functions.optimize.request import Request
from functions.optimize.revision import Now, Revision, from_now, going_on, names_of, ran, revised
from functions.optimize.writing import write as write_files
from functions.placement.evaluation import evaluate
from functions.placement.system import Placement
from functions.provisioning.names import Names
from functions.redeployment.history import History
from functions.runtime.errors import Rejected
from tests.unit.optimize.samples import DEGRADED, system, write

AT = datetime(2026, 11, 23, 4, tzinfo=UTC)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(DEGRADED, tmp_path_factory.mktemp("masks"))


@cache
def problem(folder: Path, load: float) -> Problem:
    return read_problem(folder, "masks", Request(load=load))


@cache
def first(folder: Path) -> Outcome:
    return answered(problem(folder, 1.5), Request(load=1.5), seconds=10)


def anew(folder: Path, now: Now, load: float) -> tuple[Outcome, Revision]:
    return revised(problem(folder, load), Request(load=load), now, seconds=5, at=AT, known={})


def test_a_load_that_what_runs_bears_changes_nothing_but_what_is_too_much(folder: Path) -> None:
    now = Now(first(folder).result())

    outcome, revision = anew(folder, now, 1.6)

    assert outcome.answer.cost == first(folder).answer.cost
    assert revision.steps == ()
    assert [each.load for each in revision.history.entries] == [1.6]


def test_devices_that_were_chosen_stay_and_the_steps_begin_with_what_is_new(folder: Path) -> None:
    now = Now(first(folder).result())

    outcome, revision = anew(folder, now, 4)

    assert outcome.answer.feasible
    assert outcome.answer.proven
    said = revision.sentences()
    assert said[0].startswith(("Provision", "Scale"))
    assert any(each.startswith("Start") for each in said)
    assert said.index(next(each for each in said if each.startswith("Stop"))) > said.index(
        next(each for each in said if each.startswith("Start"))
    )


def test_where_nothing_bears_the_load_the_application_runs_degraded_and_comes_back_when_it_can(folder: Path) -> None:
    now = Now(first(folder).result())

    outcome, revision = anew(folder, now, 20)
    back, way = anew(folder, Now(outcome.result(), revision.history), 1)

    result = outcome.result()
    assert (result.feasible, result.alternative) == (True, "small")
    assert "it runs degraded, as small" in outcome.sentence()
    assert result.placement is not None
    assert set(result.placement.deployments) == {"blur", "tiny"}
    assert {each.name for each in result.alternatives} == {"whole", "small"}
    assert back.result().alternative == ""
    assert any("detect" in each for each in way.sentences())
    assert any("Stop tiny" in each for each in way.sentences())


def test_what_runs_goes_on_where_nothing_is_feasible(folder: Path) -> None:
    now = Now(first(folder).result())

    outcome, revision = anew(folder, now, 100)
    again, way = anew(folder, Now(outcome.result(), revision.history), 1.5)

    assert outcome.result().feasible is False
    assert outcome.result().relaxation
    assert outcome.result().current == first(folder).answer.placement
    assert revision.history.entries == ()
    assert again.answer.cost == first(folder).answer.cost
    assert way.steps == ()


def test_a_limit_that_an_alert_made_smaller_is_kept_to(folder: Path) -> None:
    limits = {"global_constraint_1": 1.0}
    tight = problem(folder, 1.5).limited(limits)

    outcome, _ = revised(
        tight, Request(load=1.5), Now(first(folder).result()), seconds=5, at=AT, known={"limits": limits}
    )

    result = outcome.result()
    path = next(each for each in result.thresholds if each.name == "global_constraint_1")
    assert path.seconds is not None
    assert path.seconds <= path.limit == 1.0
    assert result.limits == limits


def test_a_constraint_is_known_by_each_name_that_monitors_have_for_it(folder: Path) -> None:
    known = problem(folder, 1.5).constraints()

    assert known == {
        "blur": ("blur", 2.0),
        "local_constraint_1": ("blur", 2.0),
        "global_constraint_1": ("global_constraint_1", 3.0),
    }


def test_degraded_deployments_are_placed_and_what_they_bear_is_told(folder: Path) -> None:
    result = first(folder).result()

    whole, small = result.alternatives
    assert (whole.name, whole.metric, whole.cost) == ("whole", 0.9, result.cost)
    assert whole.greatest_load is not None
    assert small.greatest_load is not None
    assert small.greatest_load > whole.greatest_load > 1.5


def test_names_and_passwords_of_clusters_are_kept_where_nothing_can_be_provisioned(
    folder: Path, tmp_path: Path
) -> None:
    revision = Revision(None, History(), {"computationalLayer2/resource1/cluster": "oscar-cluster-abc"})

    result = write_files(first(folder), lambda name: tmp_path / name, revision=revision)

    assert any("not provisioned" in each for each in result.warnings)
    assert json.loads((tmp_path / "names.json").read_text()) == revision.names
    assert (tmp_path / "names.json").stat().st_mode & 0o077 == 0


def test_what_is_told_of_degraded_deployments_is_what_is_known_at_the_new_load(folder: Path) -> None:
    before = first(folder).result()
    now = Now(before)

    low, high, over = (anew(folder, now, load)[0].result().alternatives for load in (1.6, 20, 300))

    known = {each.name: (each.metric, each.greatest_load) for each in before.alternatives}
    assert all({each.name: (each.metric, each.greatest_load) for each in told} == known for told in (low, high, over))
    assert [(each.feasible, each.cost) for each in low] == [(True, None), (True, None)]
    whole, small = high
    assert (whole.feasible, whole.cost) == (False, None)
    assert small.feasible
    assert small.cost == anew(folder, now, 20)[0].answer.cost
    assert [(each.feasible, each.cost) for each in over] == [(False, None), (False, None)]


def test_what_degraded_deployments_bear_is_not_known_any_more_where_a_limit_became_tighter(folder: Path) -> None:
    limits = {"global_constraint_1": 1.0}

    outcome, _ = revised(
        problem(folder, 1.5).limited(limits),
        Request(load=1.5),
        Now(first(folder).result()),
        seconds=5,
        at=AT,
        known={"limits": limits},
    )

    told = outcome.result().alternatives
    assert [(each.feasible, each.cost, each.greatest_load) for each in told] == [(None, None, None)] * 2
    assert [each.bound for each in told] == [each.bound for each in first(folder).result().alternatives]


def test_a_component_that_new_files_rename_is_drained_and_stopped(folder: Path, tmp_path: Path) -> None:
    renamed = write({name: text.replace("detect", "find") for name, text in DEGRADED.items()}, tmp_path)
    now = Now(first(folder).result(), ran=problem(folder, 1.5).system)

    _, revision = revised(
        read_problem(renamed, "masks", Request(load=1.5)), Request(load=1.5), now, seconds=5, at=AT, known={}
    )

    said = revision.sentences()
    assert any(each.startswith("Start find/find") for each in said)
    assert any(each.startswith("Stop detect/detect") for each in said)


def test_what_runs_is_known_where_files_come_anew_for_which_nothing_is_feasible(folder: Path, tmp_path: Path) -> None:
    now = Now(first(folder).result(), ran=problem(folder, 1.5).system)
    hopeless = answered(replace(problem(folder, 1e4), degraded={}), Request(load=1e4), seconds=5)

    outcome = going_on(hopeless, now)
    revision = from_now(outcome, now, at=AT)
    result = write_files(outcome, lambda name: tmp_path / name, revision=revision)

    assert result.placement is None
    assert result.current == first(folder).answer.placement
    assert not (tmp_path / "steps.json").exists()
    known = ran(result, lambda name: tmp_path / name)
    assert known is not None
    assert evaluate(known, now.placement or Placement({}, {}, {})).cost == first(folder).answer.cost


def test_devices_that_had_to_stay_are_named_where_others_could_have_been_chosen(tmp_path: Path) -> None:
    fields = system(load=1.5)
    fields["EdgeResources"]["edge"]["Jetson"] = {**fields["EdgeResources"]["edge"]["Pi"], "cost": 5.0}
    for name in ("blur", "detect"):
        fields["CompatibilityMatrix"][name]["h1"].append({"resource": "Jetson", "memory": 1024})
        fields["Performance"][name]["h1"]["Jetson"] = {"model": "QTedge", "demand": 0.0001}
    del fields["CloudResources"]
    for section in ("CompatibilityMatrix", "Performance"):
        for each in fields[section].values():
            here = each["h1"]
            each["h1"] = (
                [one for one in here if "VM" not in one["resource"]]
                if isinstance(here, list)
                else {one: what for one, what in here.items() if "VM" not in one}
            )
    fields["NetworkTechnology"]["ND1"]["computationalLayers"] = ["edge"]
    fields["GlobalConstraints"]["p1"]["global_res_time"] = 10.0
    folder = write({"masks.json": json.dumps(fields)}, tmp_path)
    before = answered(read_problem(folder, "masks", Request()), Request(), seconds=5)
    assert before.answer.placement is not None
    assert set(before.answer.placement.nodes) == {"Pi"}

    anew = read_problem(folder, "masks", Request(load=1000))
    outcome, _ = revised(anew, Request(load=1000), Now(before.result()), seconds=5, at=AT, known={})

    assert "No placement with Pi kept bears 1000 requests a second" in outcome.sentence()
    assert any("Pi had to stay, as it runs" in each for each in outcome.result().relaxation)
    assert answered(anew, Request(load=1000), seconds=5).answer.feasible


@pytest.mark.parametrize("value", ["../../evil", "/etc/evil", "x; rm -rf /", "<b>", "Oscar", "", "a" * 64])
def test_a_cluster_has_a_name_that_can_be_one_of_a_host_and_of_a_file(tmp_path: Path, value: str) -> None:
    path = tmp_path / "names.json"
    path.write_text(json.dumps({"layer/VM/cluster": value}))

    with pytest.raises(Rejected, match=r"names\.json"):
        names_of(path)


def test_names_that_were_drawn_are_taken(tmp_path: Path) -> None:
    names = Names()
    drawn = {"l/VM/cluster": names.cluster("l/VM"), "l/VM/minio": names.secret("l/VM", "minio")}
    (tmp_path / "names.json").write_text(json.dumps(drawn))

    assert names_of(tmp_path / "names.json") == drawn
