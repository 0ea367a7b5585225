"""What is not signed: whatever ledger, record and bytes do not agree on, and trainings that did nothing."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from functions.runtime.runs import Run, StoredObject
from functions.training.record import Checkpoint, Metrics
from functions.trust.errors import TrustError
from functions.trust.examination import examine
from tests.trust.signing import examined
from tests.trust.trainings import FINAL, VERSION, Training, recommitted, sha256, trained


def test_a_training_that_ledger_record_and_bytes_agree_on_passes(tmp_path: Path) -> None:
    training = trained(tmp_path)

    passed = examined(training)

    assert passed.record == training.record
    assert set(passed.files) == {path.name for path in training.outputs.iterdir()}


def _refusal(training: Training, run: Run | None = None) -> TrustError:
    with pytest.raises(TrustError) as error:
        examine(run or training.run, training.shelf, functions={"train-on-upload"}, versions={VERSION})
    return error.value


RUNS: dict[str, tuple[str, dict[str, Any]]] = {
    "a run that failed": ("E_NOT_COMMITTED", {"state": "failed"}),
    "a run that is not over": ("E_NOT_COMMITTED", {"state": "running"}),
    "another function": ("E_FUNCTION_UNKNOWN", {"function": "train-on-uploads"}),
    "another version": ("E_VERSION_UNKNOWN", {"version": "0.0.9"}),
    "no version": ("E_VERSION_UNKNOWN", {"version": ""}),
    "an input less": ("E_INPUT_UNKNOWN", {"members": ()}),
    "no outputs": ("E_RECORD", {"outputs": ()}),
}


@pytest.mark.parametrize("what", RUNS)
def test_a_run_that_the_ledger_tells_otherwise_is_not_signed(tmp_path: Path, what: str) -> None:
    code, change = RUNS[what]
    training = trained(tmp_path)

    assert _refusal(training, training.run.model_copy(update=change)).code == code


def test_a_function_that_is_nearly_known_is_named_with_the_known_one(tmp_path: Path) -> None:
    training = trained(tmp_path)
    run = training.run.model_copy(update={"function": "train-on-uploads"})

    assert "did you mean train-on-upload?" in _refusal(training, run).message


RECORDS: dict[str, tuple[str, dict[str, Any]]] = {
    "no steps": ("E_NO_STEPS", {"steps": 0}),
    "no samples": ("E_NO_STEPS", {"samples": 0}),
    "fewer steps than the epochs have": ("E_NO_STEPS", {"steps": 8}),
    "weights at no distance": ("E_WEIGHTS_UNCHANGED", {"weights_distance": 0.0}),
    "another job": ("E_JOB", {"job": sha256(b"another")}),
    "checkpoints that are no chain": (
        "E_CHECKPOINTS",
        {"checkpoints": tuple(Checkpoint(epoch=n, weights=sha256(b"w"), chain=sha256(b"c")) for n in (1, 2, 3))},
    ),
    "no checkpoints": ("E_CHECKPOINTS", {"checkpoints": ()}),
    "weights of another epoch": ("E_CHECKPOINTS", {"kept_epoch": 1}),
    "another seed than asked for": ("E_RECIPE_NOT_USED", {"definition": {"seed": 7}}),
    "fewer epochs than asked for": ("E_RECIPE_NOT_USED", {"definition": {"epochs": 30}}),
    "another optimizer than asked for": ("E_RECIPE_NOT_USED", {"definition": {"optimizer": {"name": "sgd"}}}),
    "another learning rate than asked for": (
        "E_RECIPE_NOT_USED",
        {"definition": {"optimizer": {"name": "adam", "learning_rate": 0.01}}},
    ),
    "early stopping asked for and not used": ("E_RECIPE_NOT_USED", {"definition": {"early_stopping": {"patience": 1}}}),
    "class weights asked for and not used": ("E_RECIPE_NOT_USED", {"definition": {"class_weights": "balanced"}}),
    "stopped by what is not in the recipe": ("E_RECIPE_NOT_USED", {"epochs_run": 2}),
    "numbers of another epoch": ("E_CHECKPOINTS", {"metrics": Metrics(epoch=77, final=FINAL)}),
}


@pytest.mark.parametrize("what", RECORDS)
def test_a_record_that_does_not_hold_is_not_signed(tmp_path: Path, what: str) -> None:
    code, change = RECORDS[what]
    if change.get("epochs_run"):
        base = trained(tmp_path / "base").record
        change = {**change, "steps": 6, "samples": 160, "kept_epoch": 2, "checkpoints": base.checkpoints[:2]}
        change["metrics"] = base.metrics.model_copy(update={"epoch": 2})
        change["final_weights"] = base.checkpoints[1].weights

    assert _refusal(trained(tmp_path / "job", **change)).code == code


def test_weights_that_did_not_change_are_not_signed(tmp_path: Path) -> None:
    before = trained(tmp_path / "base").record.initial_weights

    assert _refusal(trained(tmp_path / "job", final_weights=before)).code == "E_WEIGHTS_UNCHANGED"


def test_the_uploaded_model_given_back_as_trained_is_not_signed(tmp_path: Path) -> None:
    training = trained(tmp_path)
    given, made = training.inputs / "model.safetensors", training.outputs / "trained_model.safetensors"
    made.write_bytes(given.read_bytes())

    assert _refusal(recommitted(training, training.record)).code == "E_WEIGHTS_UNCHANGED"


Change = Callable[[Training], object]
BYTES: dict[str, tuple[str, Change]] = {
    "an output that changed in the store": ("E_FILE_CHANGED", lambda t: _append(t.outputs / "metrics.json")),
    "an input that changed in the store": ("E_FILE_CHANGED", lambda t: _append(t.inputs / "dataset.csv")),
    "an output that is gone": ("E_FILE_MISSING", lambda t: _forget(t, "metrics.json")),
    "an input that is gone": ("E_FILE_MISSING", lambda t: _forget(t, "dataset.csv")),
}


@pytest.mark.parametrize("what", BYTES)
def test_bytes_that_are_not_those_of_the_ledger_are_not_signed(tmp_path: Path, what: str) -> None:
    code, change = BYTES[what]
    training = trained(tmp_path)
    change(training)

    assert _refusal(training).code == code


def test_an_input_that_was_swapped_between_reading_and_training_is_not_signed(tmp_path: Path) -> None:
    training = trained(tmp_path)
    members = [
        one.model_copy(update={"sha256": sha256(b"other rows")}) if one.key.endswith(".csv") else one
        for one in training.run.members
    ]

    assert _refusal(training, training.run.model_copy(update={"members": tuple(members)})).code == "E_INPUT_CHANGED"


def test_an_output_that_the_record_does_not_name_is_not_signed(tmp_path: Path) -> None:
    training = trained(tmp_path)
    extra = training.outputs / "backdoor.so"
    extra.write_bytes(b"\x7fELF")
    folder = training.run.outputs[0].key.rpartition("/")[0]
    one = training.shelf.put(extra, "models-trained", f"{folder}/backdoor.so")

    refusal = _refusal(training, training.run.model_copy(update={"outputs": (*training.run.outputs, one)}))
    assert refusal.code == "E_FILE_ADDED"
    assert "backdoor.so" in refusal.message


def test_outputs_of_several_folders_are_not_one_result(tmp_path: Path) -> None:
    training = trained(tmp_path)
    stray = StoredObject(bucket="models-trained", key="elsewhere/x.json", etag="e", size=1, sha256=sha256(b"x"))

    run = training.run.model_copy(update={"outputs": (*training.run.outputs, stray)})
    assert _refusal(training, run).code == "E_RECORD"


def test_an_image_other_than_the_ledgers_is_not_signed(tmp_path: Path) -> None:
    environment = trained(tmp_path / "base").record.environment.model_copy(update={"image": "sha256:one"})
    training = trained(tmp_path / "job", environment=environment)

    assert _refusal(training, training.run.model_copy(update={"image": "sha256:two"})).code == "E_RECORD"


def _append(path: Path) -> None:
    path.write_bytes(path.read_bytes() + b"\n")


def _forget(training: Training, name: str) -> None:
    training.shelf.files = {place: path for place, path in training.shelf.files.items() if path.name != name}


@pytest.mark.parametrize("name", ["bom.cdx.json", "model.sig", "x.link.dsse.json"])
def test_a_trainer_that_writes_evidence_itself_is_not_signed(tmp_path: Path, name: str) -> None:
    training = trained(tmp_path)
    forged = training.outputs / name
    forged.write_bytes(b"{}")
    folder = training.run.outputs[0].key.rpartition("/")[0]
    one = training.shelf.put(forged, "models-trained", f"{folder}/{name}")

    refusal = _refusal(training, training.run.model_copy(update={"outputs": (*training.run.outputs, one)}))
    assert (refusal.code, name in refusal.message) == ("E_FILE_ADDED", True)
