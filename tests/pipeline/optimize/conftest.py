"""A plane that optimises: what is uploaded, and what became of it."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

import fdl
from functions.optimize.result import FILE_NAME, Result
from functions.runtime.runs import Run
from tests.pipeline.watching import Watched

SERVICE, BUCKET = "optimize", "optimize"
ROOT = Path(__file__).parents[3]


class Optimizing(Watched):
    """A plane that optimises."""

    def upload(self, key: str, content: str | bytes) -> str:
        """Upload one object, and give the name of the run that its event is for."""
        return self.write(SERVICE, BUCKET, key, content if isinstance(content, bytes) else content.encode())

    def place(self, folder: str, files: Mapping[str, str]) -> list[str]:
        """Upload a set, file by file in the mapping's order."""
        return [self.upload(f"in/{folder}/{name}", text) for name, text in files.items()]

    def happens(self, name: str, **told: Any) -> str:
        """Upload an occasion."""
        return self.upload(f"events/{name}", json.dumps(told))

    def text(self, run: Run, name: str) -> str:
        """Give one output of a committed run."""
        return self.content(run, name).decode()

    def result(self, run: Run) -> Result:
        return Result.model_validate_json(self.text(run, FILE_NAME))


@pytest.fixture(scope="module")
def plane(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Optimizing]:
    """The pipeline as it ships, but that it waits less."""
    folder = tmp_path_factory.mktemp("optimizing")
    environ = {"NORIA_ACK_WAIT": "3", "NORIA_BACKOFF": "0.2,0.2,0.2", "NORIA_RUNNERS": "2"}
    plane = Optimizing(folder / ".noria", environ)
    settings = "\n".join(
        f'          OPTIMIZE_{name}: "{value}"'
        for name, value in {"SETTLE": "2", "PATIENCE": "12", "FRONT_POINTS": "2"}.items()
    )
    text = (ROOT / "fdl/optimize.yaml").read_text()
    text = text.replace("        Variables:\n", f"        Variables:\n{settings}\n")
    fdl.loads(text)
    (folder / "optimize.yaml").write_text(text)
    try:
        plane("up", "--detach", folder / "optimize.yaml")
        yield plane
    finally:
        plane("down")
