"""Retraining: the job once more, from what the bill of materials names alone, and the weights compared bit for bit."""

import shutil
import zipfile
from collections.abc import Callable, Iterator, Mapping
from importlib import import_module
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from functions.training.record import RECORD, Environment, TrainingRecord
from functions.training.tensors import Tensors, distance
from functions.trust.errors import TrustError
from functions.trust.verification.verdict import Checks

Train = Callable[[Path, Path, TrainingRecord], None]
"""Runs the job in the first folder, writes its results into the second, set up as the record says that it was."""


def check_retraining(root: Path, inputs: Mapping[str, Path], train: Train, checks: Checks) -> None:
    """Train again and compare.

    Args:
        root: The signed folder; what it says has been verified.
        inputs: Unchanged copies of what the training was given, by name.

    Raises:
        Rejected, TryAgain: The training could not be run at all.
    """
    record = TrainingRecord.from_json((root / RECORD).read_bytes())
    absent = sorted({each.name for each in record.inputs} - set(inputs))
    if absent:
        said = f"it cannot be trained again without {', '.join(absent)}"
        checks.failed("retraining", RECORD, TrustError("E_RETRAIN_INPUTS", said, hint="--inputs FOLDER, or --fetch"))
        return
    with TemporaryDirectory(prefix="noria-retrain-") as made:
        job, out = Path(made, "job"), Path(made, "out")
        job.mkdir()
        for name, path in inputs.items():
            shutil.copyfile(path, job / name)
        train(job, out, record)
        found = next(out.rglob(RECORD))
        again = TrainingRecord.from_json(found.read_bytes())
        with checks.trying("retraining", RECORD):
            if again.final_weights != record.final_weights:
                raise TrustError("E_RETRAIN_DIFFERS", _difference(record, again, root, found.parent))
            said = f"exact: {again.steps} steps gave the same weights bit for bit, {again.final_weights[:16]}"
            checks.ok("retraining", RECORD, said)


def _difference(record: TrainingRecord, again: TrainingRecord, old: Path, new: Path) -> str:
    """Say how far apart the weights are, from when on, and what was different in the environment."""
    first = next(
        (one.epoch for one, other in zip(record.checkpoints, again.checkpoints, strict=False) if one != other), None
    )
    since = f"from epoch {first} on" if first else "in their number of epochs"
    apart = ""
    for name in ("trained_model.safetensors", "trained_model.keras"):
        if (old / name).is_file() and (new / name).is_file():
            apart = f"; tolerance: they are {_distance(old / name, new / name):.3g} apart (relative L2)"
    others = "; ".join(_changes(record.environment, again.environment)) or "the environment is the same"
    return f"the weights are other ones {since}{apart}; {others}"


def _distance(one: Path, other: Path) -> float:
    before, after = weights_of(one), weights_of(other)
    return distance(before, after) if before.keys() == after.keys() else float("nan")


def weights_of(file: Path) -> Tensors:
    """Read the tensors of a trained model that was verified, by name."""
    if file.suffix == ".safetensors":
        from safetensors.numpy import load_file

        return load_file(file)
    h5py = import_module("h5py")  # only who trains again has it
    with zipfile.ZipFile(file) as archive, h5py.File(BytesIO(archive.read("model.weights.h5"))) as tree:
        found: dict[str, Any] = {}
        tree.visititems(lambda name, each: found.update({name: each}))
        # Layers' weights alone: optimizers keep theirs beside them, and counters that no model has.
        kept = ((name, each) for name, each in found.items() if "optimizer" not in name)
        return {name: each[...] for name, each in kept if isinstance(each, h5py.Dataset)}


def _changes(before: Environment, after: Environment) -> Iterator[str]:
    for field in ("cpu", "cpu_flags_sha256", "isa_cap", "intra_threads", "inter_threads", "gpu", "image", "python"):
        if getattr(before, field) != getattr(after, field):
            yield f"{field} was {getattr(before, field)!r} and is {getattr(after, field)!r}"
    versions = {each.name: each.version for each in after.packages}
    for each in before.packages:
        if versions.get(each.name) != each.version:
            yield f"{each.name} was {each.version} and is {versions.get(each.name, 'missing')}"
