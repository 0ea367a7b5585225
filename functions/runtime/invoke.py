"""Run one function on a local file, or on a folder with a set of them: the same all-or-nothing outputs."""

import math
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from functions.runtime.context import Context
from functions.runtime.errors import InputVanishedError
from functions.runtime.function import Function
from functions.runtime.local_desk import LocalDesk, local_event
from functions.runtime.outputs import written


@dataclass(frozen=True)
class Invocation:
    """What one local run gave."""

    outputs: tuple[Path, ...]
    metrics: Mapping[str, float]


def invoke(function: Function[Any], source: Path, output: Path, *, environ: Mapping[str, str]) -> Invocation:
    """Run ``function`` on the file or folder ``source`` and move its outputs into the folder ``output``, all or none.

    Raises:
        SettingsError: The function's environment variables are wrong.
        Rejected: The function refused the input, or the file is not there.
    """
    settings = function.settings.from_environment(function.name, environ)
    path = _input(source)
    output.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".noria-", dir=output) as private:
        folder = Path(private)
        ctx = Context(settings=settings, folder=folder, desk=LocalDesk(path), waited=math.inf)
        function(local_event(path, source if source.is_dir() else None), ctx)
        moved = tuple(_move(path, folder, output) for path in written(folder))
        return Invocation(moved, dict(ctx.metrics))


def _input(source: Path) -> Path:
    """Give the file whose event it is: of a folder, which holds a set, the last one, be it in a folder below."""
    if not source.is_dir():
        if not source.is_file():
            raise InputVanishedError(f"{source} is not a file", hint="give the path of a file that exists")
        return source
    files = sorted(path for path in source.iterdir() if path.is_file())
    files = files or sorted(path for path in source.rglob("*") if path.is_file())
    if not files:
        raise InputVanishedError(f"there is no file in the folder {source}", hint="give a folder with the files in it")
    return files[-1]


def _move(path: Path, folder: Path, output: Path) -> Path:
    target = output / path.relative_to(folder)
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.move(path, target)
    return target
