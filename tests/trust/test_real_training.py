"""Real trainings, signed and verified: trained again from what the bill names, they have the same weights."""

import json
import os
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from functions.runtime.function import load
from functions.runtime.invoke import invoke
from functions.training.record import RECORD, TrainingRecord
from functions.trust.pem import PemSigner
from functions.trust.verification import Anchors, verify
from tests.pipeline.noria import Noria
from tests.trust.signing import Signed, sign
from tests.trust.trainings import committed
from tests.unit.training.jobs import make_job
from tests.unit.training.torch_models import LAYERS, exported, graph, perceptron, weights

WRITERS: dict[str, Callable[[Path], Path]] = {
    "onnx": graph,
    "pt2": lambda path: exported(perceptron(), path),
    "safetensors": weights,
}
ARCHITECTURE = f"architecture: {json.dumps({'layers': LAYERS})}"
ASKED_FOR = """
optimizer: {name: sgd, learning_rate: 0.05, momentum: 0.9, nesterov: true}
early_stopping: {monitor: val_loss, patience: 1, min_delta: 10.0}
class_weights: balanced
loss: binary_crossentropy
"""


def train(place: Path, *, epochs: int, more: str = "", form: str = "keras") -> Signed:
    job = make_job(place / "job", epochs=epochs, more=more)
    if form in WRITERS:
        (job / "model.keras").unlink()
        WRITERS[form](job / f"model.{form}")
    invoke(load("train-on-upload"), job, place / "out", environ=os.environ)
    folder = next((place / "out").glob(f"*/{RECORD}")).parent
    record = TrainingRecord.from_json((folder / RECORD).read_bytes())
    made = record.finished + timedelta(seconds=1)
    return sign(committed(job, folder, record), place / "signed", PemSigner.new(), made=made)


def test_a_real_training_is_signed_and_trained_again_to_the_same_bits(tmp_path: Path) -> None:
    made = train(tmp_path, epochs=2)
    (tmp_path / "signer.pem").write_text(made.signer.public.pem)
    noria = Noria(tmp_path / "home")
    words = (
        "verify",
        made.folder,
        "--key",
        tmp_path / "signer.pem",
        "--inputs",
        tmp_path / "job",
        "--retrain",
        "--json",
    )

    verdict = json.loads(noria(*words))
    last = verdict["checks"][-1]
    assert verdict["verdict"] == "verified"
    assert (last["check"], last["status"]) == ("retraining", "ok")
    assert last["sentence"].startswith(f"exact: {made.training.record.steps} steps")


def test_a_training_with_everything_asked_for_is_not_refused(tmp_path: Path) -> None:
    made = train(tmp_path, epochs=4, more=ASKED_FOR)

    assert made.training.record.stopped_by == "early_stopping"
    assert verify(made.folder, Anchors(keys=made.keys)).is_good


@pytest.mark.parametrize("form", WRITERS)
def test_a_real_training_of_each_form_is_signed(tmp_path: Path, form: str) -> None:
    made = train(tmp_path, epochs=1, form=form, more=ARCHITECTURE if form == "safetensors" else "")

    assert made.training.record.model.form == form
    assert verify(made.folder, Anchors(keys=made.keys)).is_good
