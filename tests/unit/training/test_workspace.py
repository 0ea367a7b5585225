"""A training works where the host clears up: beside its outputs, in the private folder of the run."""

import math
import tempfile
from collections.abc import Mapping
from pathlib import Path

import pytest

from functions.runtime import Context
from functions.runtime.errors import CancelledError
from functions.runtime.local_desk import LocalDesk, local_event
from functions.train_on_upload.handler import train_on_upload
from functions.train_on_upload.messages import ORDER
from functions.train_on_upload.settings import TrainOnUpload
from tests.unit.training.jobs import make_job


class Impatient(LocalDesk):
    """Cancels at the first word."""

    def progress(self, numbers: Mapping[str, float]) -> None:
        raise CancelledError(" ".join(str(path) for path in self.path.parents[1].glob(f"*/*/{ORDER}")))


def test_nothing_of_a_training_lies_outside_of_the_runs_private_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = make_job(tmp_path / "job")
    outputs, elsewhere = tmp_path / "run" / "outputs", tmp_path / "elsewhere"
    outputs.mkdir(parents=True)
    elsewhere.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(elsewhere))
    desk = Impatient(job / "dataset.csv")
    ctx = Context(settings=TrainOnUpload(sandbox="none"), folder=outputs, desk=desk, waited=math.inf)

    with pytest.raises(CancelledError) as cancelled:
        train_on_upload(local_event(job / "dataset.csv"), ctx)

    assert cancelled.value.message.startswith(str(tmp_path / "run" / "noria-run-"))
    assert not list(elsewhere.iterdir())
    assert list((tmp_path / "run").iterdir()) == [outputs]
