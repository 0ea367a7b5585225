"""The model that is in place, as its training's record describes it."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from functions.datasets.definition import Definition
from functions.gather_drifted.settings import GatherDrifted
from functions.runtime import Context
from functions.runtime.errors import Rejected
from functions.runtime.runs import Run
from functions.succession.documents import DATASET, Current
from functions.training.record import RECORD, TrainingRecord

Ctx = Context[GatherDrifted]


@dataclass(frozen=True)
class Base:
    """What a training on new rows begins with: the files' run, the record of the training, its definition."""

    current: Current
    run: Run
    record: TrainingRecord
    definition: Definition

    @property
    def form(self) -> str:
        """The ending of the model's file."""
        return self.record.model.form

    def model(self, ctx: Ctx) -> Path:
        """Give the model's file.

        Raises:
            Rejected: It is not what was put in place.
        """
        path = ctx.read(self.current.model)
        if ctx.digest(path) != self.current.model.sha256:
            raise Rejected(f"{self.current.model.key} is not the model that was put in place")
        return path

    def definition_for(self, dataset: str, model: str) -> Definition:
        """Give the definition for other rows: the same columns, classes and recipe, and a manifest of both files.

        Args:
            dataset: SHA-256 of the rows.
            model: SHA-256 of the model.
        """
        plain: dict[str, Any] = self.definition.model_dump(mode="json", exclude_none=True)
        file = f"model.{self.form}"
        plain |= {"model": file, "dataset": DATASET, "type": "csv", "sha256": {file: model, DATASET: dataset}}
        plain.pop("delimiter", None)
        if self.record.data.classes and self.definition.columns[self.definition.label] in ("int", "str"):
            plain["classes"] = list(self.record.data.classes)  # as numbered then, though new rows may lack one
        return Definition.model_validate(plain)


def base_of(current: Current, ctx: Ctx) -> Base:
    """Read how the model that is in place was trained.

    Raises:
        Rejected: Its record is gone, or it learned from something else than tables.
    """
    run = ctx.record(current.verified)
    if run is None:
        raise Rejected(f"the ledger does not know {current.verified}, which verified the model in place")
    one = next((each for each in run.members if each.key.endswith(f"/{RECORD}")), None)
    if one is None:
        raise Rejected(f"{current.verified} has verified no training")
    record = TrainingRecord.from_json(ctx.read(one).read_bytes())
    definition = Definition.model_validate(dict(record.definition))
    if not definition.columns:
        hint = "only models that learned from tables are trained anew"
        raise Rejected(f"the model of {current.name} has no columns to collect rows by", hint=hint)
    return Base(current, run, record, definition)
