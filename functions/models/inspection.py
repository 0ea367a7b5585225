"""Look at an uploaded model without opening it with anything that could run it: bytes in, facts or a refusal out."""

from collections.abc import Callable, Mapping
from pathlib import Path, PurePosixPath

from functions.models.archive import members
from functions.models.facts import Form, Inspected, LayerFact, ModelLimits, ModelRefused, Shape
from functions.models.keras.model import inspect_keras
from functions.models.onnx.model import inspect_onnx
from functions.models.pt2.model import inspect_pt2
from functions.models.source import Window, opened
from functions.models.tensors import inspect_tensors

__all__ = ["Form", "Inspected", "LayerFact", "ModelLimits", "ModelRefused", "Shape", "inspect"]

ACCEPTED = "upload .keras (Keras 3), .onnx, .pt2 (torch.export) or .safetensors with a declared architecture"
FORMS: Mapping[str, Form] = {".keras": "keras", ".onnx": "onnx", ".pt2": "pt2", ".safetensors": "safetensors"}
INSPECTORS: Mapping[Form, Callable[[Window, ModelLimits], Inspected]] = {
    "keras": inspect_keras,
    "onnx": inspect_onnx,
    "pt2": inspect_pt2,
    "safetensors": inspect_tensors,
}
ZIP, HDF5, NUMPY, GZIP = b"PK\x03\x04", b"\x89HDF\r\n\x1a\n", b"\x93NUMPY", b"\x1f\x8b"
PICKLES = {".pt", ".pth", ".bin", ".pkl", ".pickle", ".joblib", ".ckpt", ".dill"}
REFUSALS: Mapping[str, tuple[str, str]] = {
    "E_PICKLE": (
        "a pickle, which runs code when it is opened",
        "save the weights as .safetensors, or the model as .pt2",
    ),
    "E_HDF5": ("a HDF5 file, the form of Keras before 3", "load it where it is trusted and save it as .keras"),
    "E_SAVED_MODEL": ("a SavedModel, which holds code as a graph", "save the Keras model as .keras"),
    "E_NUMPY": ("a numpy file and no model", "save the weights as .safetensors"),
    "E_TYPE": ("no model of a form that is read", ACCEPTED),
}


def inspect(path: Path, limits: ModelLimits | None = None, *, name: str = "") -> Inspected:
    """Give what the model file at ``path`` is, having checked all of it that a loader would act on.

    Args:
        path: A regular file; a symbolic link is refused.
        limits: How large it may be; the defaults when None.
        name: What the person called it, when the local file has another name.

    Raises:
        ModelRefused: It is not a model of an accepted form, or something in it is not allowed; ``code`` says which.
    """
    bounds = limits or ModelLimits()
    with opened(path, bounds, name or path.name) as file:
        form = _form(file, PurePosixPath(name or path.name).suffix.lower(), bounds)
        return INSPECTORS[form](file, bounds)


def _form(file: Window, suffix: str, limits: ModelLimits) -> Form:
    """Tell the form by the first bytes; a suffix that says another one is refused."""
    head = file.read(0, min(16, file.size))
    refusal = _refusal(file, head, suffix)
    if refusal:
        what, hint = REFUSALS[refusal]
        raise ModelRefused(refusal, f"{file.name} is {what}", hint=hint)
    if suffix in FORMS:
        return FORMS[suffix]
    if head.startswith(ZIP):
        names = set(members(file, limits))
        return "keras" if "config.json" in names else "pt2"
    return "safetensors" if head[8:9] == b"{" else "onnx"


def _refusal(file: Window, head: bytes, suffix: str) -> str:
    """Give the code of the refusal for what the first bytes and the suffix say together; empty when they fit."""
    archived = head.startswith(ZIP)
    if head.startswith(HDF5) or suffix in (".h5", ".hdf5"):
        return "E_HDF5"
    if head.startswith(NUMPY) or suffix in (".npy", ".npz"):
        return "E_NUMPY"
    if suffix in PICKLES or (head[:1] == b"\x80" and head[1:2] in (b"\x02", b"\x03", b"\x04", b"\x05")):
        return "E_PICKLE"
    if suffix in (".zip", ".pb", ".tf"):
        return "E_SAVED_MODEL"
    if suffix in (".keras", ".pt2"):
        if not archived and file.size >= 22 and file.read(file.size - 22, 4) == b"PK\x05\x06":
            raise ModelRefused("E_ZIP_PREPENDED", f"{file.name} has something in front of its archive")
        return "" if archived else "E_TYPE"
    if suffix in (".onnx", ".safetensors"):
        return "E_TYPE" if archived or head.startswith(GZIP) else ""
    return "E_TYPE" if suffix else ""
