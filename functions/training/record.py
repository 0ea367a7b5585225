"""``run.json``: what one training run read, did and made, as it was observed; the trainer's own format, version 1.

Numbers are finite, digests are SHA-256 in 64 hex digits, sizes bytes, times UTC or seconds. The record says what was
really used: everything in ``recipe`` is read back from the framework or the loop; ``definition`` is what was asked.
"""

import hashlib
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue, ValidationError

from functions.runtime.errors import Rejected

SCHEMA: Literal["noria.training/1"] = "noria.training/1"
RECORD = "run.json"
"""Name of the record among the outputs; everything else of a training result is named in it."""

Role = Literal["dataset", "definition", "model"]
ROLES: tuple[Role, ...] = ("dataset", "definition", "model")
Form = Literal["keras", "onnx", "pt2", "safetensors"]
Part = Literal["train", "validation", "test"]
Sha256 = str
Numbers = Annotated[Mapping[Annotated[str, Field(pattern=r"^[a-z0-9_]{1,64}$")], float], Field(max_length=64)]
"""Numbers by name, as a training process may tell them: it may have been taken over."""


class Facts(BaseModel):
    """Base of the record's parts: frozen, closed, and without a number that JSON cannot hold."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class File(Facts):
    """One file, by content."""

    name: str
    sha256: Sha256
    size: int = Field(ge=0)


class Input(File):
    """One member of the job's set, with what it was used as."""

    role: Role


class Layer(Facts):
    """One layer of the model as it was uploaded; ``kind`` is its class or operator."""

    name: str
    kind: str
    parameters: int = Field(ge=0)


class Model(Facts):
    """The uploaded model by static inspection; shapes are without the batch dimension, None where it is free."""

    form: Form
    inputs: tuple[tuple[int | None, ...], ...] = ()
    outputs: tuple[tuple[int | None, ...], ...] = ()
    layers: tuple[Layer, ...] = ()
    parameters: int = Field(ge=0)


class Data(Facts):
    """The data that was trained on, after preprocessing.

    ``columns``: name -> declared type. ``classes``: class -> rows of it in each part. ``parts``: rows in each part.
    ``statistics``: what preprocessing took from the training part alone, such as means and deviations.
    ``arrays_sha256`` is over the arrays as trained on, ``splits_sha256`` over the rows' numbers of each part.
    """

    rows: int = Field(gt=0)
    columns: Mapping[str, str] = Field(default_factory=dict)
    label: str = ""
    classes: Mapping[str, Mapping[str, int]] = Field(default_factory=dict)
    parts: Mapping[str, int]
    statistics: Mapping[str, JsonValue] = Field(default_factory=dict)
    arrays_sha256: Sha256
    splits_sha256: Sha256


class Compiled(Facts):
    """What a framework really trains with, read back from it after it was set up.

    ``optimizer``: its full configuration, ``name`` and ``learning_rate`` always among it. ``class_weights``: class
    number in decimal -> weight. ``dtype``: of computation and of the weights.
    """

    loss: str
    optimizer: Mapping[str, JsonValue]
    metrics: tuple[str, ...] = ()
    batch_size: int = Field(gt=0)
    class_weights: Mapping[str, float] | None = None
    dtype: str = "float32"
    deterministic: bool


class Recipe(Compiled):
    """``Compiled``, and what the loop around it does. ``order``: how the order of an epoch's rows comes about."""

    task: Literal["binary", "multiclass", "regression"]
    seed: int
    epochs: int = Field(gt=0)
    steps_per_epoch: int = Field(ge=0)
    shuffle: bool
    order: str
    early_stopping: Mapping[str, JsonValue] | None = None


class Package(Facts):
    """One installed Python package; ``sha256`` is of its RECORD, which lists the digests of its files."""

    name: str
    version: str
    sha256: str = ""


class Environment(Facts):
    """Where it ran. ``isa_cap``: what oneDNN may use at most, empty for all; ``image``: digest, empty without one.

    ``cpu_flags_sha256`` is over the flags sorted and joined by blanks. ``variables``: those that change results, from
    a fixed list of names.
    """

    os: str
    kernel: str
    machine: str
    cpu: str
    cpu_flags_sha256: Sha256
    isa_cap: str = ""
    intra_threads: int = Field(ge=0)
    inter_threads: int = Field(ge=0)
    gpu: str = ""
    image: str = ""
    python: str
    variables: Mapping[str, str] = Field(default_factory=dict)
    packages: tuple[Package, ...] = ()


class Framework(Facts):
    """The backend, ``keras`` or ``torch``, and the versions of what it is made of."""

    name: str
    versions: Mapping[str, str]


class Checkpoint(Facts):
    """The weights after an epoch, and the chain: SHA-256 over the chain before it and them (``chained``)."""

    epoch: int = Field(gt=0)
    weights: Sha256
    chain: Sha256


class Metrics(Facts):
    """Numbers of the weights that were kept, at ``epoch``; ``best`` is the monitored metric's best value."""

    epoch: int = Field(ge=0)
    final: Numbers
    best: Numbers = Field(default_factory=dict)


class TrainingRecord(Facts):
    """One training run.

    ``weights_distance``: Euclidean norm of the change of all weights over that of the initial ones.
    ``kept_epoch`` and ``final_weights`` are of what ``trained_model`` holds, which early stopping may have restored.
    ``resumed``: after which epochs an attempt went on from a checkpoint. ``energy_joules`` None: not measurable, and
    ``energy_source`` says why. ``outputs``: all files beside this one. ``notes``: what was left out, a sentence each.
    """

    schema_: Literal["noria.training/1"] = Field(default=SCHEMA, alias="schema")
    job: Sha256
    inputs: tuple[Input, ...]
    definition: Mapping[str, JsonValue]
    model: Model
    data: Data
    framework: Framework
    recipe: Recipe
    environment: Environment
    sandbox: str
    steps: int = Field(ge=0)
    samples: int = Field(ge=0)
    epochs_run: int = Field(ge=0)
    kept_epoch: int = Field(ge=0)
    stopped_by: Literal["epochs", "early_stopping"]
    resumed: tuple[int, ...] = ()
    initial_weights: Sha256
    final_weights: Sha256
    weights_distance: float = Field(ge=0)
    checkpoints: tuple[Checkpoint, ...] = ()
    metrics: Metrics
    started: datetime
    finished: datetime
    seconds: float = Field(ge=0)
    cpu_seconds: float = Field(ge=0)
    energy_joules: float | None = None
    energy_source: str = ""
    outputs: tuple[File, ...]
    notes: tuple[str, ...] = ()

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, validate_by_name=True)

    def to_json(self) -> str:
        """Give the text of ``run.json``."""
        return self.model_dump_json(indent=1, by_alias=True) + "\n"

    @classmethod
    def from_json(cls, text: str | bytes) -> "TrainingRecord":
        """Read the text of ``run.json``.

        Raises:
            Rejected: It is no record of this version, naming the first field that is wrong.
        """
        try:
            return cls.model_validate_json(text)
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(str(part) for part in first["loc"]) or "the document"
            raise Rejected(f"{RECORD} is no training record ({SCHEMA}): {where}: {first['msg']}") from error

    def input(self, role: Role) -> Input:
        """Give the input with that role."""
        return next(each for each in self.inputs if each.role == role)


def job_of(inputs: Iterable[Input]) -> Sha256:
    """Name the job of a set of inputs: SHA-256 over role, name and digest of each, in the order of ``ROLES``."""
    named = {each.role: each for each in inputs}
    text = "".join(f"{role}\0{named[role].name}\0{named[role].sha256}\0" for role in ROLES)
    return hashlib.sha256(text.encode()).hexdigest()


def chained(before: Sha256, weights: Sha256) -> Sha256:
    """Give the next link of the checkpoint chain; the first comes after the digest of the initial weights."""
    return hashlib.sha256(bytes.fromhex(before) + bytes.fromhex(weights)).hexdigest()
