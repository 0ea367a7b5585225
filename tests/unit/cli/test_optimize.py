"""``noria optimize``, run as a person runs it."""

import json
from pathlib import Path

import pytest

from functions.optimize.result import PlacementText
from functions.placement.evaluation import evaluate
from functions.placement.system_json import parse
from tests.pipeline.noria import Noria
from tests.unit.optimize.samples import FLAT, JOBS, TREE, system_text, write


@pytest.fixture
def noria(tmp_path: Path) -> Noria:
    return Noria(tmp_path / ".noria", {"OPTIMIZE_FRONT_POINTS": "2"})


@pytest.fixture
def system(tmp_path: Path) -> Path:
    return write({"masks.json": system_text()}, tmp_path) / "masks.json"


def test_a_system_is_answered_with_one_document_that_the_evaluator_confirms(noria: Noria, system: Path) -> None:
    found = noria.json("optimize", system, "--load", "2")

    assert (found["feasible"], found["proven"], found["load"]) == (True, True, 2.0)
    assert found["bound"] == pytest.approx(found["cost"], rel=1e-6)
    assert found["gap"] <= 1e-6
    assert found["bound"] <= found["cost"]
    judged = evaluate(parse(system_text(load=2), source="masks.json"), PlacementText(**found["placement"]).placement)
    assert judged.feasible
    assert judged.cost == pytest.approx(found["cost"])
    assert found["files"] == []


def test_a_person_reads_a_sentence_and_two_tables(noria: Noria, system: Path) -> None:
    said = noria("optimize", system)

    assert "1.5 requests a second cost" in said
    assert "the least possible, proven" in said
    assert "response time of" in said
    assert "component" in said


@pytest.mark.parametrize("files", [FLAT, TREE], ids=["flat", "tree"])
def test_an_application_is_placed_and_everything_is_written(
    noria: Noria, tmp_path: Path, files: dict[str, str]
) -> None:
    app = write(files, tmp_path / "my-app")

    found = noria.json("optimize", app, "--output", tmp_path / "placed")

    names = {str(Path(name).relative_to(tmp_path / "placed")) for name in found["files"]}
    assert names >= {"result.json", "page.html", "system.json", "Output.json", "production_deployment.yaml"}
    assert (found["name"], found["application"], found["load"]) == ("my-app", "masks", 1.5)
    assert found["front"]
    assert "<title>my-app: where it runs</title>" in (tmp_path / "placed/page.html").read_text()
    assert {each.name for each in (tmp_path / "placed").iterdir()} == {name.partition("/")[0] for name in names}


def test_nothing_feasible_is_an_answer_that_says_what_to_relax(noria: Noria, tmp_path: Path) -> None:
    system = write({"tight.json": system_text(limit=0.2)}, tmp_path) / "tight.json"

    found = noria.json("optimize", system, code=5)
    said = noria("optimize", system, code=5)

    assert (found["feasible"], found["placement"], found["cost"]) == (False, None, None)
    assert found["relaxation"]
    assert "path p1" in " ".join(found["relaxation"])
    assert "No placement bears 1.5 requests a second" in said


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["gone.json"], "there is no gone.json"),
        (["masks.json", "--method", "tabusaerch"], "did you mean TabuSearch?"),
        (["wrong.json"], "wrong.json"),
        (["empty"], "application_dag.yaml"),
        (["app"], "nobody says how many requests a second arrive"),
        (["masks.json", "--current", "masks.json"], "masks.json is no result of an optimisation"),
    ],
)
def test_what_cannot_be_used_is_one_sentence_and_exit_code_3(
    noria: Noria, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], said: str
) -> None:
    write({"masks.json": system_text(), "wrong.json": system_text().replace("Components", "Component")}, tmp_path)
    write({name: text for name, text in FLAT.items() if name != "optimize.yaml"}, tmp_path / "app")
    (tmp_path / "empty").mkdir()
    given = [tmp_path / each if (tmp_path / each).exists() else each for each in arguments]

    done = noria.run("optimize", *given)

    assert (done.returncode, done.stdout) == (3, "")
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert len(done.stderr.strip().splitlines()) <= 2


def test_wrong_options_are_wrong_usage(noria: Noria, system: Path) -> None:
    for options in (["--load", "0"], ["--load", "many"], ["--seconds", "-1"], ["--lod", "2"]):
        assert noria.run("optimize", system, *options).returncode == 2


def test_methods_of_the_original_run_by_any_of_their_names(noria: Noria, system: Path) -> None:
    best = noria.json("optimize", system)["cost"]

    for name in ("RandomGreedy", "tabu_search"):
        found = noria.json("optimize", system, "--method", name, "--seconds", "30")
        assert found["feasible"]
        assert found["cost"] >= best - 1e-9
        assert not found["proven"]


def test_jobs_are_scheduled(noria: Noria, tmp_path: Path) -> None:
    folder = write(JOBS, tmp_path / "jobs")

    found = noria.json("optimize", folder, "--seconds", "5", "--output", tmp_path / "out")

    assert found["feasible"]
    assert found["bound"] <= found["cost"]
    assert {Path(name).name for name in found["files"]} == {"result.json", "schedule.csv", "page.html"}


def test_what_runs_now_is_where_the_next_answer_begins_and_the_steps_lead_there(
    noria: Noria, system: Path, tmp_path: Path
) -> None:
    noria.json("optimize", system, "--output", tmp_path / "first")

    found = noria.json(
        "optimize", system, "--load", "4", "--current", tmp_path / "first/result.json", "--output", tmp_path / "next"
    )

    assert (found["feasible"], found["load"]) == (True, 4.0)
    assert found["bound"] <= found["cost"]
    assert json.loads((tmp_path / "next/steps.json").read_text())["steps"]
    assert "From what runs now" in (tmp_path / "next/page.html").read_text()


@pytest.mark.parametrize(
    "option", ["--load=nan", "--load=inf", "--load=1e308", "--load=0", "--seconds=nan", "--method="]
)
def test_a_number_that_cannot_be_counted_with_is_wrong_usage(noria: Noria, system: Path, option: str) -> None:
    done = noria.run("optimize", system, option)

    assert done.returncode == 2
    assert option.partition("=")[0] in done.stderr


def test_a_folder_that_is_written_to_again_keeps_names_of_clusters_and_nothing_else_of_before(
    noria: Noria, tmp_path: Path
) -> None:
    app, out = write(FLAT, tmp_path / "my-app"), tmp_path / "out"
    noria.json("optimize", app, "--output", out, "--no-front")
    (out / "names.json").write_text('{"computationalLayer2/VM1/cluster": "oscar-cluster-mine"}')
    (out / "deploy.json").write_text("mine")

    found = noria.json("optimize", app, "--load", "1e5", "--output", out, "--no-front", code=5)

    listed = {str(Path(name).relative_to(out)) for name in found["files"]}
    there = {path.relative_to(out).as_posix() for path in out.rglob("*") if path.is_file()}
    assert there == {*listed, "deploy.json"}
    assert "Output.json" not in there
    assert json.loads((out / "names.json").read_text()) == {"computationalLayer2/VM1/cluster": "oscar-cluster-mine"}


def test_what_was_written_is_checked_from_the_folder_alone(noria: Noria, system: Path, tmp_path: Path) -> None:
    noria.json("optimize", system, "--output", tmp_path / "out", "--no-front")
    path = tmp_path / "out/result.json"

    right = noria.json("optimize", "--check", tmp_path / "out")
    said = noria("optimize", "--check", tmp_path / "out")
    result = json.loads(path.read_text())
    path.write_text(json.dumps({**result, "cost": 0.1}))
    wrong = noria.json("optimize", "--check", tmp_path / "out", code=5)
    path.write_text("{")
    malformed = noria.run("optimize", "--check", tmp_path / "out")

    assert (right["holds"], right["proven"]) == (True, True)
    assert "Everything that was checked holds." in said
    assert {each["subject"] for each in wrong["checks"] if each["state"] == "fails"} == {"cost", "bound"}
    assert malformed.returncode == 3
    assert "result.json is no result of an optimisation" in malformed.stderr
    assert noria.run("optimize", "--check", tmp_path / "out", "--load", "2").returncode == 2


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("names.json", "{"),
        ("names.json", '{"l/VM/cluster": "../evil"}'),
        ("history.json", '{"entries": 3}'),
        ("result.json", '{"name": 1}'),
        ("result.json", "\xff"),
        ("system.json", "[]"),
        ("result.json", "unknown resource"),
    ],
)
def test_a_malformed_file_of_what_runs_is_refused_by_its_name(
    noria: Noria, system: Path, tmp_path: Path, name: str, text: str
) -> None:
    out = tmp_path / "out"
    noria.json("optimize", system, "--output", out, "--no-front")
    if text == "unknown resource":
        text = (out / "result.json").read_text().replace('"detect": {\n    "h1": "', '"detect": {\n    "h1": "No')
    (out / name).write_text(text)

    done = noria.run("optimize", system, "--current", out / "result.json")

    assert (done.returncode, done.stdout) == (3, "")
    assert name in done.stderr.splitlines()[0]
    assert "Traceback" not in done.stderr
