"""A new application as a person makes it: it runs on a real plane, and can be measured at once."""

import csv
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.pipeline.noria import Noria

SHORT = """\
input_files: {filename: question.txt}
asynchronous: {number_of_batches: 3, inter_upload_time: 0.2}
components:
  component1: {parallelism: [1]}
  component2: {parallelism: [1]}
run: {campaign_dir: TEST}
"""


@pytest.fixture
def noria(tmp_path: Path) -> Iterator[Noria]:
    made = Noria(tmp_path / ".noria")
    yield made
    made("down")
    for home in tmp_path.glob("*/oscarp/TEST/plane"):
        Noria(home)("down")


def test_its_components_run_where_objects_land_and_refuse_what_is_no_text(noria: Noria, tmp_path: Path) -> None:
    app = tmp_path / "my-app"
    noria("new", app)
    noria("design", app)
    (tmp_path / "bad.txt").write_bytes(b"\xff\xfe")

    noria("up", "--detach", app / "oscar/my-app.yaml")
    done = noria.json("put", app / "oscarp/input_files/question.txt", "my-app-prepare/input/trip/", "--wait")
    noria("get", "my-app-classify/output/trip/question.txt", tmp_path / "answer.json")
    bad = noria.json("put", tmp_path / "bad.txt", "my-app-prepare/input/", "--wait", code=3)

    assert [(run["function"], run["state"]) for run in done["runs"]] == [
        ("prepare", "committed"),
        ("classify", "committed"),
    ]
    assert json.loads((tmp_path / "answer.json").read_text())["kind"] == "question"
    (run,) = bad["runs"]
    assert (run["state"], run["failures"][-1]["reason"], run["attempt"]) == ("failed", "this is no text", 1)


def test_it_is_measured_as_it_is(noria: Noria, tmp_path: Path) -> None:
    app = tmp_path / "my-app"
    noria("new", app)
    noria("design", app)
    planned = noria.json("profile", app, "--dry-run")
    (app / "oscarp/run_parameters.yaml").write_text(SHORT)
    deployments = app / "common_config/candidate_deployments.yaml"
    deployments.write_text(deployments.read_text().replace("[Edge1, VM1]", "[Edge1]"))

    found = noria.json("profile", app)

    assert len(planned["runs"]) == 8
    assert (found["runs"], found["jobs"], found["failures"]) == (1, 6, 0)
    with (app / "oscarp/TEST/tables/jobs.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert {(row["service"], row["resource"]) for row in rows} == {("prepare", "Edge1"), ("classify", "VM2")}
