"""The API against its own description: Schemathesis sends what the OpenAPI document allows, and what it does not."""

import os
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest

from functions.watching.observations import Observation
from functions.watching.state import State
from tests.pipeline.api.conftest import Served
from tests.pipeline.api.hooks import JOB, WATCHED
from tests.pipeline.noria import ROOT


def watched(served: Served) -> float:
    """Put two runs of one session where watch-constraints would, and give when the last one ended."""
    now = time.time()
    rows = [
        Observation(str(took), WATCHED["session_id"], "train", now - took, now - took, now, took, True, "", {})
        for took in (2.0, 4.0)
    ]
    state = State(application="jobs", window=86400, settled=now, rows=rows)
    served.store.write("models", f"out/{state.file_name}", state.model_dump_json().encode())
    return now


def test_schemathesis_finds_nothing(served: Served, tmp_path: Path) -> None:
    job = served.submitted()
    served.ended(job)
    watched(served)
    program = Path(sys.executable).with_name("schemathesis")
    options = "--checks all --seed 1 --max-examples 4 --no-color --generation-database none"
    options += " --request-timeout 60 --suppress-health-check too_slow"  # a machine may have much else to do
    header = f"Authorization: {served.client.headers['authorization']}"
    environ = {"PYTHONPATH": str(ROOT), "SCHEMATHESIS_HOOKS": "tests.pipeline.api.hooks", JOB: job}

    done = subprocess.run(
        [program, "run", f"{served.client.base_url}/openapi.json", "-H", header, *options.split()],
        cwd=tmp_path,
        env={**os.environ, **environ},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stdout + done.stderr
    assert "No issues found" in done.stdout, done.stdout
    assert re.search(r"Tested: 13\b", done.stdout)


def test_the_page_names_every_request_and_loads_nothing(served: Served) -> None:
    page = served.client.get("/docs").text
    paths = served.client.get("/openapi.json").json()["paths"]

    assert all(path in page for path in paths)
    assert not re.search(r"<script|src=|url\(|@import|https?://", page)


def test_the_first_four_requests_are_those_of_the_reference(served: Served) -> None:
    paths = served.client.get("/openapi.json").json()["paths"]

    assert [*paths][:4] == [
        "/submit_job_by_model_and_data",
        "/job_status/{job_id}",
        "/job_artifacts/{job_id}",
        "/job_artifacts/{job_id}/{artifact_name}",
    ]
    form = paths["/submit_job_by_model_and_data"]["post"]["requestBody"]["content"]["multipart/form-data"]["schema"]
    assert [*form["properties"]] == ["model", "dataset", "dataset_definition"]


def test_the_monitoring_requests_are_answered_as_ams_answers_them(served: Served) -> None:
    watched(served)
    base = "/monitoring/execution_time"

    session = served.client.get(f"{base}/session/{WATCHED['session_id']}").json()
    one = served.client.get(f"{base}/components/train").json()
    throughput = served.client.get("/monitoring/throughput/").json()

    assert [each["execution_time"] for each in session["train"]] == [2.0, 4.0]
    assert {*session["train"][0]} == {"timestamp", "execution_time"}
    assert one == {"train": {"mean": 3.0, "throughput": pytest.approx(2 / 86400, abs=1e-6), "count": 2}}
    assert throughput["throughput"] == pytest.approx(1 / 86400, abs=1e-6)
    assert {*throughput} == {"throughput", "timestamp"}
    missing = [f"{base}/session/nobody", f"{base}/components/other", f"{base}/components/train,other"]
    assert [served.client.get(each).status_code for each in missing] == [404, 404, 404]
    assert served.client.get(f"{base}/components/train", headers={"Authorization": ""}).status_code == 401
