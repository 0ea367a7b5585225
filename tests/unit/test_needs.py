"""Where every test must run, none is skipped for want of a program."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.needs import MUST

ROOT = Path(__file__).parents[2]
TESTS = """
import pytest

@pytest.fixture
def podman():
    pytest.skip("no podman")

def test_by_a_fixture(podman): pass

@pytest.mark.skipif(True, reason="no prometheus")
def test_by_a_mark(): pass

@pytest.mark.parametrize("case", [])
def test_of_nothing(case): pass

def test_by_an_import():
    pytest.importorskip("no_such_package")

@pytest.mark.skipif(True, reason="../shared is not here")
def test_of_cases_beside_the_clone(): pass

@pytest.mark.skipif(True, reason="no kubectl in PATH")
def test_of_what_is_not_installed(): pass

@pytest.mark.xfail(reason="it is wrong")
def test_that_fails(): assert False

def test_that_runs(): pass
"""
MODULE = """
import pytest
pytest.importorskip("no_such_package")
"""


def outcome(folder: Path, content: str, must: str, *words: str) -> tuple[int, str]:
    """Run tests as this project's, and give how that ended and what was said."""
    file = folder / "test_something.py"
    file.write_text(content)
    command = [sys.executable, "-m", "pytest", "-ra", "-c", os.devnull, "--rootdir", str(folder), "-p", "tests.needs"]
    environ = {**os.environ, "PYTHONPATH": str(ROOT), "PYTEST_ADDOPTS": "", MUST: must}
    done = subprocess.run(
        [*command, "-p", "no:cacheprovider", *words, str(file)],
        cwd=folder,
        env=environ,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


def test_elsewhere_every_skip_is_one(tmp_path: Path) -> None:
    code, said = outcome(tmp_path, TESTS, "")

    assert (code, "1 passed, 6 skipped, 1 xfailed" in said) == (0, True), said


@pytest.mark.parametrize("words", [(), ("-n", "1")], ids=["alone", "in a process of xdist"])
def test_a_missing_program_is_an_error_with_its_reason(tmp_path: Path, words: tuple[str, ...]) -> None:
    code, said = outcome(tmp_path, TESTS, "1", *words)

    assert (code, "1 failed, 1 passed, 2 skipped, 1 xfailed, 3 errors" in said) == (1, True), said
    for name in ("no podman", "no prometheus", "got empty parameter set", "could not import 'no_such_package'"):
        assert f"{MUST} is set, so this is no skip: {name}" in said


def test_a_module_that_is_not_even_read_is_an_error_too(tmp_path: Path) -> None:
    elsewhere, _ = outcome(tmp_path, MODULE, "")
    code, said = outcome(tmp_path, MODULE, "1")

    assert elsewhere == 5  # pytest's word for no test at all
    assert (code, f"{MUST} is set" in said, "no_such_package" in said) == (2, True, True), said
