"""Models among the results: files that may be opened, with the weights that the record says were trained."""

import hashlib
import math
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path, PurePosixPath

from functions.models.facts import Form, ModelLimits, ModelRefused
from functions.models.inspection import inspect
from functions.training.record import TrainingRecord
from functions.trust.errors import TrustError
from functions.trust.evidence import TRAINED
from functions.trust.tensors import Tensor, Tensors, digest, distance, is_measurable, weights_in

MODELS: Mapping[Form, tuple[str, ...]] = {
    "keras": (".keras", ".onnx"),
    "onnx": (".safetensors", ".onnx"),
    "pt2": (".safetensors", ".onnx", ".pt2"),
    "safetensors": (".safetensors", ".onnx"),
}
"""Form of the uploaded model -> endings of the trained one; the first is always there, and has the weights."""
PLAIN = (".json", ".md", ".png", ".svg", ".txt")
"""Endings of what else a training gives; whatever opens them runs nothing."""
COUNTER = "num_batches_tracked"
"""What PyTorch counts itself where a file leaves it out, from 0."""
CLOSE = 1e-6
"""Relative; the trainer adds the squares up in another order."""


def doubts_of_models(record: TrainingRecord, outputs: Mapping[str, Path], model: Path) -> Iterator[TrustError]:
    """Give what there is against the model files among ``outputs``, by their own bytes and those of ``model``.

    What trained may have been taken over by what it read, and whoever opens what was signed has no sandbox. No
    framework and no parser in C opens a file where the signing key is.
    """
    endings = MODELS[record.model.form]
    main = TRAINED + endings[0]
    for name in sorted(outputs):
        if name not in {TRAINED + each for each in endings} and PurePosixPath(name).suffix not in PLAIN:
            yield TrustError("E_FILE_ADDED", f"{name} is nothing that training a {record.model.form} model gives")
    if main not in outputs:
        yield TrustError("E_FILE_MISSING", f"there is no {main}, the trained model")
        return
    for ending in endings:
        if path := outputs.get(TRAINED + ending):
            yield from _refusals(path, TRAINED + ending)
    yield from _of_weights(record, outputs[main], model)


def _refusals(path: Path, name: str) -> Iterator[TrustError]:
    """Inspect a model; of safetensors, whose tensors may have any names, ``weights_in`` reads all there is."""
    size = max(path.stat().st_size, 1)
    try:
        if not name.endswith(".safetensors"):
            inspect(path, ModelLimits(max_bytes=size, max_parameters=size), name=name)
    except ModelRefused as refusal:
        yield TrustError("E_MODEL_REFUSED", f"{name} may not be opened: {refusal.code}, {refusal.message}")


def _of_weights(record: TrainingRecord, path: Path, model: Path) -> Iterator[TrustError]:
    form = "keras" if record.model.form == "keras" else "safetensors"
    with ExitStack() as files:
        after = files.enter_context(weights_in(path, form))
        if digest(after) != record.final_weights:
            yield TrustError("E_WEIGHTS", f"the weights in {TRAINED} are not those that the record says were trained")
            return
        if record.model.form == form:
            before = files.enter_context(weights_in(model, form))
            yield from _of_change(record, _counted(before, after), after)


def _of_change(record: TrainingRecord, before: Tensors, after: Tensors) -> Iterator[TrustError]:
    """Hold the uploaded model's weights against the trained ones and the record.

    Another version of Keras may have given them other names, and they may be packed; then only their bytes count.
    """
    if _bytes(before) == _bytes(after):
        yield TrustError("E_WEIGHTS_UNCHANGED", f"{TRAINED} has the weights of the uploaded model, bit for bit")
    elif [each.layout for each in before] == [each.layout for each in after] and is_measurable(before):
        if digest(before) != record.initial_weights:
            said = "the weights in the uploaded model are not those that the record says it began with"
            yield TrustError("E_WEIGHTS", said)
        moved = distance(before, after)
        if not math.isclose(moved, record.weights_distance, rel_tol=CLOSE):
            said = f"the weights moved by {moved:.6g} of their norm, not by {record.weights_distance:.6g}"
            yield TrustError("E_WEIGHTS", said)


def _counted(before: Tensors, after: Tensors) -> Tensors:
    """Add the counters that PyTorch began itself."""
    known = {each.name for each in before}
    new = [each for each in after if each.name not in known and each.name.endswith(COUNTER) and not each.shape]
    return tuple(sorted((*before, *(replace(each, pieces=lambda: [bytes(8)]) for each in new)), key=lambda e: e.name))


def _bytes(tensors: Tensors) -> Counter[tuple[str, tuple[int, ...], str]]:
    return Counter((each.dtype, each.shape, _sha256(each)) for each in tensors)


def _sha256(tensor: Tensor) -> str:
    sha256 = hashlib.sha256()
    for piece in tensor.pieces() if tensor.pieces is not None else ():
        sha256.update(piece)
    return sha256.hexdigest()
