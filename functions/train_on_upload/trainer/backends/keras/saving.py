"""A trained Keras model as files: the same bytes for the same weights, whenever and wherever it is written."""

import io
import json
import tempfile
import warnings
import zipfile
from pathlib import Path
from typing import Any

import h5py
import keras
import numpy as np
from numpy.typing import NDArray

from functions.train_on_upload.trainer.backend import Saved

STEM = "trained_model"
EPOCH = (1980, 1, 1, 0, 0, 0)
"""The earliest time that a zip file can hold."""
CLOSE = 1e-3
"""How far an exported model may be from the original, relative to the largest output: both compute in 32 bits."""


def save(model: keras.Model, folder: Path, sample: NDArray[Any]) -> Saved:
    """Write the model, and as ONNX if that can be done.

    Args:
        model: Without a loss and an optimizer, which nobody needs to predict with it.
        folder: Where the files go.
        sample: A few rows of input.
    """
    with tempfile.TemporaryDirectory() as spare:
        plain = Path(spare, "model.keras")
        model.save(plain)
        (folder / f"{STEM}.keras").write_bytes(normalized(plain))
    target = folder / f"{STEM}.onnx"
    if why := _export(model, target, sample):
        target.unlink(missing_ok=True)
        return Saved((f"{STEM}.keras",), (f"There is no {target.name}: {why}",))
    return Saved((f"{STEM}.keras", target.name))


def stored_names(model: keras.Model) -> dict[int, str]:
    """Give number in ``model.variables`` -> path in ``model.weights.h5`` of each variable that a file keeps.

    So the weights in a file can be digested by who has no Keras. Each variable is filled with its number for a moment.
    """
    found: dict[int, str] = {}
    kept = [variable.numpy() for variable in model.variables]
    with tempfile.TemporaryDirectory() as spare:
        file = Path(spare, "numbers.weights.h5")
        for number, variable in enumerate(model.variables):
            variable.assign(keras.ops.cast(keras.ops.full(variable.shape, number), variable.dtype))
        model.save_weights(file)
        for variable, value in zip(model.variables, kept, strict=True):
            variable.assign(value)
        with h5py.File(file) as tree:
            tree.visititems(lambda path, each: _note(found, path, each))
    return found


def _note(found: dict[int, str], path: str, each: Any) -> None:  # noqa: ANN401 - a group or a data set
    if isinstance(each, h5py.Dataset) and each.size:
        found[int(np.asarray(each[...], np.float64).reshape(-1)[0])] = path


def normalized(file: Path) -> bytes:
    """Rewrite a ``.keras`` file without what differs each time: dates, and memory addresses as names of objects."""
    made = io.BytesIO()
    with zipfile.ZipFile(file) as archive, zipfile.ZipFile(made, "w", zipfile.ZIP_STORED) as out:
        for name in sorted(archive.namelist()):
            content = archive.read(name)
            if name == "metadata.json":
                content = json.dumps(json.loads(content) | {"date_saved": "1980-01-01@00:00:00"}).encode()
            elif name == "config.json":
                content = json.dumps(_numbered(json.loads(content), {})).encode()
            member = zipfile.ZipInfo(name, EPOCH)
            member.external_attr = 0o644 << 16
            out.writestr(member, content)
    return made.getvalue()


def _numbered(value: Any, seen: dict[int, int]) -> Any:  # noqa: ANN401 - JSON
    """Number shared objects in the order in which they come, in place of their addresses."""
    if isinstance(value, dict):
        done = {name: _numbered(each, seen) for name, each in value.items()}
        if isinstance(address := value.get("shared_object_id"), int):
            done["shared_object_id"] = seen.setdefault(address, len(seen) + 1)
        return done
    return [_numbered(each, seen) for each in value] if isinstance(value, list) else value


def _export(model: keras.Model, target: Path, sample: NDArray[Any]) -> str:
    """Write the model as ONNX and compare its outputs; says in one sentence why there is none, if there is none."""
    import onnx
    import onnxruntime

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            expected = np.asarray(model(sample, training=False))
            model.export(target, format="onnx", verbose=False)
        graph = onnx.load(target)
        graph.graph.ClearField("doc_string")  # has how many functions TensorFlow had compiled before
        target.write_bytes(graph.SerializeToString(deterministic=True))
        onnxruntime.disable_telemetry_events()
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        session = onnxruntime.InferenceSession(str(target), options, providers=["CPUExecutionProvider"])
        given = session.run(None, {session.get_inputs()[0].name: sample})[0]
    except Exception as error:  # noqa: BLE001 - exporters fail in many ways, and the training does not with them
        return next(iter(str(error).strip().splitlines()), type(error).__name__)[:200]
    largest = float(np.max(np.abs(given - expected), initial=0))
    if not largest <= CLOSE * max(1.0, float(np.max(np.abs(expected), initial=0))):
        return f"what was exported gives other outputs, {largest:.2g} apart"
    return ""
