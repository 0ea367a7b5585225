"""A plane that trains: what is uploaded, what became of it, and hands to break it."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

import fdl
from events import ObjectCreated
from functions.runtime.keeping import cancel_key
from functions.runtime.ledger import Ledger
from functions.runtime.runs import FINAL, Run, run_id
from functions.runtime.store import Store
from functions.training.record import RECORD, TrainingRecord
from local.connection import operator
from tests.pipeline.conftest import eventually
from tests.pipeline.noria import Noria
from tests.pipelines import pipeline

SERVICE, SOURCE, TARGET = "train-on-upload", "training", "models-trained"
MEMBERS = ("model.keras", "dataset.csv", "dataset_definition.yaml")
SUFFIXES = (".keras", ".onnx", ".safetensors", ".json", ".txt", ".png", ".svg", ".md")
SETTINGS = {"SETTLE": "0.5", "PATIENCE": "3", "CHECKPOINT_EVERY": "0"}


@dataclass
class Training(Noria):
    """A home with one plane in it."""

    @property
    def store(self) -> Store:
        return Store(operator({"NORIA_HOME": str(self.home)}))

    @property
    def ledger(self) -> Ledger:
        given = operator({"NORIA_HOME": str(self.home)})
        return Ledger(Store(given), given.ledger, lease=3)

    def upload(self, folder: str, file: Path) -> str:
        """Upload one file, and give the name of the run that its event is for."""
        key = f"in/{folder}/{file.name}"
        etag = self.store.write(SOURCE, key, file)
        return f"{SERVICE}/{run_id(SERVICE, ObjectCreated(bucket=SOURCE, key=key, etag=etag))}"

    def run_named(self, name: str) -> Run | None:
        return self.ledger.find(name)

    def ended(self, *names: str, timeout_s: float = 90) -> list[Run]:
        """Wait until these runs have ended."""
        found: dict[str, Run] = {}

        def all_over() -> bool:
            found.update({name: run for name in names if (run := self.run_named(name))})
            return all(name in found and found[name].state in FINAL for name in names)

        eventually(all_over, timeout_s)
        return [found[name] for name in names]

    def running(self, *names: str, epoch: int = 1) -> Run:
        """Wait until one of a set's runs is in an epoch and has kept a checkpoint."""
        seen: list[Run] = []

        def is_there() -> bool:
            for run in filter(None, map(self.run_named, names)):
                assert not run.outputs, run
                if run.kept and run.progress.get("epoch", 0) >= epoch:
                    seen.append(run)
            return bool(seen)

        eventually(is_there, 60)
        return seen[-1]

    def content(self, run: Run, name: str) -> bytes:
        """Give one output of a committed run."""
        found = next(one for one in run.outputs if one.key.endswith(f"/{name}"))
        return self.store.read(found.bucket, found.key)[0]

    def record(self, run: Run) -> TrainingRecord:
        return TrainingRecord.from_json(self.content(run, RECORD))

    def cancel(self, name: str) -> None:
        given = operator({"NORIA_HOME": str(self.home)})
        self.store.write(given.ledger, cancel_key(name), b"{}")


def alone(runs: list[Run]) -> Run:
    """Give the one run of a set that did the work; the others must say so."""
    worked = [run for run in runs if run.outputs]
    assert len(worked) == 1, runs
    assert {run.member_of for run in runs if run is not worked[0]} == {worked[0].name}
    return worked[0]


@pytest.fixture(scope="module")
def plane(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Training]:
    folder = tmp_path_factory.mktemp("training")
    environ = {"NORIA_ACK_WAIT": "3", "NORIA_BACKOFF": "0.2,0.2,0.2", "NORIA_RUNNERS": "2"}
    plane = Training(folder / ".noria", environ)
    settings = {f"TRAIN_ON_UPLOAD_{name}": value for name, value in SETTINGS.items()}
    text = pipeline(
        SERVICE,
        f"{SOURCE}/in",
        f"{TARGET}/out",
        function=SERVICE,
        suffixes=SUFFIXES,
        memory="4Gi",
        NORIA_LISTS=f"{SOURCE}/in",
        **settings,
    )
    fdl.loads(text)
    (folder / "train.yaml").write_text(text)
    try:
        plane("up", "--detach", folder / "train.yaml")
        yield plane
    finally:
        plane("down")
