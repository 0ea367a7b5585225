"""Files of learnt models that ``performance_models.json`` names: which are there, and for which parts none is.

A ``regressor_file`` that is an ONNX file of ``noria fit`` lies beside ``performance_models.json`` or in ``models/``
there. Of all others, pickles among them, ``meanTime`` is taken.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import TypeAlias

from functions.continuum.application import Application
from functions.continuum.performance_models import PerformanceModels, full_name
from functions.placement.behaviours import LEARNT

FOLDER, ENDING = "models", ".onnx"
Subject: TypeAlias = tuple[str, str, str]
"""Component, partition and resource."""


def model_files(application: Application) -> dict[Subject, Path]:
    """Give the ONNX files of an application's learnt models, as far as they are there."""
    models = application.performance_models
    if models is None:
        return {}
    folder = application.files["performance_models"].parent
    found = {subject: _file(folder, name) for subject, name in _named(models)}
    return {subject: path for subject, path in found.items() if path is not None}


def unasked(application: Application, files: Mapping[Subject, Path]) -> Iterator[str]:
    """Say for which parts a mean time stands in for a learnt model, which knows of neither load nor nodes."""
    left = [f"{subject[1]} on {subject[2]}" for subject, _ in _named(application.performance_models)
            if subject not in files]  # fmt: skip
    if left:
        more = f" and {len(left) - 3} more" if len(left) > 3 else ""
        said = "no ONNX file of a learnt model is there, so meanTime is taken at every load,"
        yield f"{said} for {', '.join(left[:3])}{more}"


def written_name(path: Path, taken: Mapping[Path, str]) -> str:
    """Give the name under which a file lies in what is written: its own, made another where that is taken."""
    name, number = f"{FOLDER}/{path.name}", 1
    while name in taken.values():
        number += 1
        name = f"{FOLDER}/{path.stem}-{number}{path.suffix}"
    return name


def _named(models: PerformanceModels | None) -> Iterator[tuple[Subject, str]]:
    for place, each in models.models() if models else ():
        if each.model in LEARNT:
            component, partition, resource = map(str, place)
            yield (component, full_name(component, partition), resource), each.regressor_file or ""


def _file(folder: Path, name: str) -> Path | None:
    """Find a regressor's file by its last name: whatever else stands before that, it is looked for here alone."""
    last = PurePosixPath(name.replace("\\", "/")).name
    places = (folder / FOLDER / last, folder / last)
    return next((path for path in places if last.endswith(ENDING) and path.is_file()), None)
