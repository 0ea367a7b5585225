"""Plausibility: what must hold within a training record; where it does not, the signer refuses and verify says so."""

import math
from collections.abc import Iterator

from functions.training.record import TrainingRecord, chained, job_of
from functions.trust.errors import TrustError
from functions.trust.recipe import doubts_of_recipe


def doubts(record: TrainingRecord) -> Iterator[TrustError]:
    """Give each thing that cannot be in a record of a training that took place."""
    yield from _training(record)
    yield from _checkpoints(record)
    yield from _parts(record)
    yield from doubts_of_recipe(record)
    if sorted(each.role for each in record.inputs) != ["dataset", "definition", "model"]:
        yield TrustError("E_JOB", "the record does not name one data set, one definition and one model")
        return
    if record.job != job_of(record.inputs):
        yield TrustError("E_JOB", f"the record's job {record.job[:12]} is not that of its inputs")
    given = record.input("model").sha256
    same = [each.name for each in record.outputs if each.sha256 == given]
    if same:
        yield TrustError("E_WEIGHTS_UNCHANGED", f"{same[0]} is the uploaded model, byte for byte")


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
    if record.metrics.epoch != record.kept_epoch:
        said = f"the numbers are of epoch {record.metrics.epoch}, the weights of epoch {record.kept_epoch}"
        yield TrustError("E_CHECKPOINTS", said)


def _parts(record: TrainingRecord) -> Iterator[TrustError]:
    """Hold the counts of rows against one another."""
    data = record.data
    if sum(data.parts.values()) != data.rows:
        yield TrustError("E_DATA", f"the parts have {sum(data.parts.values())} rows, and the data set {data.rows}")
    for name, rows in data.parts.items():
        counted = sum(each.get(name, 0) for each in data.classes.values())
        if data.classes and counted != rows:
            yield TrustError("E_DATA", f"the classes have {counted} rows in the part {name}, and it has {rows}")
