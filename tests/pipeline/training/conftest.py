"""A plane that trains: what is uploaded, what became of it, and hands to break it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

import fdl
from functions.runtime.keeping import cancel_key
from functions.runtime.runs import Run
from functions.training.record import RECORD, TrainingRecord
from tests.pipeline.watching import Watched
from tests.pipelines import pipeline
from tests.waiting import eventually

SERVICE, SOURCE, TARGET = "train-on-upload", "training", "models-trained"
MEMBERS = ("model.keras", "dataset.csv", "dataset_definition.yaml")
SUFFIXES = (".keras", ".onnx", ".safetensors", ".json", ".txt", ".png", ".svg", ".md")
PATIENCE = 12
"""Seconds that a set may take to be uploaded."""
SETTINGS = {"SETTLE": "0.5", "PATIENCE": str(PATIENCE), "CHECKPOINT_EVERY": "0"}


class Training(Watched):
    """A plane that trains."""

    def upload(self, folder: str, file: Path) -> str:
        """Upload one file, and give the name of the run that its event is for."""
        return self.write(SERVICE, SOURCE, f"in/{folder}/{file.name}", file)

    def running(self, *names: str, epoch: int = 1) -> Run:
        """Wait until one of a set's runs is in an epoch and has kept a checkpoint."""
        seen: list[Run] = []

        def is_there() -> bool:
            for run in filter(None, map(self.ledger.find, names)):
                assert not run.outputs, run
                if run.kept and run.progress.get("epoch", 0) >= epoch:
                    seen.append(run)
            return bool(seen)

        eventually(is_there, 120)
        return seen[-1]

    def record(self, run: Run) -> TrainingRecord:
        return TrainingRecord.from_json(self.content(run, RECORD))

    def cancel(self, name: str) -> None:
        self.store.write(self.operator.ledger, cancel_key(name), b"{}")


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
