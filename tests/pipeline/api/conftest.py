"""A job API that is served for real, in front of a plane that is: one for all tests, and kept by nobody."""

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest

from functions.runtime.store import Store
from local.api.jobs import ENDED
from local.connection import operator
from tests.pipeline.noria import ROOT, Noria
from tests.pipelines import pipeline
from tests.waiting import eventually

MIB = 2**20
DEFINITION = """\
columns:
  feature1: float
  label: int
input_shape: [1]
label: label
output_shape: [1]
"""


@dataclass
class Served(Noria):
    """A plane, an API before it, and a client with a key for everything."""

    process: "subprocess.Popen[bytes] | None" = None
    client: httpx.Client = field(default_factory=lambda: httpx.Client(timeout=60))

    @property
    def door(self) -> Path:
        """What trainings of ``wait`` wait for."""
        return self.home.parent / "doors" / "door"

    @property
    def store(self) -> Store:
        return Store(operator({"NORIA_HOME": str(self.home)}))

    def key(self, *scopes: str) -> dict[str, str]:
        """Make a key, and give the header with it."""
        chosen = [part for scope in scopes for part in ("--scope", scope)]
        return {"Authorization": f"Bearer {self.json('api', 'key', 'new', 'somebody', *chosen)['key']}"}

    @property
    def log(self) -> Path:
        return self.home.parent / f"api-{id(self)}.log"

    def start(self, **settings: str) -> None:
        """Start the API on a port of its own, and wait until it serves."""
        given = {f"JOB_API_{name.upper()}": value for name, value in settings.items()}
        environ = {**os.environ, "NORIA_HOME": str(self.home), **self.environ, **given}
        command = [sys.executable, "-m", "local.cli", "api", "--port", "0", "--service", "train"]
        with self.log.open("w") as log:
            self.process = subprocess.Popen(command, cwd=ROOT, env=environ, stdin=subprocess.DEVNULL, stderr=log)
        eventually(lambda: "serving on" in self.log.read_text() or not self.runs)
        url = self.log.read_text().partition("serving on ")[2].partition(",")[0]
        assert url, self.log.read_text()
        self.client.base_url = httpx.URL(url)

    @property
    def runs(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def stop(self) -> None:
        """Stop the API, and see that it ends in good order."""
        assert self.process is not None
        self.process.terminate()
        assert self.process.wait(60) == 0
        assert "Traceback" not in self.log.read_text()

    def another(self) -> "Served":
        """Give another API for the same plane, not started yet."""
        return Served(self.home, self.environ, client=httpx.Client(headers=self.client.headers, timeout=60))

    def end(self) -> None:
        """End the API, however it is."""
        self.client.close()
        if self.process and self.process.poll() is None:
            self.process.kill()
            self.process.wait()

    def close(self) -> None:
        """End everything."""
        self.end()
        self.door.touch()
        self("down")

    def submit(self, **changed: bytes | tuple[str, bytes]) -> httpx.Response:
        """Post a job of files like these, each as its content or as its name and content."""
        files: dict[str, tuple[str, bytes]] = {
            "model": ("model.keras", b"model"),
            "dataset": ("data.csv", b"feature1,label\n"),
            "dataset_definition": ("dataset_definition.yaml", DEFINITION.encode()),
        }
        for role, given in changed.items():
            files[role] = (files[role][0], given) if isinstance(given, bytes) else given
        return self.client.post("/submit_job_by_model_and_data", files=files)

    def submitted(self, dataset: bytes = b"feature1,label\n", model: bytes = b"model") -> str:
        """Post a job that must be taken, and give its id."""
        answer = self.submit(dataset=dataset, model=model)
        assert answer.status_code == 200, answer.text
        return str(answer.json()["job_id"])

    def status(self, job: str) -> Any:
        """Ask for a job's status."""
        answer = self.client.get(f"/job_status/{job}")
        assert answer.status_code == 200, answer.text
        return answer.json()

    def await_state(self, job: str, *states: str) -> Any:
        """Wait until the job is in one of the states, and give its status."""
        found: list[Any] = []

        def is_there() -> bool:
            found[:] = [self.status(job)]
            return found[0]["status"] in states

        eventually(is_there)
        return found[0]

    def ended(self, job: str) -> Any:
        """Wait until the job has ended."""
        return self.await_state(job, *ENDED)


def served_in(folder: Path) -> Served:
    """A plane with a training and a signing function that runs, and an API that does not yet."""
    served = Served(folder / ".noria", {"NORIA_ACK_WAIT": "3", "NORIA_BACKOFF": "0.2,0.2", "NORIA_RECONCILE": "300"})
    served.door.parent.mkdir()
    files = [folder / "train.yaml", folder / "sign.yaml"]
    place, suffixes = "tests.pipeline.api.trainer", [".keras", ".json"]
    lists: dict[str, Any] = {"suffixes": suffixes, "NORIA_LISTS": "training/in", "TRAIN_DOOR": str(served.door)}
    lists["NORIA_FILES"] = str(served.door.parent)  # walls leave a handler what is named
    reads: dict[str, Any] = {"suffixes": [*suffixes, ".watch-state.json"], "NORIA_READS": "training/in"}
    files[0].write_text(pipeline("train", "training/in", "trained/out", function=f"{place}:train", **lists))
    files[1].write_text(pipeline("sign", "trained/out", "models/out", function=f"{place}:sign", **reads))
    served("up", "--detach", *files)
    served.client.headers.update(served.key("admin"))
    return served


@pytest.fixture(scope="session")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The API of all tests; nobody may stop it."""
    served = served_in(tmp_path_factory.mktemp("api"))
    try:
        served.start(look_every="0.1", heartbeat="0.3", requests_per_minute="100000", submissions_per_minute="100000")
        yield served
        served.stop()
    finally:
        served.close()


@pytest.fixture
def closed_door(served: Served) -> Iterator[None]:
    """Let trainings of ``wait`` go on until the test opens the door."""
    served.door.unlink(missing_ok=True)
    yield
    served.door.touch()


@pytest.fixture(scope="session")
def strict(served: Served) -> Iterator[Served]:
    """Another API for the same plane, with small limits."""
    strict = served.another()
    try:
        strict.start(
            model_limit=str(10 * MIB),
            dataset_limit=str(12 * MIB),
            total_limit=str(12 * MIB),
            streams="1",
            look_every="0.1",
            heartbeat="0.1",
            cors_origins="https://example.org",
        )
        yield strict
        strict.stop()
    finally:
        strict.end()
