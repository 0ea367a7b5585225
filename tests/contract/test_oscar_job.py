"""How a job is read: what the cluster has mounted, of which versions of OSCAR write more and more."""

import base64
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from events import ObjectCreated
from events.wire import minio_document
from functions.runtime.errors import Rejected
from functions.runtime.hosts.oscar import files, stored
from functions.runtime.hosts.oscar.definition import NoDefinitionError
from functions.runtime.hosts.oscar.job import Job
from functions.runtime.settings import SettingsError
from local.ports import free_port
from tests.contract.oscar import printed
from tests.pipeline.noria import ROOT

PATH = {"storage_provider": "minio.default", "path": "inbox/folder"}
CONTRACT = "tests.contract.handler:contract"
STORE = {"endpoint": "https://minio.example:9000", "access_key": "us", "secret_key": "word", "region": "here"}


def environ(folder: Path, definition: object, **more: str) -> dict[str, str]:
    """Give the environment of a script whose service is defined so."""
    text = base64.b64encode(yaml.safe_dump(definition).encode()).decode()
    return {"TMP_OUTPUT_DIR": str(folder), "FUNCTION_CONFIG": text, "EVENT": "{}", **more}


def definition(**more: object) -> dict[str, Any]:
    return {"name": "blur-faces", "image": "i", "memory": "256Mi", "input": [PATH], "output": [PATH], **more}


def test_fields_that_only_oscar_knows_are_left_to_it(tmp_path: Path) -> None:
    given = definition(token="t", mount={"storage_provider": "", "path": ""}, something_new={"a": 1}, bucket_list=None)

    job = Job.read(environ(tmp_path, given))

    assert (job.service.name, job.service.memory) == ("blur-faces", 256 * 2**20)
    assert not job.has_ledger


def test_the_clusters_store_is_ours_unless_somebody_says_otherwise(tmp_path: Path) -> None:
    given = definition(storage_providers={"minio": {"default": STORE, "other": None}, "s3": {}})

    job = Job.read(environ(tmp_path, given, NORIA_STORE_URL="http://elsewhere", NORIA_LEDGER="records"))

    assert job.environ["NORIA_STORE_URL"] == "http://elsewhere"
    assert job.environ["NORIA_STORE_SECRET_KEY"] == "word"
    assert job.has_ledger


def test_keys_that_are_mounted_are_the_ones_to_use(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hidden = {**STORE, "access_key": "hidden", "secret_key": "hidden"}
    monkeypatch.setattr("functions.runtime.hosts.oscar.job.MOUNTED", tmp_path)
    (tmp_path / "accessKey").write_text("uploader\n")
    (tmp_path / "secretKey").write_text("their word\n")

    read = Job.read(environ(tmp_path, definition(storage_providers={"minio": {"default": hidden}})))

    assert read.environ["NORIA_STORE_URL"] == STORE["endpoint"]
    assert (read.environ["NORIA_STORE_ACCESS_KEY"], read.environ["NORIA_STORE_SECRET_KEY"]) == (
        "uploader",
        "their word",
    )


def test_the_scripts_argument_names_the_function(tmp_path: Path) -> None:
    job = Job.read(environ(tmp_path, definition(name="my-own-name")), function="blur_faces")

    assert job.service.environment["NORIA_FUNCTION"] == "blur_faces"


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({}, "there is no TMP_OUTPUT_DIR"),
        ({"TMP_OUTPUT_DIR": "/tmp"}, "describes a service"),
        ({"TMP_OUTPUT_DIR": "/tmp", "FUNCTION_CONFIG": "%"}, "FUNCTION_CONFIG cannot be read"),
        ({"TMP_OUTPUT_DIR": "/tmp", "FUNCTION_CONFIG": base64.b64encode(b"a: [").decode()}, "cannot be read"),
    ],
)
def test_what_is_no_job_is_said_in_a_sentence(given: dict[str, str], reason: str) -> None:
    with pytest.raises(NoDefinitionError, match=reason):
        Job.read(given)


def test_a_definition_that_is_wrong_names_its_field(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="memory"):
        Job.read(environ(tmp_path, definition(memory="a lot")))


def test_a_ledger_is_for_the_clusters_own_store(tmp_path: Path) -> None:
    elsewhere = [{**PATH, "storage_provider": "s3.backup"}]
    job = Job.read(environ(tmp_path, definition(output=elsewhere), NORIA_LEDGER="records"))

    with pytest.raises(Rejected, match=r"reads or writes s3\.backup"):
        stored.work(job)


def test_a_store_that_stays_away_is_told_as_a_file_that_says_try_again(tmp_path: Path) -> None:
    event = ObjectCreated(bucket="inbox", key="folder/a.txt", etag="1", source="minio:s3")
    away = {"NORIA_STORE_URL": f"http://127.0.0.1:{free_port()}", "NORIA_LEDGER": "records", "NORIA_BACKOFF": "0.1"}
    job = Job.read(environ(tmp_path, definition(), EVENT=minio_document(event).decode(), **away), function=CONTRACT)

    verdict = stored.work(job, patience=0.3)

    (letter,) = tmp_path.rglob("*")
    assert verdict.kind == "retry"
    assert letter.name.startswith("a.txt.")
    assert json.loads(letter.read_text())["retry"] is True


def test_results_join_what_a_script_has_left_before(tmp_path: Path) -> None:
    outputs, file = tmp_path / "outputs", tmp_path / "a.txt"
    outputs.mkdir()
    (outputs / "notes").write_text("before")
    file.write_bytes(b"plain\n")
    job = Job.read(environ(outputs, definition(), INPUT_FILE_PATH=str(file)), function=CONTRACT)

    verdict = files.work(job)

    assert verdict.kind == "done"
    assert sorted(path.name for path in outputs.iterdir()) == ["a.txt.copy", "a.txt.sum", "notes"]
    assert not list(tmp_path.glob(".noria-*"))


def test_walls_that_would_not_stand_are_refused(tmp_path: Path) -> None:
    walled = definition(environment={"variables": {"NORIA_ISOLATION": "auto"}})

    with pytest.raises(SettingsError, match="NORIA_ISOLATION is auto, and a job without a ledger has no walls"):
        files.work(Job.read(environ(tmp_path, walled)))


def test_without_a_ledger_a_file_is_needed(tmp_path: Path) -> None:
    job = Job.read(environ(tmp_path, definition()))

    with pytest.raises(Rejected, match="the supervisor has downloaded no object"):
        files.work(job)


def without_ledger(tmp_path: Path, key: str, *, content: bytes = b"plain\n", **more: object) -> dict[str, str]:
    """Give the environment of a job that the supervisor has downloaded an object of that key for."""
    file = tmp_path / "a.txt"
    file.write_bytes(content)
    event = ObjectCreated(bucket="inbox", key=key, etag="1", source="minio:s3")
    told = {"EVENT": minio_document(event).decode(), "INPUT_FILE_PATH": str(file), "NORIA_BACKOFF": "0.01"}
    return environ(tmp_path / "job/outputs", definition(**more), **told)


def there(tmp_path: Path) -> list[str]:
    """Give everything that lies below the job's folder, or beside it where a key could lead."""
    found = (path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*") if path.is_file())
    return sorted(name for name in found if name != "a.txt")


@pytest.mark.parametrize("key", ["folder//etc/a.txt", "folder/../x/a.txt", "folder/a/../../../x/y/a.txt"])
def test_a_key_chooses_no_place_outside_the_outputs(tmp_path: Path, key: str) -> None:
    (tmp_path / "job/outputs").mkdir(parents=True)

    verdict = files.work(Job.read(without_ledger(tmp_path, key), function=CONTRACT))

    (name,) = there(tmp_path)
    letter = json.loads((tmp_path / name).read_text())
    assert verdict.kind == "dead"
    assert name.startswith("job/outputs/")
    assert (letter["error"], letter["retry"]) == ("Rejected", False)


def test_a_result_that_cannot_be_put_there_is_tried_again_and_then_told(tmp_path: Path) -> None:
    (tmp_path / "job/outputs").mkdir(parents=True)
    (tmp_path / "job/outputs/deep").write_text("a file of the script's, where a folder of results is to lie")

    given = without_ledger(tmp_path, "folder/a.txt", content=b"folder\n")

    verdict = files.work(Job.read(given, function=CONTRACT))

    name, before = there(tmp_path)  # and not the other results
    letter = json.loads((tmp_path / name).read_text())
    assert (verdict.kind, before) == ("retry", "job/outputs/deep")
    assert (letter["attempts"], letter["retry"]) == (2, True)


def test_a_letter_that_cannot_be_written_is_in_the_log(tmp_path: Path) -> None:
    (tmp_path / "job").write_text("a file, where the outputs' folder is to lie")

    command = [sys.executable, "-m", "functions.runtime.hosts.oscar", CONTRACT]
    given = {**os.environ, **without_ledger(tmp_path, "folder/a.txt")}

    ended = subprocess.run(command, env=given, cwd=ROOT, capture_output=True, text=True, check=False)

    assert (ended.returncode, printed(ended.stdout)["verdict"]) == (1, "retry")
    assert "no letter" in [json.loads(line)["event"] for line in ended.stderr.splitlines()]


def test_a_handlers_last_words_are_in_the_jobs_log_without_its_secrets(tmp_path: Path) -> None:
    (tmp_path / "job/outputs").mkdir(parents=True)
    variables = {"variables": {"TOKEN": "correct horse battery"}}
    command = [sys.executable, "-m", "functions.runtime.hosts.oscar", "tests.handlers:copy"]
    given = without_ledger(tmp_path, "folder/a.txt", content=b"tell the secret", environment=variables)

    ended = subprocess.run(command, env={**os.environ, **given}, cwd=ROOT, capture_output=True, text=True, check=False)

    assert ended.returncode == 1
    assert ended.stderr.count("printed: ***") == 2  # it was tried twice
    assert "correct horse" not in ended.stderr


@pytest.mark.parametrize(("flat", "name"), [("false", "trip/a.txt.copy"), ("true", "a.txt.copy")])
def test_results_lie_where_they_lie_on_every_host(tmp_path: Path, flat: str, name: str) -> None:
    (tmp_path / "job/outputs").mkdir(parents=True)
    variables = {"variables": {"NORIA_FLAT": flat}}
    given = without_ledger(tmp_path, "folder/trip/a.txt", environment=variables)

    verdict = files.work(Job.read(given, function=CONTRACT))

    assert verdict.kind == "done"
    assert f"job/outputs/{name}" in there(tmp_path)
