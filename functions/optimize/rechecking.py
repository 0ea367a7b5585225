"""Learnt models checked: whether they are those that were asked, and say again what is written."""

from math import isclose
from pathlib import Path
from typing import TYPE_CHECKING

from functions.optimize.folder import is_inside
from functions.optimize.learnt import Learnt
from functions.optimize.manifest import sha256_of
from functions.optimize.result import FILE_NAME, SYSTEM, Predicted, Result
from functions.placement.basis import Basis
from functions.placement.system import Measured, Placement, System

if TYPE_CHECKING:
    from functions.modelling.predictor import Prediction

_ROUNDING = 1e-6
"""Share by which one machine's sums of many terms may differ from another's."""


def learnt_of(folder: Path, result: Result, system: System) -> Learnt | None:
    """Give the models that a result was made with, as they lie beside it; none where none were asked."""
    files = {
        (each.component, each.partition, each.resource): folder / each.file
        for each in result.models
        if each.resource in system.resources and is_inside(folder, each.file)
    }
    return Learnt(files, system.resources, result.inputs) if result.models else None


def tampered(folder: Path, result: Result) -> str:
    """Say which models are gone or are not those that were asked; nothing if all are."""
    wrong = []
    for each in result.models:
        path = folder / each.file
        if not is_inside(folder, each.file) or not path.is_file():
            wrong.append(f"{each.file} is gone")
        elif f"sha256:{sha256_of(path.read_bytes())}" != each.sha256:
            wrong.append(f"{each.file} is another")
    return "; ".join(dict.fromkeys(wrong))


def differing(learnt: Learnt, system: System, result: Result, placement: Placement | None) -> str:
    """Say what the models, asked again, do not say as the files have it; nothing if all is the same."""
    wrong = []
    loads = Basis(system).part_loads
    for subject in learnt.files:
        component, partition, resource = subject
        parts = system.components[component].partitions if component in system.components else {}
        candidate = parts[partition].candidates.get(resource) if partition in parts else None
        if candidate is None:
            continue  # of a degraded deployment
        said = tuple(each.seconds for each in learnt.table(subject, loads[component, partition]))
        told = candidate.behaviour.seconds if isinstance(candidate.behaviour, Measured) else ()
        if len(said) != len(told) or not all(map(_same, said, told)):
            wrong.append(f"{partition} on {resource} is another in {SYSTEM}")
    for each in result.predictions:
        subject = (each.component, each.partition, each.resource)
        placed = placement and placement.resources.get(subject[:2]) == each.resource
        said_of = learnt.predict(subject, nodes=each.nodes, load=each.load) if subject in learnt.files else None
        if not placed or said_of is None or not _agree(said_of, each):
            wrong.append(f"{each.partition} on {each.resource} is another in {FILE_NAME}")
    return "; ".join(dict.fromkeys(wrong))


def _agree(said: "Prediction", told: Predicted) -> bool:
    pairs = ((said.seconds, told.seconds), (said.lower, told.lower), (said.upper, told.upper))
    return said.beyond == told.beyond and all(_same(*each) for each in pairs)


def _same(one: float, other: float) -> bool:
    return isclose(one, other, rel_tol=_ROUNDING)
