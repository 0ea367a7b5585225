"""What is to be learned: labels as they were read, and the class numbers or values that a model is given."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from functions.datasets.definition import Definition
from functions.datasets.limits import Limits
from functions.documents.wording import shown
from functions.runtime.errors import Rejected
from functions.runtime.settings import nearest


@dataclass(frozen=True)
class Labels:
    """One label for each sample, as it stands in the data.

    Attributes:
        kind: What ``values`` are: numbers, 0 and 1 for bool, or for str places in ``words``.
        values: (N,) int64, or float64 for float; of npz and a regression (N, *output_shape) float64.
        words: The different texts of str labels, in any order.
        where: Names the sample of an index, ``row 17``, ``cats/3.png``.
    """

    kind: Literal["float", "int", "str", "bool"]
    values: NDArray[Any]
    where: Callable[[int], str]
    words: tuple[str, ...] = ()


def targets(labels: Labels, definition: Definition, limits: Limits) -> tuple[NDArray[Any], tuple[str, ...]]:
    """Give ``y`` and the names of the classes, as ``Arrays`` describes them.

    Raises:
        Rejected: Labels that do not fit the task or the outputs.
    """
    if definition.task == "regression":
        if labels.kind not in ("float", "int"):
            raise Rejected(f"the labels are {labels.kind}, and a regression learns numbers")
        return _numbers(labels, definition.output_shape), ()
    if labels.kind == "float":
        return _chances(labels, definition), ("0", "1")
    found = _distinct(labels)
    if len(found.names) > limits.classes:
        raise Rejected(
            f"there are {len(found.names):,} different labels, more than the limit of {limits.classes:,}",
            hint="for a number that is to be predicted, write task: regression",
        )
    if len(found.names) < 2:
        raise Rejected(f"every sample has the label {shown(found.names[0])}: there is nothing to tell apart")
    number, classes = _numbered(labels, found, definition)
    return number[found.inverse], classes


@dataclass(frozen=True)
class _Distinct:
    """The different labels in sorted order: their names, first samples, and which of them each sample has."""

    names: list[str]
    values: NDArray[np.int64]
    first: NDArray[np.int64]
    inverse: NDArray[np.int64]


def _distinct(labels: Labels) -> _Distinct:
    values, first, inverse = np.unique(labels.values, return_index=True, return_inverse=True)
    if labels.kind == "int":
        return _Distinct([str(value) for value in values], values, first, inverse)
    names = [labels.words[value] if labels.kind == "str" else ("false", "true")[value] for value in values]
    order = sorted(range(len(names)), key=names.__getitem__)
    rank = np.empty(len(names), np.int64)
    rank[order] = np.arange(len(names))
    return _Distinct([names[place] for place in order], values[order], first[order], rank[inverse])


def _numbered(labels: Labels, found: _Distinct, definition: Definition) -> tuple[NDArray[np.int64], tuple[str, ...]]:
    outputs = 2 if definition.task == "binary" else definition.output_shape[0]
    if definition.classes or labels.kind == "bool":
        classes = definition.classes or ("false", "true")
        return _listed(labels, found, classes), classes
    if labels.kind == "int" and found.values[0] >= 0 and found.values[-1] < outputs:
        return found.values, tuple(str(number) for number in range(outputs))
    if len(found.names) == outputs:
        return np.arange(outputs), tuple(found.names)
    counted = f"there are {len(found.names)} different labels, but the model tells {outputs} apart"
    if labels.kind == "int":
        outside = np.flatnonzero((found.values < 0) | (found.values >= outputs))
        place = outside[np.argmin(found.first[outside])]
        raise Rejected(
            f"{labels.where(int(found.first[place]))}: label {found.names[place]} is outside 0 to {outputs - 1}, "
            f"and {counted}",
            hint="correct the label or output_shape; for a number to be predicted write task: regression",
        )
    several = ", ".join(shown(name) for name in found.names[:5]) + (", ..." if len(found.names) > 5 else "")
    raise Rejected(f"{counted}: {several}", hint="correct output_shape, or list all the classes in classes:")


def _listed(labels: Labels, found: _Distinct, classes: tuple[str, ...]) -> NDArray[np.int64]:
    known = {name: number for number, name in enumerate(classes)}
    strange = [place for place, name in enumerate(found.names) if name not in known]
    if strange:
        place = min(strange, key=lambda each: int(found.first[each]))
        name = found.names[place]
        raise Rejected(
            f"{labels.where(int(found.first[place]))}: label {shown(name)} is not among the classes"
            f"{nearest(name, classes)}",
            hint="correct the label, or add it to classes:",
        )
    return np.array([known[name] for name in found.names], np.int64)


def _numbers(labels: Labels, shape: tuple[int, ...]) -> NDArray[np.float32]:
    values = labels.values.reshape(len(labels.values), -1)
    if values.shape[1:] != (int(np.prod(shape)),):
        raise Rejected(f"the labels have shape {list(labels.values.shape[1:])}, but output_shape is {list(shape)}")
    with np.errstate(over="ignore"):
        return values.astype(np.float32).reshape(-1, *shape)


def _chances(labels: Labels, definition: Definition) -> NDArray[np.float32]:
    if definition.task != "binary" or labels.values.ndim != 1:
        raise Rejected(
            f"the labels are decimal numbers, and the classes of a {definition.task} task are whole ones or text",
            hint="for numbers to be predicted write task: regression",
        )
    outside = np.flatnonzero((labels.values < 0) | (labels.values > 1))
    if len(outside):
        raise Rejected(
            f"{labels.where(int(outside[0]))}: label {labels.values[outside[0]]:g} is outside 0 to 1",
            hint="for a number to be predicted write task: regression",
        )
    whole = labels.values >= 0.5
    if whole.all() or not whole.any():
        raise Rejected("every sample has the same label: there is nothing to tell apart")
    return labels.values.astype(np.float32).reshape(-1, 1)
