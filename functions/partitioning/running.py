"""Running a network part by part: what a part gives is handed on, unless an exit is taken.

A hand-over (``hand_over.py``) has the tensors that go on and, as its argument ``exits``, what each exit on the way
measured: ``{"exit": "exit1", "measured": 0.41, "taken": false}``. The last one of them that is taken ends the way.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from functions.partitioning.hand_over import load, save
from functions.partitioning.plan import Part, Partition, PlannedExit
from functions.partitioning.request import Condition
from functions.runtime.errors import Rejected

EXITS = "exits"


@dataclass(frozen=True)
class Step:
    """What came of one part.

    Attributes:
        values: Tensors by name: the results where ``is_end``, else what goes on.
        is_end: Whether an exit was taken, or it was the last part.
        exits: What each exit so far measured.
    """

    values: Mapping[str, NDArray[Any]]
    is_end: bool
    exits: tuple[Mapping[str, object], ...] = ()

    def hand_over(self, path: Path) -> Path:
        """Write it for the next part, or for whoever takes the results; gives the name, which ends in ``.npz``."""
        return save(path, self.values, {EXITS: list(self.exits)})


@dataclass(frozen=True)
class Runner:
    """Runs the parts of a partition whose files lie in a folder."""

    partition: Partition
    folder: Path
    _sessions: dict[int, Any] = field(default_factory=dict, init=False, repr=False, compare=False)

    def run(self, number: int, values: Mapping[str, Any], *, exits: Sequence[Mapping[str, object]] = ()) -> Step:
        """Run one part, from 0, on what was handed to it.

        Raises:
            Rejected: There is no such part, it was not handed all that it takes, or its file was changed.
        """
        if not 0 <= number < len(self.partition.parts):
            raise Rejected(f"{self.partition.name} has {len(self.partition.parts)} parts, and none is number {number}")
        part = self.partition.parts[number]
        if missing := [name for name in part.inputs if not isinstance(values.get(name), np.ndarray)]:
            raise Rejected(f"{part.file} takes the tensor {missing[0]}, and it was not handed over")
        session = self._opened(number)
        results = session.run(list(part.outputs), {name: values[name] for name in part.inputs})
        given = dict(zip(part.outputs, results, strict=True))
        if number == len(self.partition.parts) - 1:
            return Step(given, is_end=True, exits=tuple(exits))
        if part.exit is not None:
            told = looked_at(part.exit, given)
            exits = (*exits, told)
            if told["taken"]:
                return Step({name: given[name] for name in part.exit.results}, is_end=True, exits=tuple(exits))
        return Step({name: given[name] for name in self.partition.handed[number]}, is_end=False, exits=tuple(exits))

    def go_on(self, number: int, handed: Path) -> Step:
        """Run one part on a hand-over that the part before it wrote.

        Raises:
            HandOverError: The file is none.
            Rejected: As ``run`` says.
        """
        values, arguments = load(handed)
        known = arguments.get(EXITS)
        return self.run(number, values, exits=known if isinstance(known, list) else ())

    def _opened(self, number: int) -> Any:  # noqa: ANN401 - onnxruntime has no types
        """Open a part when it is first run: the others may be on other machines."""
        if number not in self._sessions:
            part = self.partition.parts[number]
            self._sessions[number] = _session(self.folder / part.file, part)
        return self._sessions[number]


def looked_at(planned: PlannedExit, given: Mapping[str, NDArray[Any]]) -> dict[str, object]:
    """Tell what an exit measures of the results, and whether it is taken: all samples must agree."""
    condition = planned.condition
    measures = measured(condition, given[condition.result or planned.results[0]])
    low, high = condition.at_least, condition.at_most
    agreed = measures >= low if low is not None else measures <= (high or 0.0)
    worst = float(measures.min() if low is not None else measures.max()) if measures.size else 0.0
    return {"exit": planned.name, "measured": worst, "taken": bool(measures.size and agreed.all())}


def measured(condition: Condition, result: NDArray[Any]) -> NDArray[np.float64]:
    """Give the measure of each sample of a result (N, classes) of probabilities; (N,)."""
    rows = np.asarray(result, np.float64).reshape(result.shape[0] if result.ndim > 1 else 1, -1)
    if not rows.shape[1]:
        return np.zeros(0)
    ordered = np.sort(rows, axis=1)
    if condition.measure == "greatest":
        return np.asarray(ordered[:, -1])
    if condition.measure == "margin":
        return np.asarray(ordered[:, -1] - (ordered[:, -2] if rows.shape[1] > 1 else 0.0))
    likely = np.clip(rows, 1e-300, None)
    return np.asarray(-(rows * np.log(likely)).sum(axis=1))


def _session(path: Path, part: Part) -> Any:  # noqa: ANN401 - onnxruntime has no types
    import onnxruntime

    try:
        content = path.read_bytes()
    except OSError as error:
        raise Rejected(f"{part.file} cannot be read: {error.strerror}", hint="put the part beside the plan") from None
    if f"sha256:{hashlib.sha256(content).hexdigest()}" != part.sha256:
        raise Rejected(f"{part.file} is not the file that was written", hint="cut the network again")
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
