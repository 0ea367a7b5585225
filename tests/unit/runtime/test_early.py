"""What a host begins before its own imports, and what it turns out to need."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import fdl
from functions.runtime.assembly import start_handler
from functions.runtime.hosts.early import begin_early, described_in, guess
from functions.runtime.hosts.oscar.job import Job
from functions.runtime.start import SCRIPTS, told
from tests import pipelines

ROOT = Path(__file__).parents[3]
FILES = sorted((ROOT / "fdl").glob("*.yaml"))
HEAVY = {"pydantic", "obstore", "asyncio", "importlib.metadata", "email"}
ENVIRON = {"PATH": "/bin", "TOKEN": "t", "WEBHOOK": "https://here"}
PLAIN = {"name": "blur-faces", "environment": {"variables": {"LEVEL": "3"}}}


def needed(service: fdl.Service) -> tuple[str, dict[str, str]] | None:
    """Give what a service runs, read with care."""
    secrets = {name: value.get_secret_value() for name, value in service.secrets.items()}
    found = told(service.name, service.environment, secrets, ENVIRON)
    return None if found[0] == SCRIPTS else found


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.stem))
def test_what_is_begun_early_is_what_the_service_turns_out_to_need(path: Path) -> None:
    for service in fdl.load(path).services:
        found = guess(described_in(str(path), service.name), ENVIRON)

        assert found == needed(service), service.name


def test_a_value_is_taken_as_it_is_written(tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    text = pipelines.pipeline("mine", "inbox/in", "outbox/out", function="blur_faces")
    variables = "Variables:\n          LEVEL: 1.0\n          STRICT: yes\n          CODE: 0123\n          NOTHING:\n"
    file.write_text(text.replace("Variables:\n", variables))

    found = guess(described_in(str(file), "mine"), ENVIRON)

    assert found
    assert found == needed(fdl.load(file).services[0])
    assert (found[1]["LEVEL"], found[1]["STRICT"], found[1]["CODE"], found[1]["NOTHING"]) == ("1.0", "yes", "0123", "")


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.stem))
def test_a_cluster_keeps_the_service_so_that_the_same_is_begun(tmp_path: Path, path: Path) -> None:
    for service in fdl.load(path).services:
        environment = {"variables": service.environment, "secrets": dict.fromkeys(service.secrets, "")}
        kept = {"name": service.name, "image": "i", "environment": environment, "memory": "256Mi"}

        job = Job.of(kept, {**ENVIRON, "TMP_OUTPUT_DIR": str(tmp_path)})

        assert guess(kept, ENVIRON) == needed(job.service), service.name


def test_what_is_begun_early_becomes_the_services_process(tmp_path: Path) -> None:
    kept = {**PLAIN, "image": "i", "memory": "256Mi"}
    around = {**os.environ, "TMP_OUTPUT_DIR": str(tmp_path)}
    job = Job.of(kept, around, function="tests.contract.handler:contract")
    begun = begin_early(kept, around, function="tests.contract.handler:contract")
    assert begun

    pool = start_handler(job.service, job.environ, begun=begun)
    started = [child.process for child in pool._started]
    pool.close()

    assert started == [begun.process]


@pytest.mark.parametrize(
    "given",
    [
        {"name": 3},
        {"environment": ["LEVEL=3"]},
        {"environment": {"variables": {"LEVEL": 3}}},
        {"environment": {"variables": {"NORIA_FUNCTION": "run-script"}}},
        {"environment": {"variables": {"NORIA_ISOLATION": "auto"}}},
    ],
    ids=["no name", "a list", "a number", "a script", "walls"],
)
def test_nothing_is_begun_early_for_what_takes_a_closer_look(given: dict[str, Any]) -> None:
    assert begin_early({**PLAIN, **given}, os.environ) is None


@pytest.mark.parametrize(
    "text",
    ["", "functions: [", "functions: {oscar: 3}", "functions: {oscar: [{here: [mine]}]}", "- mine", "[" * 3000],
    ids=["empty", "no YAML", "a number", "a list", "no mapping", "deep"],
)
def test_an_fdl_file_in_which_nothing_is_plain_to_see_is_left_to_who_reads_it_with_care(
    tmp_path: Path, text: str
) -> None:
    (tmp_path / "mine.yaml").write_text(text)

    assert described_in(str(tmp_path / "mine.yaml"), "mine") == {}
    assert described_in(str(tmp_path / "nowhere.yaml"), "mine") == {}


@pytest.mark.parametrize("host", ["oscar", "knative"])
def test_beginning_a_process_imports_nothing_that_takes_long(host: str) -> None:
    code = f"import sys, functions.runtime.hosts.{host}.__main__; print(*sys.modules)"

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert "functions.runtime.start" in done.stdout
    assert not HEAVY & set(done.stdout.split())
