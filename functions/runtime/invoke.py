"""Run one function on a local file: no store, no broker, the same all-or-nothing outputs."""

import hashlib
import mimetypes
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from events import ObjectCreated
from functions.runtime.context import Context
from functions.runtime.errors import InputVanishedError
from functions.runtime.function import Function
from functions.runtime.outputs import written


@dataclass(frozen=True)
class LocalFolder:
    """Inputs from a local folder; a sibling is the one file beside the input that ends with the suffix."""

    path: Path

    def fetch(self, event: ObjectCreated) -> Path:  # noqa: ARG002 - there is only one
        """Give the file itself."""
        return self.path

    def sibling(self, suffix: str) -> Path | None:
        """Find ``a.jpg.faces.json`` beside ``a.jpg.blurred.png``: the longest common name with ``suffix``."""
        stem = self.path.name
        while "." in stem:
            stem = stem.rpartition(".")[0]
            beside = self.path.with_name(stem + suffix)
            if beside.is_file():
                return beside
        return None


@dataclass(frozen=True)
class Invocation:
    """What one local run gave."""

    outputs: tuple[Path, ...]
    metrics: Mapping[str, float]


def invoke(function: Function[Any], source: Path, output: Path, *, environ: Mapping[str, str]) -> Invocation:
    """Run ``function`` on the file ``source`` and move its outputs into the folder ``output``, all or none.

    Raises:
        SettingsError: The function's environment variables are wrong.
        Rejected: The function refused the input, or the file is not there.
    """
    settings = function.settings.from_environment(function.name, environ)
    if not source.is_file():
        raise InputVanishedError(f"{source} is not a file", hint="give the path of a file that exists")
    output.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".noria-", dir=output) as private:
        folder = Path(private)
        ctx = Context(settings=settings, folder=folder, inputs=LocalFolder(source))
        function(local_event(source), ctx)
        moved = tuple(_move(path, folder, output) for path in written(folder))
        return Invocation(moved, dict(ctx.metrics))


def local_event(source: Path) -> ObjectCreated:
    """Make the event that a store would have announced for the file."""
    with source.open("rb") as file:
        digest = hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False))
    kind = mimetypes.guess_type(source.name)[0] or "application/octet-stream"
    return ObjectCreated(
        bucket="local",
        key=f"in/{source.name}",
        etag=digest.hexdigest(),
        size=source.stat().st_size,
        source="noria:invoke",
        metadata={"content-type": kind},
    )


def _move(path: Path, folder: Path, output: Path) -> Path:
    target = output / path.relative_to(folder)
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.move(path, target)
    return target
