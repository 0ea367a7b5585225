"""What is written of a model that is in place: ``current.json``, every change, and the training sets in between."""

from typing import Annotated, Literal, Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from functions.continuum.model import Count, Model, Text
from functions.runtime.runs import StoredObject

CURRENT = "current.json"
SET = "retrain-set.json"
DATASET, HOLDOUT = "dataset.csv", "holdout.csv"
ROLLBACK = ".rollback.json"
LARGEST = 16 * 2**20
"""Bytes of one of these documents."""
MOST_CHANGES, MOST_VERSIONS = 1000, 100

What = Literal["first", "swap", "rollback", "refused"]


class Document(BaseModel):
    """Base of them: frozen, closed, and without a number that JSON cannot hold."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    def as_json(self) -> str:
        """Give the text."""
        return self.model_dump_json(indent=1) + "\n"


class Scores(Document):
    """Two models on the same rows; ``share``: rows got right, ``error``: mean distance to the true value.

    ``wins`` and ``losses``: rows where the candidate, or the current one, alone did better; ``p``: probability of so
    many wins, or more, were both alike (one-sided sign test).
    """

    measure: Literal["share", "error"]
    candidate: float
    current: float
    rows: int
    wins: int
    losses: int
    p: float

    @property
    def is_better(self) -> bool:
        """Whether the candidate has the better score, be it by chance."""
        return self.candidate > self.current if self.measure == "share" else self.candidate < self.current


class Version(Document):
    """One model that was put in place.

    Attributes:
        number: Of the change that first put it there.
        model: The file as it can be trained on, ``trained_model.keras``.
        job: Of its training; ``bom``: SHA-256 of its bill of materials.
        verified: The run that verified it, whose record names all its files by version.
        set: Number of the training set that it was made from; 0 for one that no drift led to.
        over: SHA-256 of the model that it took the place of; empty for the first.
    """

    number: int
    model: StoredObject
    job: str
    bom: str
    verified: str
    set: int = 0
    over: str = ""


class Change(Document):
    """One decision, and why.

    Attributes:
        number: Swaps and rollbacks so far, with it, as ``Current.change`` counts them; ``previous``: before it.
        job, digest, set: Of the model that it is about.
    """

    what: What
    number: int
    previous: int | None
    job: str
    digest: str
    set: int
    at: AwareDatetime
    reason: str
    scores: Scores | None = None


class Current(Document):
    """``current.json``: the model that is in place; ``change`` counts swaps and rollbacks."""

    format: Literal["noria.current-model/1"] = "noria.current-model/1"
    name: str
    change: int
    what: Literal["first", "swap", "rollback"]
    at: AwareDatetime
    model: StoredObject
    job: str
    bom: str
    verified: str
    set: int
    previous: str = Field(description="SHA-256 of the model before; empty for the first.")
    scores: Scores | None
    reason: str


class Changes(Document):
    """``changes/<digest>.change.json``: all that was decided about a model, the newest last; the next event goes on.

    Attributes:
        newest: Number of the newest training set that a model in place was made from.
        made: Swaps and rollbacks so far, also those that are not listed any more.
    """

    format: Literal["noria.model-changes/1"] = "noria.model-changes/1"
    name: str
    newest: int = 0
    made: int = 0
    current: Current | None = None
    versions: Annotated[tuple[Version, ...], Field(max_length=MOST_VERSIONS)] = ()
    changes: Annotated[tuple[Change, ...], Field(max_length=MOST_CHANGES)] = ()

    def version(self, digest: str) -> Version | None:
        """Give the latest version with that SHA-256."""
        return next((each for each in reversed(self.versions) if each.model.sha256 == digest), None)

    @property
    def compared(self) -> int:
        """How many candidates the model in place was compared with, whenever it was there.

        A person who goes back to it does not give the next candidate the chances of the first again.
        """
        wanted = self.current.model.sha256 if self.current else ""
        there = "" if any(each.what != "refused" for each in self.changes) else wanted
        count = 0
        for each in self.changes:
            count += each.scores is not None and there == wanted
            there = there if each.what == "refused" else each.digest
        return count

    def with_change(self, change: Change, **update: object) -> Self:
        """Add a decision, and what it changed."""
        return self.model_copy(update={**update, "changes": (*self.changes, change)[-MOST_CHANGES:]})


class TrainingSet(Document):
    """``retrain-set.json``: which rows a training was given, and which were kept from it.

    Attributes:
        number: From 1, the newest has the greatest.
        base: SHA-256 of the model that the training begins with.
        training, kept: Rows of each part.
        tables: The labelled tables that they are from.
    """

    format: Literal["noria.retrain-set/1"] = "noria.retrain-set/1"
    name: str
    number: int
    base: str
    training: int
    kept: int
    tables: tuple[StoredObject, ...]


class Rollback(Model):
    """``<name>.rollback.json``: a person wants an earlier model back."""

    to: Annotated[str, Field(pattern="^[0-9a-f]{6,64}$")] | None = Field(
        default=None, description="Beginning of the SHA-256 of the model's file; by default the one before."
    )
    reason: Text = ""
    steps: Count = Field(default=1, description="How many models back, where it is not said to which.")
