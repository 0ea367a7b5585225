"""The harvest: which files of the training process become outputs, and a look at each model among them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from functions.models.facts import Form, ModelLimits, ModelRefused
from functions.models.inspection import inspect
from functions.runtime.errors import Rejected
from functions.train_on_upload.salvage import salvage

STEM = "trained_model"
METRICS = "metrics.json"
REPORTS = (METRICS, "learning_curve.png", "learning_curve.svg", "confusion_matrix.png", "residuals.png")
MODELS: Mapping[Form, tuple[str, ...]] = {
    "keras": (f"{STEM}.keras", f"{STEM}.onnx"),
    "onnx": (f"{STEM}.safetensors", f"{STEM}.onnx"),
    "pt2": (f"{STEM}.safetensors", f"{STEM}.onnx", f"{STEM}.pt2"),
    "safetensors": (f"{STEM}.safetensors", f"{STEM}.onnx"),
}
"""Form that was uploaded -> models that come of it; the first is never missing."""


@dataclass(frozen=True)
class Harvest:
    """What is taken from the ``source`` folder of the process, which may have been taken over.

    Attributes:
        place: Gives the output of a name.
        limit: Bytes of one file.
        limits: What a trained model may be.
    """

    source: Path
    form: Form
    place: Callable[[str], Path]
    limit: int
    limits: ModelLimits

    def take(self, names: Sequence[str]) -> tuple[list[Path], list[str]]:
        """Take these files; gives the outputs, and a sentence for each model that was left out.

        Raises:
            Rejected: One is not of a training of this form, or is missing, or the model itself is none.
        """
        self._check(names)
        outputs, notes = [], []
        for name in dict.fromkeys(names):
            output = salvage(self.source / name, self.place(name), limit=self.limit)
            if why := self._doubt(output):
                output.unlink()
                notes.append(f"There is no {name}: {why}")
            else:
                outputs.append(output)
        return outputs, notes

    def _check(self, names: Sequence[str]) -> None:
        models = MODELS[self.form]
        if others := sorted({*names} - {*models, *REPORTS}):
            raise Rejected(
                f"the training process left {', '.join(others[:3])}, which a {self.form} model does not give"
            )
        if absent := {models[0], METRICS} - {*names}:
            raise Rejected(f"the training process left no {' and no '.join(sorted(absent))}")

    def _doubt(self, output: Path) -> str:
        """Say why a file is no model that may be opened; empty when it is one, or is not meant to be."""
        if output.stem != STEM:
            return ""
        try:
            inspect(output, self.limits)
        except ModelRefused as refusal:
            if output.name == MODELS[self.form][0]:
                raise
            return refusal.message
        return ""
