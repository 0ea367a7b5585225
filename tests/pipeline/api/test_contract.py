"""The API against its own description: Schemathesis sends what the OpenAPI document allows, and what it does not."""

import os
import re
import subprocess
import sys
from pathlib import Path

from tests.pipeline.api.conftest import Served
from tests.pipeline.api.hooks import JOB
from tests.pipeline.noria import ROOT


def test_schemathesis_finds_nothing(served: Served, tmp_path: Path) -> None:
    job = served.submitted()
    served.ended(job)
    program = Path(sys.executable).with_name("schemathesis")
    options = "--checks all --seed 1 --max-examples 4 --no-color --generation-database none"
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
    assert re.search(r"Tested: 10\b", done.stdout)


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
