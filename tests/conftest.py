"""Fixtures that every kind of test uses."""

import signal
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from functions.runtime.function import Function
from functions.runtime.invoke import invoke

# What was started in the background ignores Ctrl-C, and so would all that a test starts.
signal.signal(signal.SIGINT, signal.default_int_handler)


@dataclass(frozen=True)
class Outcome:
    """What a function wrote: file name -> bytes, and its metrics."""

    files: dict[str, bytes]
    metrics: dict[str, float]


Run = Callable[..., Outcome]


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
