"""Campaigns on a real plane: the tables, an interruption, what fails, and the function that collects."""

import csv
import json
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import cv2
import pytest
import skimage.data

from functions.continuum.data_sizes import read_data_sizes
from functions.profiling.campaign import Report
from functions.profiling.writing import write_tables
from functions.runtime.runs import Run
from local.connection import Home
from tests.pipeline.noria import ROOT, Noria
from tests.pipelines import pipelines
from tests.unit.profiling import samples
from tests.waiting import eventually

PARAMETERS = """\
input_files: {filename: a.txt}
asynchronous: {batch_size: 2, number_of_batches: 2, distribution: exponential, inter_upload_time: 0.1}
components:
  first: {parallelism: [2, 1]}
  second: {parallelism: [1, 1]}
run: {campaign_dir: test, test_single_services: SINGLE}
"""


@pytest.fixture
def noria(tmp_path: Path) -> Iterator[Noria]:
    made = Noria(tmp_path / ".noria")
    yield made
    made("down")
    for home in tmp_path.glob("*/plane"):
        Noria(home)("down")


@pytest.fixture
def app(tmp_path: Path) -> Path:
    return application(tmp_path / "app", "a", single=False)


def application(folder: Path, content: str, *, single: bool) -> Path:
    (folder / "oscar").mkdir(parents=True)
    (folder / "run_parameters.yaml").write_text(PARAMETERS.replace("SINGLE", str(single).lower()))
    (folder / "a.txt").write_text(content)
    flows = {"first": ("inbox/a", "middle/b"), "second": ("middle/b", "outbox/c")}
    (folder / "oscar/copies.yaml").write_text(pipelines(flows, COPY_SECONDS="0.4"))
    return folder


def rows(folder: Path, table: str) -> list[dict[str, str]]:
    return read(folder / "tables" / table)


def read(path: Path) -> list[dict[str, str]]:
    with path.open() as file:
        return list(csv.DictReader(file))


def outline(folder: Path) -> list[tuple[str, ...]]:
    """Give what of the table of jobs does not depend on how long anything took."""
    names = ("run_name", "request", "service", "parallelism", "state", "bytes_in", "bytes_out")
    return [tuple(row[name] for name in names) for row in rows(folder, "jobs.csv")]


def test_a_campaign_that_was_killed_goes_on_and_ends_with_the_same_rows(
    noria: Noria, app: Path, tmp_path: Path
) -> None:
    whole, killed = tmp_path / "whole", tmp_path / "killed"

    said = noria("profile", app, "--output", whole)
    with noria.begin("profile", app, "--output", killed) as process:
        eventually(lambda: len(list((killed / "runs").glob("*.json"))) == 1)
        os.kill(process.pid, signal.SIGKILL)
    refused = noria.run("profile", app, "--output", killed)
    other = noria.run("profile", app, "--output", killed, "--resume", "--seed", "1")
    document = noria.json("profile", app, "--output", killed, "--resume")

    assert (refused.returncode, other.returncode) == (3, 3)
    assert "with 1 of its runs" in refused.stderr
    assert "was planned otherwise" in other.stderr
    assert outline(killed) == outline(whole)
    assert (document["runs"], document["jobs"], document["failures"]) == (2, 16, 0)
    assert "workflow-deployment1-run2-1" in said
    for folder in (whole, killed):
        times = [float(row["p50_ms"]) for row in rows(folder, "workflow/runtime_dataframe.csv")]
        assert all(800 < time < 60_000 for time in times)
        waits = rows(folder, "workflow/first_response_time_dataframe.csv")
        assert all(float(row["avg_response_time"]) > 0.39 for row in waits)
        jobs = rows(folder, "jobs.csv")
        at_once = {(row["parallelism"], row["nodes_used"]) for row in jobs if row["service"] == "first"}
        assert at_once == {("2", "2"), ("1", "1")}
        assert all(390 < float(row["compute_ms"]) < 20_000 for row in jobs)
        assert not Home(folder / "plane").supervisor.alive


def test_what_fails_is_a_row_and_a_service_that_was_given_nothing_is_not_tested_alone(
    noria: Noria, tmp_path: Path
) -> None:
    app, output = application(tmp_path / "app", "reject", single=True), tmp_path / "out"

    done = noria.run("profile", app, "--output", output)
    (app / "run_parameters.yaml").write_text(PARAMETERS.replace("SINGLE", "false"))
    (output / "campaign.json").unlink()
    runs = sorted((output / "runs").glob("first-*.json"))
    for run in runs:
        run.unlink()
    (output / "campaign.json").write_text(json.dumps(noria.json("profile", app, "--dry-run")))
    document = noria.json("profile", app, "--output", output, "--resume")

    assert done.returncode == 3
    assert "second was given nothing" in done.stderr
    assert len(runs) == 2
    assert (document["jobs"], document["failures"]) == (8, 8)
    found = rows(output, "jobs.csv")
    assert {(row["state"], row["failed"], row["reason"]) for row in found} == {
        ("failed", "1", "the content says reject")
    }
    assert [row["failures"] for row in rows(output, "workflow/runtime_dataframe.csv")] == ["4", "4"]


def test_components_are_tested_alone_with_what_came_to_them_and_lay_beside_it(noria: Noria, tmp_path: Path) -> None:
    app = tmp_path / "masks"
    app.mkdir()
    text = PARAMETERS.replace("first", "blur-faces").replace("second", "mask-detect").replace("SINGLE", "true")
    (app / "run_parameters.yaml").write_text(text.replace("[2, 1]", "[1]").replace("[1, 1]", "[1]"))
    cv2.imwrite(str(app / "a.png"), skimage.data.astronaut())
    (app / "a.png").rename(app / "a.txt")

    noria("profile", app, "--fdl", ROOT / "fdl/mask-detection.yaml", "--output", tmp_path / "out", "--closed-loop")

    jobs = rows(tmp_path / "out", "jobs.csv")
    assert {row["reason"] for row in jobs} == {""}
    assert {(row["unit"], row["service"]) for row in jobs} == {
        ("workflow", "blur-faces"),
        ("workflow", "mask-detect"),
        ("blur-faces", "blur-faces"),
        ("mask-detect", "mask-detect"),
    }
    assert {row["resource"] for row in jobs} == {"here"}
    assert read_data_sizes(tmp_path / "out/components_data_size.yaml").root["blur-faces"] > 10
    sizes = {row["bytes_out"] for row in jobs if row["service"] == "mask-detect"}
    assert len(sizes) == 1  # alone it sees the same faces
    table = rows(tmp_path / "out", "mask-detect/mask-detect_response_time_dataframe.csv")
    assert list(table[0])[:3] == ["requested_throughput", "observed_throughput", "avg_response_time"]


def test_the_function_collects_by_the_ledger_what_it_has_and_by_the_report_what_not(
    noria: Noria, app: Path, tmp_path: Path
) -> None:
    elsewhere = samples.report((samples.committed(0, queued=0, started=1, finished=9, compute=5),))
    noria("up", "--detach", app / "oscar/copies.yaml", ROOT / "fdl/profiling.yaml")
    noria("put", app / "a.txt", "inbox/a/", "--wait")
    (truth,) = noria.json("runs", "--function", "first")
    forged = samples.committed(0, queued=0, started=1, finished=9, compute=5)
    forged = forged.model_copy(update={"function": "first", "id": truth["id"], "cpu_seconds": 99.0})

    of_report = collected(noria, elsewhere, tmp_path / "elsewhere")
    of_ledger = collected(noria, about(forged), tmp_path / "here")

    write_tables(elsewhere, lambda name: tmp_path / "expected" / name)
    assert len(of_report) == 6
    for path in of_report:
        expected = tmp_path / "expected" / path.relative_to(tmp_path / "elsewhere")
        assert path.read_bytes() == expected.read_bytes()
    (row,) = read(next(path for path in of_ledger if path.name == "jobs.csv"))
    assert float(row["cpu_ms"]) == pytest.approx(truth["cpu_seconds"] * 1000, abs=0.001)
    assert row["record"] == f"first/{truth['id']}"


def about(record: Run) -> Report:
    """Give the report of one request that caused one run of the service first."""
    run = samples.planned(requests=1)
    slot = run.slots[0].model_copy(update={"service": "first"})
    made = samples.report((record,), run.model_copy(update={"slots": (slot,)}))
    (finished,) = made.finished
    asked = finished.requests[0].model_copy(update={"records": (record.name,)})
    return made.model_copy(update={"finished": (finished.model_copy(update={"requests": (asked,)}),)})


def collected(noria: Noria, report: Report, folder: Path) -> list[Path]:
    """Upload a report, and download what the function makes of it."""
    folder.mkdir()
    (folder / "report.json").write_text(report.model_dump_json())
    (run,) = noria.json("put", folder / "report.json", f"profiles/in/{folder.name}/", "--wait")["runs"]
    assert run["state"] == "committed", run["failures"]
    (folder / "report.json").unlink()
    keys = {output["bucket"]: output["key"] for output in run["outputs"] if output["key"].endswith("/jobs.csv")}
    assert list(keys) == ["profiles", "profile-tables"]
    noria("get", f"profiles/{keys['profiles'].removesuffix('jobs.csv')}", folder)
    return [path for path in folder.rglob("*") if path.is_file()]
