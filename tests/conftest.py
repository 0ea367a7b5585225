"""Fixtures that every kind of test uses."""

import os
import signal
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

from functions.runtime.function import Function
from functions.runtime.invoke import invoke
from tests import needs

# What was started in the background ignores Ctrl-C, and so would all that a test starts.
signal.signal(signal.SIGINT, signal.default_int_handler)
# A machine that stands still for a moment is no flaw of what is tried; where all must run, the same is tried each time.
settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("ci" if os.environ.get(needs.MUST) else "patient")

HERE = Path(__file__).parent
TOGETHER = [folder for folder in HERE.rglob("*") if (folder / "conftest.py").is_file() and folder != HERE / "pipeline"]
"""Folders whose tests share what is dear to make."""


def pytest_configure(config: pytest.Config) -> None:
    """Let no test be skipped where all must run."""
    config.pluginmanager.register(needs)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> object:
    """Keep the tests of a folder that share fixtures, else those of a file, in one of xdist's processes.

    Its own groups are none with pytest 9.2 (pytest-xdist#1386).
    """
    from xdist.scheduler import LoadScopeScheduling

    found = LoadScopeScheduling(config, log)
    found._split_scope = _place
    return found


def _place(nodeid: str) -> str:
    path = HERE.parent / nodeid.partition("::")[0]
    return str(next((folder for folder in TOGETHER if folder in path.parents), path))


@dataclass(frozen=True)
class Outcome:
    """What a function wrote: file name -> bytes, and its metrics."""

    files: dict[str, bytes]
    metrics: dict[str, float]


Run = Callable[..., Outcome]


@pytest.fixture(scope="session")
def learnt_application(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An application's tree with models of what a campaign has measured; nobody changes it."""
    from tests.unit.optimize.learnt_application import application

    return application(tmp_path_factory.mktemp("learnt") / "masks")


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Run a function on bytes, with files beside it and settings if given; no servers."""

    def run_function(
        function: Function[Any],
        name: str,
        content: bytes,
        *,
        beside: dict[str, bytes] | None = None,
        **settings: object,
    ) -> Outcome:
        source = tmp_path / "in" / name
        source.parent.mkdir(exist_ok=True)
        source.write_bytes(content)
        for other, data in (beside or {}).items():
            source.with_name(other).write_bytes(data)
        environ = {f"{function.name}_{key}".upper(): str(value) for key, value in settings.items()}
        done = invoke(function, source, tmp_path / "out", environ=environ)
        return Outcome({path.name: path.read_bytes() for path in done.outputs}, dict(done.metrics))

    return run_function
