"""The training loop, the same for every framework: epochs, their order of rows, early stopping, checkpoints, limits."""

import math
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

from functions.datasets.splits import Splits, shuffled
from functions.runtime.errors import Rejected
from functions.train_on_upload.messages import CHECKPOINTS
from functions.train_on_upload.trainer.backend import Rows, Trainable
from functions.train_on_upload.trainer.checkpoints import Snapshot, State
from functions.train_on_upload.trainer.reporting import Reporter
from functions.train_on_upload.trainer.stopping import Stopping
from functions.training.record import Checkpoint, chained
from functions.training.tensors import Tensors, digest

ORDER = "rows sorted by the raw 64-bit draws of numpy's PCG64 seeded with (seed, 1, epoch)"
Numbers = Mapping[str, float | None]


@dataclass(frozen=True)
class Plan:
    """How to train: ``epochs`` at most, seconds between checkpoints and for all of it; ``resume`` may not exist.

    ``surroundings``: digest of all that the same job's results depend on; a checkpoint from others is left alone.
    """

    job: str
    seed: int
    epochs: int
    stopping: Stopping
    checkpoint_every: float
    time_limit: float
    workspace: Path
    resume: Path
    surroundings: str = ""


@dataclass(frozen=True)
class Epoch:
    """One epoch's numbers by name; None is undefined."""

    epoch: int
    train: Numbers
    validation: Numbers

    def flat(self) -> dict[str, float | None]:
        """Give all of them, those of the validation part as ``val_...``."""
        return {**self.train, **{f"val_{name}": value for name, value in self.validation.items()}}


@dataclass(frozen=True)
class Course:
    """How a training went so far, in this attempt and those before; what a checkpoint keeps beside the arrays."""

    job: str
    initial_weights: str
    epochs: tuple[Epoch, ...] = ()
    chain: tuple[Checkpoint, ...] = ()
    best: float | None = None
    best_epoch: int = 0
    seconds: float = 0
    cpu_seconds: float = 0
    resumed: tuple[int, ...] = ()
    stopped_by: Literal["epochs", "early_stopping"] = "epochs"
    surroundings: str = ""

    def to_json(self) -> dict[str, Any]:
        """Give it as plain values."""
        return {**asdict(self), "chain": [each.model_dump() for each in self.chain]}

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> "Course":
        """Read it again; raises ``TypeError`` or ``ValueError`` for anything else."""
        epochs = tuple(Epoch(**each) for each in document["epochs"])
        chain = tuple(Checkpoint.model_validate(each) for each in document["chain"])
        return cls(**{**document, "epochs": epochs, "chain": chain, "resumed": tuple(document["resumed"])})


@dataclass
class Loop:
    """One training; ``run`` it once."""

    trainable: Trainable
    splits: Splits
    plan: Plan
    reporter: Reporter
    course: Course = field(init=False)
    initial: Tensors = field(init=False)
    _best: State | None = field(default=None, init=False)
    _written: float = field(default_factory=time.monotonic, init=False)
    _begun: tuple[float, float] = field(default_factory=lambda: (time.monotonic(), time.process_time()), init=False)
    _earlier: tuple[float, float] = field(default=(0.0, 0.0), init=False)

    def run(self) -> Course:
        """Train to the end, from a checkpoint if there is one; the weights to keep are in the trainable afterwards.

        Raises:
            Rejected: The loss is no number any more, or it takes too long.
        """
        self.initial = self.trainable.weights()
        self.course = Course(self.plan.job, digest(self.initial), surroundings=self.plan.surroundings)
        self._resume()
        stopping = self.plan.stopping
        while (number := len(self.course.epochs) + 1) <= self.plan.epochs and self.course.stopped_by == "epochs":
            self._epoch(number)
            over = stopping.is_over(number) and number < self.plan.epochs
            self.course = self._timed(stopped_by="early_stopping" if over else "epochs")
            self._checkpoint(number)
        return self.course

    @property
    def kept_epoch(self) -> int:
        """The epoch whose weights are to be kept."""
        return self.plan.stopping.best_epoch if self._best is not None else len(self.course.epochs)

    def restore_best(self) -> None:
        """Go back to the weights of the best epoch if that is asked for; steps and samples go back too."""
        if self._best is not None:
            self.trainable.restore(self._best)

    def _epoch(self, number: int) -> None:
        order = shuffled(self.splits.train, self.plan.seed, 1, number)
        train = self.trainable.epoch(number, order, lambda step, steps: self._beat(number, step, steps))
        validation = self._evaluated(self.splits.validation)
        if not math.isfinite(train["loss"]) or not math.isfinite(validation.get("loss") or 0):
            hint = "try a lower learning_rate, or preprocessing: {normalize: true}"
            raise Rejected(f"the loss is not a number any more in epoch {number}", hint=hint)
        epoch = Epoch(number, defined(train), defined(validation))
        weights = digest(self.trainable.weights())
        before = self.course.chain[-1].chain if self.course.chain else self.course.initial_weights
        link = Checkpoint(epoch=number, weights=weights, chain=chained(before, weights))
        stopping = self.plan.stopping
        if stopping.see(number, epoch.flat()) and stopping.restores:
            self._best = {name: array.copy() for name, array in self.trainable.state().items()}
        self.course = replace(
            self.course,
            epochs=(*self.course.epochs, epoch),
            chain=(*self.course.chain, link),
            best=stopping.best,
            best_epoch=stopping.best_epoch,
        )
        self._tell(epoch)

    def _tell(self, epoch: Epoch) -> None:
        numbers = {name: value for name, value in epoch.flat().items() if value is not None}
        self.reporter.epoch({"epoch": epoch.epoch, "epochs": self.plan.epochs, **numbers})

    def _beat(self, number: int, step: int, steps: int) -> None:
        if self._timed().seconds > self.plan.time_limit:
            said = f"the training took longer than {self.plan.time_limit:g} s, and was in epoch {number}"
            raise Rejected(f"{said} of {self.plan.epochs}", hint="ask for fewer epochs, or a smaller model or data set")
        self.reporter.step({"epoch": number, "epochs": self.plan.epochs, "step": step, "steps": steps})

    def _evaluated(self, rows: Rows) -> Mapping[str, float]:
        return self.trainable.evaluate(rows) if len(rows) else {}

    def _timed(self, **changes: Any) -> Course:  # noqa: ANN401 - fields of the course
        """Give the course with the time that this attempt has taken added."""
        wall, cpu = time.monotonic() - self._begun[0], time.process_time() - self._begun[1]
        return replace(
            self.course,
            seconds=self._earlier[0] + wall,
            cpu_seconds=self._earlier[1] + cpu,
            **changes,
        )

    def _checkpoint(self, number: int) -> None:
        """Write what an attempt after this one would need, unless the last one is recent or nobody takes them."""
        if time.monotonic() - self._written < self.plan.checkpoint_every:
            return
        folder = self.plan.workspace / CHECKPOINTS
        if len(list(folder.glob("*.npz"))) > 1:
            return
        Snapshot(self.course.to_json(), self.trainable.state(), self._best).write(folder / f"{number}.npz")
        self.reporter.kept(f"{number}.npz")
        self._written = time.monotonic()

    def _resume(self) -> None:
        snapshot = Snapshot.read(self.plan.resume) if self.plan.resume.is_file() else None
        if snapshot is None:
            return
        try:
            course = Course.from_json(snapshot.course)
        except (TypeError, ValueError, KeyError):
            return
        if (course.job, course.initial_weights) != (self.plan.job, self.course.initial_weights):
            self.reporter.note("the checkpoint is of another job, and is left alone")
            return
        if course.surroundings != self.plan.surroundings:
            self.reporter.note("the checkpoint was made with other versions or settings, or on another kind of machine")
            return
        self.trainable.restore(snapshot.state)
        self._best = snapshot.best
        self._earlier = (course.seconds, course.cpu_seconds)
        self.plan.stopping.best, self.plan.stopping.best_epoch = course.best, course.best_epoch
        self.course = replace(course, resumed=(*course.resumed, len(course.epochs)))
        self.reporter.note(f"resumed after epoch {len(course.epochs)} of {self.plan.epochs}")


def defined(numbers: Mapping[str, float]) -> Numbers:
    """Give undefined numbers as None, which JSON has."""
    return {name: float(value) if math.isfinite(value) else None for name, value in numbers.items()}
