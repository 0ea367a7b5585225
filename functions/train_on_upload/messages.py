"""What the handler and the training process tell each other: an order in a file, then one JSON object a line back."""

from typing import Annotated, Literal

from pydantic import Field, TypeAdapter

from functions.datasets.limits import Limits
from functions.models.facts import ModelLimits
from functions.runtime.errors import Rejected
from functions.training.record import Checkpoint, Data, Facts, Framework, Metrics, Numbers, Recipe

ORDER, DEFINITION = "job.json", "definition.json"
OUTPUTS, CHECKPOINTS, SPARE = "out", "checkpoint", "tmp"
"""Folders of the workspace that the training process may write to."""
RESUME = "resume.npz"
LINE_LIMIT = 16 * 2**20
"""Bytes of one message."""
SENTENCE, LONGEST_NOTE, MOST_NOTES = 500, 1000, 100
"""Characters of a reason or hint, and of a note; notes of one record."""

Sentence = Annotated[str, Field(max_length=SENTENCE)]
Remark = Annotated[str, Field(max_length=LONGEST_NOTE)]


class Order(Facts):
    """What to train; ``model`` and ``dataset`` are files of the workspace, times are seconds.

    ``threads``: (intra, inter). ``time_limit`` holds for all attempts together. ``surroundings``: a ``fingerprint``.
    """

    job: str
    model: str
    dataset: str
    threads: tuple[int, int] = (1, 1)
    time_limit: float
    checkpoint_every: float
    surroundings: str = ""
    data_limits: Limits
    model_limits: ModelLimits


class Progress(Facts):
    """How far it is; ``is_epoch``: these are the numbers of a whole epoch."""

    kind: Literal["progress"] = "progress"
    numbers: Numbers
    is_epoch: bool = False


class Note(Facts):
    """A line for the log."""

    kind: Literal["note"] = "note"
    text: Remark


class Kept(Facts):
    """A checkpoint, by its name in the folder ``CHECKPOINTS``."""

    kind: Literal["checkpoint"] = "checkpoint"
    file: str = Field(pattern=r"^[0-9]+\.npz$")


class Refused(Facts):
    """It cannot be trained, and never will be."""

    kind: Literal["refused"] = "refused"
    reason: Sentence
    hint: Sentence = ""

    @classmethod
    def of(cls, refusal: Rejected) -> "Refused":
        """Say what was refused; what is too long is cut."""
        return cls(reason=cut(refusal.message, SENTENCE), hint=cut(refusal.hint, SENTENCE))


class Trained(Facts):
    """What the training process says of itself; the fields are those of ``TrainingRecord``.

    ``files``: names in the folder ``OUTPUTS``.
    """

    kind: Literal["done"] = "done"
    data: Data
    framework: Framework
    recipe: Recipe
    steps: int
    samples: int
    epochs_run: int
    kept_epoch: int
    stopped_by: Literal["epochs", "early_stopping"]
    resumed: tuple[int, ...]
    initial_weights: str
    final_weights: str
    weights_distance: float
    checkpoints: tuple[Checkpoint, ...]
    metrics: Metrics
    seconds: float
    cpu_seconds: float
    notes: Annotated[tuple[Remark, ...], Field(max_length=MOST_NOTES)]
    files: tuple[Annotated[str, Field(pattern=r"^[a-z_]+\.(keras|onnx|safetensors|pt2|json|png|svg)$")], ...]


Message = Progress | Note | Kept | Refused | Trained
_MESSAGES: TypeAdapter[Message] = TypeAdapter(Annotated[Message, Field(discriminator="kind")])


def cut(text: str, longest: int) -> str:
    """Give the beginning of a text that is too long, with an ellipsis for the rest."""
    return text if len(text) <= longest else f"{text[: longest - 1]}…"


def read(line: bytes) -> Message:
    """Read one line of the training process; raises ``ValueError`` for anything else."""
    return _MESSAGES.validate_json(line)
