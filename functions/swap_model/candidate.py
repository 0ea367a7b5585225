"""What was verified, followed back through the ledger to the rows that it was trained on, and those kept from it."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from pydantic import ValidationError

from events import ObjectCreated
from functions.runtime import Context
from functions.runtime.errors import Rejected
from functions.runtime.runs import Run, StoredObject
from functions.succession.documents import DATASET, HOLDOUT, LARGEST, SET, TrainingSet
from functions.swap_model.settings import SwapModel
from functions.training.record import RECORD, TrainingRecord
from functions.trust.evidence import BOM, TRAINED
from functions.trust.verification.verdict import Verification

Ctx = Context[SwapModel]
VERDICT = ".verdict.json"


@dataclass(frozen=True)
class Result:
    """The files of one verified training, by the versions that were verified."""

    run: Run
    files: Mapping[str, StoredObject]
    record: TrainingRecord

    @property
    def model(self) -> StoredObject:
        """Give the model as it can be trained on."""
        return self.file(f"{TRAINED}.{self.record.model.form}")

    def file(self, name: str) -> StoredObject:
        """Give one file.

        Raises:
            Rejected: There is none of that name.
        """
        found = self.files.get(name)
        if found is None:
            raise Rejected(f"{self.run.name} has verified no {name} of the job {self.record.job[:12]}")
        return found

    def read(self, ctx: Ctx, name: str, *, most: int) -> Path:
        """Give a file's content, just as it was verified.

        Raises:
            Rejected: There is none of that name, it is too large, or it has been changed.
        """
        one = self.file(name)
        if one.size > most:
            raise Rejected(f"{one.key} has {one.size:,} bytes, more than the limit of {most:,}")
        path = ctx.read(one)
        if one.sha256 and ctx.digest(path) != one.sha256:
            raise Rejected(f"{one.key} is not what {self.run.name} has verified")
        return path


@dataclass(frozen=True)
class Origin:
    """The training set that a model was made from, and the rows that were kept from it."""

    made: TrainingSet
    kept: StoredObject


def verdict_in(event: ObjectCreated, ctx: Ctx) -> tuple[Verification, Run]:
    """Read a verdict, and who gave it.

    Raises:
        Rejected: No run gave it: it was uploaded.
    """
    producer = ctx.producer()
    if producer is None:
        said = f"no run that the ledger knows wrote {event.bucket}/{event.key}, and no other verdict counts"
        raise Rejected(said, hint="upload the model, its data and their definition to be trained instead")
    if event.size > LARGEST:
        raise Rejected(f"{event.name} has more than {LARGEST:,} bytes")
    try:
        return Verification.model_validate_json(ctx.fetch(event).read_bytes()), producer
    except ValidationError as error:
        raise Rejected(f"{event.name} is no verdict: {error.errors()[0]['msg']}") from error


def result_of(run: Run, ctx: Ctx) -> Result:
    """Read the record of the training that a run has verified.

    Raises:
        Rejected: It has verified none.
    """
    files = {PurePosixPath(one.key).name: one for one in run.members}
    if RECORD not in files or BOM not in files:
        raise Rejected(f"{run.name} has verified no training", hint="its folder has to have run.json and the bill")
    return Result(run, files, TrainingRecord.from_json(ctx.read(files[RECORD]).read_bytes()))


def origin_of(result: Result, ctx: Ctx) -> Origin | None:
    """Follow a result back: what was signed, what was trained, what made its data set; None where a person did.

    Each step is in the ledger, where every service writes its own records only.
    """
    signed = ctx.record(result.file(RECORD).parent)
    trained = ctx.record(signed.parent) if signed and signed.parent else None
    dataset = next((one for one in trained.members if one.key.endswith(f"/{DATASET}")), None) if trained else None
    made = ctx.record(dataset.parent) if dataset and dataset.parent else None
    if dataset is None or made is None or made.function != ctx.settings.gatherer:
        return None
    folder = PurePosixPath(dataset.key).parent.name
    beside = {PurePosixPath(one.key).name: one for one in made.outputs if PurePosixPath(one.key).parent.name == folder}
    if SET not in beside or HOLDOUT not in beside:
        return None
    return Origin(TrainingSet.model_validate_json(ctx.read(beside[SET]).read_bytes()), beside[HOLDOUT])
