"""The start of a handler's process, before its host has imported anything else."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

import fdl
import functions.runtime
from functions.runtime.children import Children
from functions.runtime.isolation import Isolation
from functions.runtime.secrets import NAMES
from functions.runtime.start import begin, child_environment, told

COPY = "tests.handlers:copy"
ENVIRONMENT = child_environment(os.environ, {})


def pids(pool: Children) -> list[int]:
    return [child.process.pid for child in pool._started]


def test_a_process_that_has_begun_is_the_pools_first() -> None:
    begun = begin(COPY, ENVIRONMENT)
    pool = Children(COPY, 2, dict(ENVIRONMENT), begun=begun)
    started = pids(pool)
    pool.close()

    assert started == [begun.process.pid]
    assert begun.process.poll() is not None


@pytest.mark.parametrize(
    ("function", "environ"), [(COPY, {**ENVIRONMENT, "MORE": "1"}), ("tests.contract.handler:contract", ENVIRONMENT)]
)
def test_a_process_that_has_begun_for_something_else_is_ended_and_not_used(
    function: str, environ: dict[str, str]
) -> None:
    begun = begin(function, environ)
    pool = Children(COPY, 1, ENVIRONMENT, begun=begun)
    started = pids(pool)
    pool.close()

    assert begun.process.pid not in started
    assert begun.process.poll() is not None


def test_a_process_that_has_begun_without_walls_is_not_used_within_them(tmp_path: Path) -> None:
    begun = begin(COPY, ENVIRONMENT)
    begun.stop()

    assert begun.is_for(COPY, dict(ENVIRONMENT), None)
    assert not begun.is_for(COPY, dict(ENVIRONMENT), Isolation("bwrap", tmp_path))


def test_what_has_begun_and_is_not_wanted_leaves_nothing() -> None:
    begun = begin(COPY, ENVIRONMENT)
    begun.stop()
    begun.stop()

    assert begun.process.poll() is not None
    assert begun.end.fileno() == -1


def test_a_handler_is_told_its_secrets_and_none_of_its_hosts() -> None:
    variables = {"LEVEL": "3", "API_TOKEN": "t", "NORIA_LEDGER": "records", "NORIA_FUNCTION": "blur_faces"}
    secrets = {"WEBHOOK": "", "NORIA_STORE_SECRET_KEY": "canary"}

    function, own = told("mine", variables, secrets, {"WEBHOOK": "https://here", "PATH": "/bin", "AWS_KEY": "canary"})

    assert function == "blur_faces"
    assert (own["LEVEL"], own["WEBHOOK"], own["PATH"]) == ("3", "https://here", "/bin")
    assert own[NAMES].split(",") == ["WEBHOOK", "API_TOKEN"]
    assert not [name for name, value in own.items() if value == "canary" or name == "NORIA_LEDGER"]


@pytest.mark.parametrize("package", [fdl, functions.runtime], ids=["fdl", "functions.runtime"])
def test_what_is_imported_late_is_there_by_its_name(package: object) -> None:
    names: list[str] = package.__all__  # type: ignore[attr-defined]

    assert all(getattr(package, name).__name__ == name for name in names)
    with pytest.raises(AttributeError, match="has no attribute 'nothing'"):
        package.nothing  # type: ignore[attr-defined] # noqa: B018


def test_the_decorator_is_not_hidden_by_the_module_of_its_name() -> None:
    code = (
        "from functions.runtime.function import load; from functions.runtime import function; print(function.__name__)"
    )

    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=Path(__file__).parents[3]
    )

    assert done.stdout.strip() == "function"
