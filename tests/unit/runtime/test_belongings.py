"""What belongs to a function is known without importing it."""

import os
from pathlib import Path

import pytest

import fdl
from functions.runtime.assembly import with_script
from functions.runtime.belongings import CODE, code_of, files_of, our_code, uses_network
from functions.runtime.function import load, names
from tests.pipelines import pipeline


def test_of_our_functions_one_alone_needs_the_network() -> None:
    assert [name for name in names() if uses_network(name)] == ["send_alerts"]


def test_what_is_read_of_a_function_is_what_it_is() -> None:
    assert uses_network("tests.walled:networked") is load("tests.walled:networked").network is True
    assert uses_network("tests.walled:probe") is load("tests.walled:probe").network is False


@pytest.mark.parametrize("function", ["no-such-function", "nowhere:handler", "os:path", "tests.nowhere:handler"])
def test_a_function_that_is_not_there_needs_no_network(function: str) -> None:
    assert not uses_network(function)


def test_a_persons_function_brings_the_package_that_it_lies_in() -> None:
    assert code_of("tests.walled:probe") == {CODE / "tests"}
    assert code_of("blur-faces") == code_of("functions.blur_faces.handler:blur_faces") == set()
    assert {path.name for path in our_code()} == {"events", "fdl", "functions"}


def test_files_that_settings_name_may_be_read_and_what_a_descriptor_names_beside_it(tmp_path: Path) -> None:
    for name in ("key.pem", "model.onnx", "other.onnx", "run.sh", "part.py", ".env"):
        (tmp_path / name).touch()
    (tmp_path / "faces.yaml").write_text("file: model.onnx\n")
    key, descriptor = tmp_path / "key.pem", tmp_path / "faces.yaml"

    assert files_of({"SIGN_BOM_KEY_FILE": str(key), "LIMIT": "3", "TEXT": "x" * 5000}) == {key}
    assert files_of({"X_MODEL_DESCRIPTOR": str(descriptor)}) == {descriptor, tmp_path / "model.onnx"}


def test_a_script_may_read_what_lies_beside_it_and_is_not_hidden(tmp_path: Path) -> None:
    for name in ("run.sh", "part.py", ".env"):
        (tmp_path / name).touch()

    assert files_of({"RUN_SCRIPT_FILE": str(tmp_path / "run.sh")}) == {tmp_path / "run.sh", tmp_path / "part.py"}


def test_what_an_fdl_lets_be_read_lies_where_the_fdl_does(tmp_path: Path) -> None:
    file = tmp_path / "copy.yaml"
    file.write_text(pipeline("copy", "inbox/in", "outbox/out", NORIA_FILES=f"models{os.pathsep}/srv/tables"))
    (service,) = fdl.load(file).services

    found = with_script(service, str(file)).environment["NORIA_FILES"]

    assert found == f"{tmp_path / 'models'}{os.pathsep}/srv/tables"
