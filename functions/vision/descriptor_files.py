"""Descriptors that a person writes beside an ONNX file, in YAML or JSON: read strictly, the model inspected first."""

from collections.abc import Iterable
from pathlib import Path

from pydantic import ValidationError

from functions.documents.document import HostileError, parse
from functions.documents.wording import problems
from functions.models.inspection import inspect
from functions.runtime.errors import Rejected
from functions.runtime.settings import nearest
from functions.vision.descriptors import ModelDescriptor
from functions.vision.detectors import FaceFinder
from functions.vision.sessions import ModelUnavailableError, session


def read(path: Path) -> ModelDescriptor:
    """Read a descriptor.

    Raises:
        ModelUnavailableError: It is absent or not one; the sentence names the line and the nearest right name.
    """
    try:
        document = parse(path.read_text())
    except HostileError as error:
        raise ModelUnavailableError(f"{path.name}: {error}", hint=error.hint) from None
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise ModelUnavailableError(f"the model descriptor {path} cannot be read: {why}") from None
    try:
        if document.problems:
            raise ModelUnavailableError(f"{path.name}: {'; '.join(map(str, document.problems))}")
        return ModelDescriptor.model_validate(document.content)
    except ValidationError as error:
        found = "; ".join(str(each) for each in problems(error, document, ModelDescriptor))
        raise ModelUnavailableError(f"{path.name}: {found}", hint="docs/vision.md has an example") from None


def load(path: Path, *, file: Path | None = None, threads: int = 1) -> FaceFinder:
    """Load the model that a descriptor describes, from beside it or from ``file``.

    Raises:
        ModelUnavailableError: The descriptor or the model is not what it must be.
    """
    detector, file = located(path, file=file)
    try:
        opened = session(file, detector.sha256, dims=detector.dims, threads=threads)
    except ModelUnavailableError:
        raise
    except Exception as error:  # noqa: BLE001 - onnxruntime raises its own, of no common base
        said = str(error).splitlines()[0][:200]
        raise ModelUnavailableError(f"{path.name}: {file.name} cannot be opened: {said}") from None
    _check_name(path, "input.name", detector.input.name, (each.name for each in opened.get_inputs()))
    for output in detector.outputs:
        _check_name(path, "output", output, (each.name for each in opened.get_outputs()))
    return FaceFinder(detector, opened)


def located(path: Path, *, file: Path | None = None) -> tuple[ModelDescriptor, Path]:
    """Give what a descriptor says, and its model's file, inspected: beside it, or ``file``.

    Raises:
        ModelUnavailableError: The descriptor or the model is not what it must be.
    """
    detector = read(path)
    file = file or path.with_name(detector.file)
    if not file.is_file():
        raise ModelUnavailableError(f"{path.name}: there is no file {file}", hint=detector.source)
    try:
        inspect(file)
    except Rejected as error:
        raise ModelUnavailableError(f"{path.name}: {error}", hint=error.hint) from None
    return detector, file


def _check_name(path: Path, place: str, name: str, known: Iterable[str]) -> None:
    names = list(known)
    if name not in names:
        close = nearest(name, names) or f"; it has {', '.join(names[:8])}"
        raise ModelUnavailableError(f"{path.name}: {place} is {name}, which the model has not{close}")
