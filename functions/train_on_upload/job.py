"""One training, from pinned inputs to outputs: the workspace, the process in it, and what becomes of its files."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from functions.models.facts import Inspected
from functions.runtime import Context
from functions.sandbox.walls import CODE, Sandbox
from functions.train_on_upload.energy import Meter
from functions.train_on_upload.gathering import Gathered
from functions.train_on_upload.harvest import Harvest
from functions.train_on_upload.journal import Journal
from functions.train_on_upload.keepsake import bind, part
from functions.train_on_upload.messages import (
    CHECKPOINTS,
    DEFINITION,
    ORDER,
    OUTPUTS,
    RESUME,
    SPARE,
    Kept,
    Message,
    Note,
    Order,
    Progress,
    Trained,
)
from functions.train_on_upload.recording import Recording
from functions.train_on_upload.salvage import salvage
from functions.train_on_upload.settings import TrainOnUpload
from functions.train_on_upload.supervision import Bounds, Supervision
from functions.train_on_upload.surroundings import environ, facts, fingerprint, variables
from functions.train_on_upload.trainer.card import write_card
from functions.training.record import TrainingRecord

LOG = "logs.txt"
KEPT = "kept.npz"
PACKAGES = ("functions", "events", "fdl")
ROOM = 2**30
"""Bytes that one file of the training process may have, beside a dozen times the model."""


@dataclass
class Job:
    """A training that is about to run, and the record of it."""

    gathered: Gathered
    inspected: Inspected
    sandbox: Sandbox
    ctx: Context[TrainOnUpload]
    workspace: Path
    journal: Journal = field(default_factory=Journal)
    recording: Recording = field(init=False)
    _last: dict[str, float] = field(default_factory=dict, init=False)

    def __post_init__(self) -> None:
        settings = self.ctx.settings
        self._variables = variables(threads=settings.thread_counts, isa=settings.isa)
        self.recording = Recording(
            inputs=tuple(each.input for each in self.gathered.pinned.values()),
            definition=self.gathered.definition,
            inspected=self.inspected,
            environment=facts(self._variables, threads=settings.thread_counts, image=settings.image),
            sandbox=self.sandbox.kind,
            started=datetime.now(UTC),
            meter=Meter.start(),
        )

    @property
    def folder(self) -> str:
        """The folder of the outputs."""
        return self.recording.job[:12]

    def run(self) -> TrainingRecord:
        """Train, and write every output but the record itself.

        Raises:
            Rejected: It cannot be trained.
            TryAgain: The training process was lost, or an input was changed.
        """
        self._furnish()
        self.journal.add(f"job {self.recording.job}, attempt {self.ctx.attempt}, sandbox {self.sandbox.kind}")
        for each in self.recording.inputs:
            self.journal.add(f"{each.role} {each.name} sha256:{each.sha256} {each.size} bytes")
        supervision = Supervision(self.workspace, self.sandbox, self._bounds, self._hear, self._tick)
        trained = supervision.run(environ(self._variables, code=self.workspace / "code", spare=self.workspace / SPARE))
        for pinned in self.gathered.pinned.values():
            pinned.check()
        self.journal.libraries(supervision.said())
        self.journal.add(f"{trained.steps} steps, {trained.samples} samples, weights sha256:{trained.final_weights}")
        return self._published(trained)

    def _furnish(self) -> None:
        """Lay out the workspace: what the process may read, and folders that it may write to."""
        settings, pinned = self.ctx.settings, self.gathered.pinned
        order = Order(
            job=self.recording.job,
            model=f"in/{pinned['model'].path.name}",
            dataset=f"in/{pinned['dataset'].path.name}",
            threads=settings.thread_counts,
            time_limit=settings.time_limit,
            checkpoint_every=settings.checkpoint_every,
            surroundings=fingerprint(self.recording.environment),
            data_limits=settings.data_limits,
            model_limits=settings.model_limits,
        )
        for name in (OUTPUTS, CHECKPOINTS, SPARE, "code"):
            (self.workspace / name).mkdir()
        for name in PACKAGES:
            (self.workspace / "code" / name).symlink_to(CODE / name)
        (self.workspace / ORDER).write_text(order.model_dump_json())
        (self.workspace / DEFINITION).write_text(self.gathered.definition.model_dump_json())
        if kept := self.ctx.checkpointed():
            self.journal.lines[:0] = part(kept, self.workspace / RESUME)

    @property
    def _bounds(self) -> Bounds:
        settings = self.ctx.settings
        file = ROOM + 12 * self.gathered.pinned["model"].input.size
        intra, inter = settings.thread_counts
        return Bounds(settings.memory, settings.time_limit, file, threads=intra * inter)

    def _hear(self, message: Message) -> None:
        match message:
            case Progress():
                self._last = dict(message.numbers)
                if message.is_epoch:
                    self.journal.epoch(message.numbers)
                    self.ctx.log.info("epoch", extra={"numbers": dict(message.numbers)})
                self._tick()
            case Note():
                self.journal.add(message.text)
                self.ctx.log.info(message.text)
            case Kept():
                path = self.workspace / CHECKPOINTS / message.file
                kept = salvage(path, self.workspace / KEPT, limit=self._bounds.file)
                bind(kept, self.journal.lines)
                self.ctx.checkpoint(kept)
                kept.unlink()
                path.unlink(missing_ok=True)

    def _tick(self) -> None:
        self.ctx.progress(**self._last)

    def _published(self, trained: Trained) -> TrainingRecord:
        """Take the process's files as outputs, and add the card and the log."""
        place: Callable[[str], Path] = lambda name: self.ctx.output(f"{self.folder}/{name}")  # noqa: E731
        file, settings = self._bounds.file, self.ctx.settings
        limits = settings.model_limits.model_copy(update={"max_bytes": file})
        taken, notes = Harvest(self.workspace / OUTPUTS, self.inspected.form, place, file, limits).take(trained.files)
        for note in notes:
            self.journal.add(note)
        self.journal.write(place(LOG))
        cards = write_card(self.recording.record(trained, (), notes), place(LOG).parent)
        return self.recording.record(trained, [*taken, place(LOG), *(place(name) for name in cards)], notes)
