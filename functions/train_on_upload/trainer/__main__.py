"""``python -m functions.train_on_upload.trainer WORK``: train what lies in a workspace, and tell stdout how it goes."""

import sys
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from functions.datasets.definition import Definition
from functions.models.inspection import Inspected, inspect
from functions.runtime.errors import Rejected
from functions.sandbox import seccomp
from functions.train_on_upload.messages import DEFINITION, ORDER, OUTPUTS, RESUME, Order, Refused, Trained
from functions.train_on_upload.surroundings import with_versions
from functions.train_on_upload.trainer.backend import Backend, Saved, Task, Trainable
from functions.train_on_upload.trainer.data import Prepared, prepared
from functions.train_on_upload.trainer.loop import ORDER as ORDER_OF_ROWS
from functions.train_on_upload.trainer.loop import Loop, Plan, defined
from functions.train_on_upload.trainer.reporting import Reporter
from functions.train_on_upload.trainer.stopping import Stopping
from functions.training.record import Framework, Recipe
from functions.training.tensors import digest, distance

if TYPE_CHECKING:
    from functions.train_on_upload.trainer.results import Result


def main(workspace: Path) -> None:
    """Train, and end with one message that says what came of it."""
    seccomp.stay()  # before anything that was uploaded is read
    reporter = Reporter()
    try:
        reporter.send(Job.of(workspace, reporter).train())
    except Rejected as refusal:
        reporter.send(Refused.of(refusal))


@dataclass(frozen=True)
class Job:
    """What lies in a workspace."""

    workspace: Path
    order: Order
    definition: Definition
    reporter: Reporter

    @classmethod
    def of(cls, workspace: Path, reporter: Reporter) -> "Job":
        """Read it."""
        order = Order.model_validate_json((workspace / ORDER).read_bytes())
        definition = Definition.model_validate_json((workspace / DEFINITION).read_bytes())
        return cls(workspace, order, definition, reporter)

    def train(self) -> Trained:
        """Train; the framework is imported once data and model are known to be good.

        Raises:
            Rejected: It cannot be trained.
        """
        inspected = inspect(self.workspace / self.order.model, self.order.model_limits)
        data = prepared(self.workspace / self.order.dataset, self.definition, self.order.data_limits)
        self.reporter.note(f"{data.arrays.rows:,} rows read; {len(data.splits.train):,} of them to train on")
        backend = backend_for(inspected)
        task = Task(
            model=self.workspace / self.order.model,
            inspected=inspected,
            definition=self.definition,
            arrays=data.arrays,
            class_weights=data.class_weights,
            threads=self.order.threads,
        )
        loop = Loop(backend.load(task), data.splits, self._plan(data, backend), self.reporter)
        return self._finished(loop, data, backend)

    def _plan(self, data: Prepared, backend: Backend) -> Plan:
        return Plan(
            job=self.order.job,
            seed=self.definition.seed,
            epochs=self.definition.epochs,
            stopping=Stopping.of(self.definition.early_stopping, validated=len(data.splits.validation) > 0),
            checkpoint_every=self.order.checkpoint_every,
            time_limit=self.order.time_limit,
            workspace=self.workspace,
            resume=self.workspace / RESUME,
            surroundings=with_versions(self.order.surroundings, backend.versions()),
        )

    def _finished(self, loop: Loop, data: Prepared, backend: Backend) -> Trained:
        course = loop.run()
        trainable = loop.trainable
        steps, samples, recipe = trainable.steps, trainable.samples, self._recipe(trainable, data)
        loop.restore_best()
        final = trainable.weights()
        result = self._result(loop, data)
        saved = self._saved(trainable, result)
        return Trained(
            data=data.facts(self.definition),
            framework=Framework(name=backend.name, versions=backend.versions()),
            recipe=recipe,
            steps=steps,
            samples=samples,
            epochs_run=len(course.epochs),
            kept_epoch=loop.kept_epoch,
            stopped_by=course.stopped_by,
            resumed=course.resumed,
            initial_weights=course.initial_weights,
            final_weights=digest(final),
            weights_distance=distance(loop.initial, final),
            checkpoints=course.chain,
            metrics=result.metrics(),
            seconds=course.seconds,
            cpu_seconds=course.cpu_seconds,
            notes=saved.notes,
            files=saved.files,
        )

    def _recipe(self, trainable: Trainable, data: Prepared) -> Recipe:
        stopping = self.definition.early_stopping
        used = trainable.effective
        return Recipe(
            **used.model_dump(),
            task=self.definition.task,
            seed=self.definition.seed,
            epochs=self.definition.epochs,
            steps_per_epoch=-(-len(data.splits.train) // used.batch_size),
            shuffle=True,
            order=ORDER_OF_ROWS,
            early_stopping=stopping.model_dump(mode="json") if stopping else None,
        )

    def _result(self, loop: Loop, data: Prepared) -> "Result":
        from functions.train_on_upload.trainer.results import Judged, Result  # brings what draws

        train = defined(loop.trainable.evaluate(data.splits.train))
        test = defined(loop.trainable.evaluate(data.splits.test)) if len(data.splits.test) else {}
        judged = Judged.of(loop.trainable, data.arrays, data.splits, self.definition)
        return Result.of(
            loop.course, loop.kept_epoch, loop.plan.stopping.monitor, train=train, test=test, judged=judged
        )

    def _saved(self, trainable: Trainable, result: "Result") -> Saved:
        folder = self.workspace / OUTPUTS
        saved = trainable.save(folder)
        for note in saved.notes:
            self.reporter.note(note)
        (folder / "metrics.json").write_text(result.to_json())
        return Saved(("metrics.json", *saved.files, *result.draw(folder)), saved.notes)


def backend_for(inspected: Inspected) -> Backend:
    """Import the framework that trains this form of model.

    Raises:
        Rejected: It is not installed here.
    """
    name, group = ("keras", "train-on-upload") if inspected.form == "keras" else ("torch", "train-on-upload-torch")
    try:
        module = import_module(f"functions.train_on_upload.trainer.backends.{name}.backend")
    except ModuleNotFoundError as error:
        said = f"this worker cannot train .{inspected.form} models: it has no package {error.name}"
        raise Rejected(said, hint=f"pip install --group {group}") from error
    made: Backend = module.KerasBackend() if name == "keras" else module.TorchBackend()
    return made


if __name__ == "__main__":
    main(Path(sys.argv[1]))
