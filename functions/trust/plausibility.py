"""Plausibility: what must hold within a training record; where it does not, the signer refuses and verify says so."""

import math
from collections.abc import Iterator, Mapping
from pathlib import Path

from pydantic import JsonValue

from functions.training.record import TrainingRecord, chained, job_of
from functions.trust.errors import TrustError
from functions.trust.tensors import keras_digests, safetensors_digest

CLOSE = 1e-6
"""Relative; settings are read back from 32-bit numbers."""


def doubts(record: TrainingRecord) -> Iterator[TrustError]:
    """Give each thing that cannot be in a record of a training that took place."""
    yield from _training(record)
    yield from _checkpoints(record)
    yield from _recipe(record)
    if sorted(each.role for each in record.inputs) != ["dataset", "definition", "model"]:
        yield TrustError("E_JOB", "the record does not name one data set, one definition and one model")
        return
    if record.job != job_of(record.inputs):
        yield TrustError("E_JOB", f"the record's job {record.job[:12]} is not that of its inputs")
    given = record.input("model").sha256
    same = [each.name for each in record.outputs if each.sha256 == given]
    if same:
        yield TrustError("E_WEIGHTS_UNCHANGED", f"{same[0]} is the uploaded model, byte for byte")


def doubts_of_weights(record: TrainingRecord, outputs: Mapping[str, Path], model: Path) -> Iterator[TrustError]:
    """Give what the weights' own bytes contradict: those of ``outputs`` beside those of the uploaded ``model``.

    No framework and no parser in C opens a file where the signing key is.
    """
    torch, keras = outputs.get("trained_model.safetensors"), outputs.get("trained_model.keras")
    if torch is not None and safetensors_digest(torch) != record.final_weights:
        yield TrustError("E_WEIGHTS", f"the weights in {torch.name} are not those that the record says were trained")
    if keras is not None and record.model.form == "keras" and keras_digests(keras) == keras_digests(model):
        yield TrustError("E_WEIGHTS_UNCHANGED", f"{keras.name} has the weights of the uploaded model, bit for bit")


def _training(record: TrainingRecord) -> Iterator[TrustError]:
    if record.steps < 1 or record.samples < 1 or record.epochs_run < 1:
        yield TrustError("E_NO_STEPS", f"nothing was trained: {record.steps} steps over {record.samples} samples")
        return
    if record.initial_weights == record.final_weights or record.weights_distance <= 0:
        yield TrustError("E_WEIGHTS_UNCHANGED", f"the weights are the same after {record.steps} steps as before")
    rows, size = record.data.parts.get("train", 0), record.recipe.batch_size
    per_epoch = math.ceil(rows / size)
    counted = (record.recipe.steps_per_epoch, record.steps, record.samples)
    right = (per_epoch, per_epoch * record.epochs_run, rows * record.epochs_run)
    if counted != right:
        said = f"{record.epochs_run} epochs over {rows} rows in batches of {size} are {right[1:]} steps and samples"
        yield TrustError("E_NO_STEPS", f"{said}, and {counted[1:]} were counted")


def _checkpoints(record: TrainingRecord) -> Iterator[TrustError]:
    """Hold the chain of weights against itself: each epoch's link comes from the one before."""
    chain = record.initial_weights
    for number, each in enumerate(record.checkpoints, start=1):
        chain = chained(chain, each.weights)
        if each.epoch != number or each.chain != chain:
            yield TrustError("E_CHECKPOINTS", f"the chain of checkpoints breaks at epoch {each.epoch}")
            return
    if len(record.checkpoints) != record.epochs_run:
        said = f"there are {len(record.checkpoints)} checkpoints of {record.epochs_run} epochs"
        yield TrustError("E_CHECKPOINTS", said)
        return
    kept = {each.epoch: each.weights for each in record.checkpoints}
    if record.epochs_run and kept.get(record.kept_epoch) != record.final_weights:
        yield TrustError("E_CHECKPOINTS", f"the final weights are not those of epoch {record.kept_epoch}")


def _recipe(record: TrainingRecord) -> Iterator[TrustError]:
    """Name each setting that was asked for and not used."""
    asked, used = record.definition, record.recipe
    optimizer = asked.get("optimizer") or {}
    wanted: dict[str, JsonValue] = {name: asked.get(name) for name in ("seed", "epochs", "batch_size", "task")}
    wanted |= {f"optimizer.{name}": value for name, value in (optimizer.items() if isinstance(optimizer, dict) else ())}
    given = used.model_dump(mode="json")
    for name, value in wanted.items():
        place, _, field = name.rpartition(".")
        found = given[place].get(field) if place else given.get(field)
        if value is not None and not _is(value, found):
            yield TrustError("E_RECIPE_NOT_USED", f"{name} was asked to be {value!r}, and {found!r} was used")
    for name in ("early_stopping", "class_weights"):
        if bool(asked.get(name)) != (given[name] is not None):
            state = "asked for and not used" if asked.get(name) else "used and not asked for"
            yield TrustError("E_RECIPE_NOT_USED", f"{name} was {state}")
    if record.epochs_run > used.epochs or (record.stopped_by == "epochs" and record.epochs_run < used.epochs):
        said = f"{record.epochs_run} of {used.epochs} epochs ran, and the record says that {record.stopped_by} ended it"
        yield TrustError("E_RECIPE_NOT_USED", said)


def _is(wanted: JsonValue, found: JsonValue) -> bool:
    if isinstance(wanted, bool) or isinstance(found, bool) or isinstance(wanted, str):
        return wanted == found
    if isinstance(wanted, int | float) and isinstance(found, int | float):
        return math.isclose(wanted, found, rel_tol=CLOSE)
    return wanted == found
