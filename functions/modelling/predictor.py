"""Predictions of fitted models: ONNX files, each checked byte by byte before anything opens it.

Needs numpy, onnx and onnxruntime, not scikit-learn. Nothing that could run code is ever loaded.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from pydantic import ValidationError

from functions.documents.wording import shown
from functions.modelling.card import KEY, MOST_BYTES, Card, Input
from functions.modelling.graph_size import rows_at_once
from functions.models.facts import ModelLimits
from functions.models.inspection import inspect
from functions.runtime.errors import Rejected

OPERATORS = frozenset(
    """Add Cast Concat CumSum Div Equal Exp Gather GatherElements Greater Identity Less LessOrEqual Log MatMul Max Min
    Mul Neg Or Pow Reciprocal ReduceMax ReduceSum Sqrt Squeeze Sub Tanh Unsqueeze Where""".split()  # noqa: SIM905
)
"""All that fitted models are made of; how many numbers they make of these, graph_size tells."""
Numbers = npt.NDArray[np.float64]
_LIMITS = ModelLimits(max_bytes=MOST_BYTES, max_parameters=8_000_000, max_members=5000)


@dataclass(frozen=True)
class Prediction:
    """Seconds of one request with their bounds, and which inputs are outside of what was measured."""

    seconds: float
    lower: float
    upper: float
    beyond: tuple[str, ...]


class FittedModel:
    """One model file.

    Raises:
        Rejected: It is no such file, or not a safe one.
    """

    def __init__(self, path: Path) -> None:
        kinds = {layer.kind.rpartition("::")[2] for layer in inspect(path, _LIMITS).layers}
        if strange := sorted(kinds - OPERATORS):
            said = f"{path.name} is no performance model: no fitted one has the operator {shown(strange[0])}"
            raise Rejected(said, hint="make it with noria fit")
        content = path.read_bytes()
        self._name, self._rows = path.name, rows_at_once(content, path.name)
        self._session = _opened(content, path.name)
        self.card = _card(self._session.get_modelmeta().custom_metadata_map, path.name)
        given, outputs = self._session.get_inputs(), self._session.get_outputs()
        if (
            [(each.name, each.shape[1:]) for each in given] != [("features", [len(self.card.inputs)])]
            or [each.name for each in outputs] != ["seconds", "lower", "upper"]
            or {each.type for each in (*given, *outputs)} != {"tensor(double)"}
        ):
            raise Rejected(f"{path.name}: its graph is not what its card says", hint="fit the model again")

    def predict(self, inputs: Mapping[str, float | str]) -> Prediction:
        """Predict for inputs by their names.

        Raises:
            ValueError: An input is missing, or a word that was not measured; the text is the end of a sentence.
            Rejected: The model cannot be asked.
        """
        return self.predict_all([inputs])[0]

    def predict_all(self, rows: Sequence[Mapping[str, float | str]]) -> tuple[Prediction, ...]:
        """Predict for several rows of inputs at once.

        Raises:
            ValueError: As for ``predict``.
            Rejected: Likewise.
        """
        features = np.array([[_number(each, inputs) for each in self.card.inputs] for inputs in rows])
        found = np.vstack([self._asked(features[at : at + self._rows]) for at in range(0, len(rows), self._rows)])
        if not np.isfinite(found).all() or (found[:, 0] <= 0).any():
            raise ValueError("has a learnt model that gives no time for these inputs")
        return tuple(
            Prediction(float(seconds), float(lower), float(upper), tuple(self._beyond(row)))
            for row, (seconds, lower, upper) in zip(features, found, strict=True)
        )

    def _asked(self, features: Numbers) -> Numbers:
        """Give seconds and bounds of so many rows as may be asked at once, (N, 3)."""
        try:
            found = [np.ravel(each) for each in self._session.run(None, {"features": features})]
        except Exception as error:  # noqa: BLE001 - onnxruntime raises its own, of no common base
            raise Rejected(f"{self._name} cannot be asked: {_first_line(error)}", hint="fit the model again") from None
        if any(len(each) != len(features) for each in found):
            raise Rejected(f"{self._name} gives no time for each row", hint="fit the model again")
        return np.column_stack(found)

    def _beyond(self, row: Iterable[float]) -> Iterator[str]:
        for each, value in zip(self.card.inputs, row, strict=True):
            if not each.least <= value <= each.most:
                yield each.name


def _opened(content: bytes, name: str) -> Any:  # noqa: ANN401 - onnxruntime's InferenceSession
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 4
    try:
        return onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # noqa: BLE001 - onnxruntime raises its own, of no common base
        raise Rejected(f"{name} cannot be opened: {_first_line(error)}", hint="fit the model again") from None


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0][:200]


def _card(about: Mapping[str, str], name: str) -> Card:
    if KEY not in about:
        raise Rejected(f"{name} is no performance model: {KEY} is missing", hint="make it with noria fit")
    try:
        return Card.model_validate_json(about[KEY])
    except ValidationError as error:
        where = ".".join(map(str, error.errors()[0]["loc"]))
        raise Rejected(f"{name}: {KEY} is not what it should be, at {where}", hint="fit the model again") from None


def _number(one: Input, inputs: Mapping[str, float | str]) -> float:
    if one.name not in inputs:
        raise ValueError(f"has a learnt model that needs {one.name}, which nobody says")
    value = inputs[one.name]
    if one.words:
        if value not in one.words:
            raise ValueError(f"has a learnt model that knows no {one.name} {shown(value)}")
        return float(one.words.index(str(value)))
    return float(value)


def inputs_of(
    card: Card, *, nodes: int, load: float, cores: float, settings: Mapping[str, float | str]
) -> dict[str, float | str]:
    """Give a model's inputs for a deployment; those that nobody says are left out.

    Args:
        nodes: How many the part runs on; each stands for one of what runs at the same time (``parallelism``).
        cores: Of one node.
        settings: What a deployment does not decide; inputs that were always the same need none.
    """
    known = {"load": load, "nodes": nodes, "parallelism": nodes, "cores": cores * nodes}
    found: dict[str, float | str] = {}
    for one in card.inputs:
        if one.name in settings:
            found[one.name] = settings[one.name]
        elif one.role in known:
            found[one.name] = known[one.role]
        elif one.least == one.most:
            found[one.name] = one.words[int(one.least)] if one.words else one.least
    return found
