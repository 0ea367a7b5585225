"""``noria new`` and ``noria design``, run as a person runs them."""

import json
from pathlib import Path

import pytest

from tests.pipeline.noria import Noria
from tests.unit.designing.samples import filter_application, mask_application


@pytest.fixture
def noria(tmp_path: Path) -> Noria:
    return Noria(tmp_path / ".noria")


def test_a_new_application_is_designed_at_once(noria: Noria, tmp_path: Path) -> None:
    noria("new", tmp_path / "my-app")

    found = noria.json("design", tmp_path / "my-app")

    assert found["application"] == "my-app"
    assert found["warnings"] == []
    assert found["deployments"] == {"base": {"prepare": 1, "classify": 3}, "deployment1": {"prepare": 2, "classify": 3}}
    assert all(Path(file).is_file() for file in found["files"])
    summary = json.loads((tmp_path / "my-app/aisprint/design.json").read_text())
    assert summary == {name: value for name, value in found.items() if name != "files"}


def test_a_person_is_told_what_was_cut_and_deployed(noria: Noria, tmp_path: Path) -> None:
    said = noria("design", mask_application(tmp_path))

    assert "mask_detection_v1: 2 components" in said
    assert "blurry-faces-onnx -> mask-detector" in said
    assert "blurry-faces-onnx is cut at second (32 bytes): partition1" in said
    assert "deployment1" in said


def test_a_person_is_told_how_good_the_alternatives_are(noria: Noria, tmp_path: Path) -> None:
    said = noria("design", filter_application(tmp_path))

    assert all(value in said for value in ("0.7247", "0.6432", "0.6065", "0.5369"))


def test_a_dry_run_writes_nothing(noria: Noria, tmp_path: Path) -> None:
    folder = mask_application(tmp_path)
    before = sorted(folder.rglob("*"))

    found = noria.json("design", folder, "--dry-run")

    assert found["files"] == []
    assert sorted(folder.rglob("*")) == before


@pytest.mark.parametrize("name", ["my-app", "no name", "..", "-x"])
def test_what_cannot_be_made_is_one_sentence(noria: Noria, tmp_path: Path, name: str) -> None:
    (tmp_path / "my-app").mkdir()

    done = noria.run("new", tmp_path / name)

    assert done.returncode == 3
    assert done.stderr.startswith("error: ")
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("masks", "sentence"),
    [
        ("def main(:\n", "src/mask-detector/main.py: line 1: it is not Python"),
        ("@exec_time\ndef main(): ...\n", "src/mask-detector/main.py: line 1: exec_time lacks its parentheses"),
        ("from functions.annotations import *\n@exec_time(-1)\ndef main(): ...\n", "greater than 0"),
    ],
)
def test_what_is_wrong_is_one_sentence_and_exit_code_3(noria: Noria, tmp_path: Path, masks: str, sentence: str) -> None:
    done = noria.run("design", mask_application(tmp_path, masks=masks))

    assert done.returncode == 3
    assert sentence in done.stderr
    assert "Traceback" not in done.stderr


def test_a_folder_that_is_not_there_is_one_sentence(noria: Noria, tmp_path: Path) -> None:
    done = noria.run("design", tmp_path / "nothing")

    assert (done.returncode, done.stderr.splitlines()[0]) == (3, f"error: {tmp_path}/nothing is no folder")
