"""Whole trainings with Keras, by ``noria train``: repeatable to the bit, resumable, and recorded as they were."""

import io
import json
import re
import zipfile
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import onnxruntime
import pytest

from functions.datasets.arrays import read, split
from functions.datasets.definition import read_definition
from functions.datasets.preprocessing import prepare
from functions.models.inspection import inspect
from functions.training.tensors import digest
from functions.trust.plausibility import doubts
from tests.unit.training.conftest import Runs
from tests.unit.training.jobs import Trained, make_job, train

OF_THE_MOMENT = {"run.json", "logs.txt"}
"""Files that have times in them."""


def lasting(trained: Trained) -> dict[str, bytes]:
    """Give every file that must not depend on when and how it was made."""
    assert trained.code == 0, trained.err
    return {path.name: path.read_bytes() for path in trained.folder.iterdir() if path.name not in OF_THE_MOMENT}


def test_the_same_job_gives_the_same_bytes_in_another_kind_of_sandbox(runs: Runs) -> None:
    assert runs.beside.record.sandbox != runs.elsewhere.record.sandbox
    assert lasting(runs.beside) == lasting(runs.elsewhere)


def test_two_trainings_at_once_do_not_mix(runs: Runs) -> None:
    one, other = runs.beside.record, runs.other.record

    assert one.input("dataset").sha256 != other.input("dataset").sha256
    assert one.job != other.job
    assert one.initial_weights == other.initial_weights
    assert one.final_weights != other.final_weights


def test_a_regression_has_residuals_and_stops_when_it_gets_no_better(runs: Runs) -> None:
    assert runs.other.code == 0, runs.other.err
    record = runs.other.record

    assert (record.recipe.task, record.recipe.loss) == ("regression", "mean_squared_error")
    assert record.stopped_by == "early_stopping"
    assert record.kept_epoch < record.epochs_run < 12
    assert set(runs.other.metrics["final"]["test"]) == {"loss", "mean_absolute_error"}
    assert (runs.other.folder / "residuals.png").read_bytes().startswith(b"\x89PNG")
    assert not list(doubts(record))


def test_a_training_killed_in_the_middle_ends_with_the_weights_that_it_would_have_had(runs: Runs) -> None:
    resumed, whole = runs.resumed.record, runs.beside.record

    assert 0 < resumed.resumed[0] < resumed.epochs_run
    assert resumed.checkpoints == whole.checkpoints
    assert (resumed.steps, resumed.samples) == (whole.steps, whole.samples)
    assert lasting(runs.resumed) == lasting(runs.beside)


def test_the_log_of_a_resumed_training_has_each_epoch_once(runs: Runs) -> None:
    log = (runs.resumed.folder / "logs.txt").read_text()

    epochs = re.findall(r"epoch (\d+)/", log)

    assert epochs == [str(number) for number in range(1, runs.resumed.record.epochs_run + 1)]


def test_every_output_is_there_and_named_in_the_record_with_its_digest(trained: Trained) -> None:
    names = {each.name for each in trained.record.outputs}

    assert names | {"run.json"} == {path.name for path in trained.folder.iterdir()}
    assert names == {
        "trained_model.keras",
        "trained_model.onnx",
        "metrics.json",
        "logs.txt",
        "learning_curve.png",
        "learning_curve.svg",
        "confusion_matrix.png",
        "model_card.json",
        "model_card.md",
    }
    assert not list(doubts(trained.record))


def test_steps_and_samples_are_those_that_the_optimizer_counted(trained: Trained) -> None:
    record = trained.record

    assert record.data.parts == {"train": 70, "validation": 20, "test": 10}
    assert record.recipe.steps_per_epoch == 5
    assert (record.steps, record.samples) == (12 * 5, 12 * 70)
    assert record.recipe.optimizer["learning_rate"] == 0.001
    assert record.recipe.deterministic
    assert len(record.checkpoints) == 12


def test_the_recorded_weights_are_those_in_the_models_file(trained: Trained) -> None:
    tensors: dict[str, Any] = {}
    with (
        zipfile.ZipFile(trained.folder / "trained_model.keras") as archive,
        h5py.File(io.BytesIO(archive.read("model.weights.h5"))) as tree,
    ):
        tree.visititems(lambda path, each: tensors.update({path: each[...]} if isinstance(each, h5py.Dataset) else {}))

    assert digest(tensors) == trained.record.final_weights != trained.record.initial_weights


def test_the_trained_model_may_be_uploaded_again(trained: Trained) -> None:
    assert inspect(trained.folder / "trained_model.keras").parameters == trained.record.model.parameters


@pytest.mark.parametrize(("part", "start"), [("train", ""), ("validation", "val_"), ("test", "test_")])
def test_the_exported_model_does_on_each_parts_rows_what_the_metrics_say(
    trained: Trained, runs: Runs, part: str, start: str
) -> None:
    definition = read_definition(runs.job / "dataset_definition.yaml")
    arrays = read(runs.job / "dataset.csv", definition)
    splits = split(arrays, definition)
    rows = getattr(splits, part)
    arrays, _ = prepare(arrays, splits, definition)

    session = onnxruntime.InferenceSession(trained.file("trained_model.onnx"))
    outputs = session.run(None, {session.get_inputs()[0].name: arrays.x[rows]})[0]

    right = float(((outputs[:, 0] > 0.5) == arrays.y[rows]).mean())
    assert right == pytest.approx(trained.metrics["final"][part]["accuracy"])
    loss = -np.log(np.where(arrays.y[rows] == 1, outputs[:, 0], 1 - outputs[:, 0])).mean()
    assert float(loss) == pytest.approx(trained.metrics["final"][part]["loss"], rel=1e-4)
    assert trained.record.metrics.final[f"{start}loss"] == trained.metrics["final"][part]["loss"]


def test_an_environment_is_recorded_with_packages_and_without_secrets(trained: Trained) -> None:
    environment = trained.record.environment

    packages = {each.name: each for each in environment.packages}
    assert packages["keras"].version == trained.record.framework.versions["keras"]
    assert len(packages["numpy"].sha256) == 64
    assert (environment.intra_threads, environment.inter_threads) == (1, 1)
    assert set(environment.variables) <= {
        "ATEN_CPU_CAPABILITY", "CUDA_VISIBLE_DEVICES", "KERAS_BACKEND", "MKL_NUM_THREADS", "OMP_NUM_THREADS",
        "ONEDNN_MAX_CPU_ISA", "OPENBLAS_NUM_THREADS", "PYTHONHASHSEED", "TF_DETERMINISTIC_OPS",
        "TF_NUM_INTEROP_THREADS", "TF_NUM_INTRAOP_THREADS",
    }  # fmt: skip


def test_the_command_prints_where_things_lie_and_the_numbers(trained: Trained) -> None:
    assert str(trained.folder / "trained_model.keras") in trained.out
    assert "validation" in trained.out
    assert trained.err == ""


def test_a_declared_network_is_trained_with_pytorch_by_the_same_loop(tmp_path: Path) -> None:
    from safetensors.numpy import save_file

    more = """
        architecture:
          layers:
          - {kind: linear, in_features: 13, out_features: 8, name: first}
          - {kind: relu}
          - {kind: dropout, p: 0.2}
          - {kind: linear, in_features: 8, out_features: 1, name: last}
        early_stopping: {monitor: val_loss, patience: 1}
    """
    job = make_job(tmp_path / "job", epochs=3, more=more)
    (job / "model.keras").unlink()
    draw = np.random.default_rng(1)
    shapes = {"first.weight": (8, 13), "first.bias": (8,), "last.weight": (1, 8), "last.bias": (1,)}
    save_file({name: draw.normal(size=shape).astype("f4") for name, shape in shapes.items()}, job / "model.safetensors")

    trained = train(job, tmp_path / "out", "--json")

    assert trained.code == 0, trained.err
    assert trained.record.framework.name == "torch"
    assert not list(doubts(trained.record))
    assert json.loads(trained.out)["weights"] == trained.record.final_weights
