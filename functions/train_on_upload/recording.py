"""The record of a training: what the handler saw itself, and what the training process said of its own work."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from functions.datasets.definition import Definition
from functions.models.facts import Inspected, Shape
from functions.runtime.hashing import sha256_of_file
from functions.train_on_upload.energy import Meter
from functions.train_on_upload.messages import Trained
from functions.training.record import Environment, File, Form, Input, Layer, Model, TrainingRecord, job_of

_OWN = {"kind", "files"}


@dataclass
class Recording:
    """Everything that is known before a training begins; ``record`` adds what came of it."""

    inputs: tuple[Input, ...]
    definition: Definition
    inspected: Inspected
    environment: Environment
    sandbox: str
    started: datetime
    meter: Meter

    @property
    def job(self) -> str:
        """The job's name, from its inputs alone."""
        return job_of(self.inputs)

    def record(self, trained: Trained, outputs: Iterable[Path], notes: Iterable[str] = ()) -> TrainingRecord:
        """Give the record with these outputs, hashed as they lie there."""
        said = {name: getattr(trained, name) for name in Trained.model_fields if name not in _OWN}
        joules, source = self.meter.joules()
        return TrainingRecord(
            **{**said, "notes": (*trained.notes, *notes)},
            job=self.job,
            inputs=self.inputs,
            definition=self.definition.model_dump(mode="json"),
            model=_model(self.inspected),
            environment=self.environment,
            sandbox=self.sandbox,
            started=self.started,
            finished=datetime.now(UTC),
            energy_joules=joules,
            energy_source=source,
            outputs=tuple(_file(path) for path in sorted(outputs)),
        )


def _model(inspected: Inspected) -> Model:
    form: Form = inspected.form
    return Model(
        form=form,
        inputs=tuple(map(_without_batch, inspected.inputs)),
        outputs=tuple(map(_without_batch, inspected.outputs)),
        layers=tuple(Layer(name=each.name, kind=each.kind, parameters=each.parameters) for each in inspected.layers),
        parameters=inspected.parameters,
    )


def _without_batch(shape: Shape) -> Shape:
    return shape[1:]


def _file(path: Path) -> File:
    return File(name=path.name, sha256=sha256_of_file(path), size=path.stat().st_size)
