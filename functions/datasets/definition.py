"""``dataset_definition.yaml``: what the columns are, what is learned, and how the training is asked for.

The fields of AIBoMGen's definition keep its names and its meaning; the others are ours and may be left out.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Discriminator,
    Field,
    StringConstraints,
    Tag,
    ValidationError,
    ValidationInfo,
    model_validator,
)

from functions.datasets import vocabulary
from functions.datasets.consistency import faults, likely_task
from functions.datasets.files import opened
from functions.datasets.forms import FORMS, Form
from functions.datasets.recipe import About, EarlyStopping, Number, Optimizer, Part, Positive, Split, Whole
from functions.documents.document import LARGEST, Document, HostileError, Problem, parse
from functions.documents.wording import meant, problems
from functions.models.architecture import Architecture
from functions.runtime.errors import Rejected
from functions.training.stated import Stated

ColumnType = Literal["float", "int", "str", "bool"]

Size = Annotated[Whole, Field(ge=1, le=1_000_000)]
Shape = Annotated[tuple[Size, ...], Field(min_length=1, max_length=6)]
ColumnName = Annotated[str, StringConstraints(min_length=1, max_length=200)]
ClassName = Annotated[
    str,
    BeforeValidator(lambda given: str(given) if type(given) is int else given, json_schema_input_type=str | int),
    StringConstraints(min_length=1, max_length=200),
]
FileName = Annotated[str, StringConstraints(min_length=1, max_length=255, pattern=r"^[^/\\\x00-\x1f]+$")]
Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
Weights = Annotated[
    Annotated[Literal["balanced"], Tag("word")] | Annotated[dict[str, Positive], Tag("weights")],
    Discriminator(lambda given: "word" if isinstance(given, str) else "weights"),
]

_FORM = {
    "sha256": "64 hexadecimal digits in lower case",
    "license": "an SPDX expression such as CC-BY-4.0",
    "model": "a file's name without its folder",
    "dataset": "a file's name without its folder",
}


class Preprocessing(Part):
    """What is done to the inputs, in this order: normalize, scale, clip (the order of AIBoMGen's worker)."""

    normalize: bool = Field(default=False, description="Mean 0 and deviation 1, as in the rows that are trained on.")
    scale: Number | None = Field(default=None, description="Factor.")
    clip: tuple[Number, Number] | None = Field(default=None, description="Least and greatest value.")


def _named(given: object) -> object:
    return {"name": given} if isinstance(given, str) else given


def _spellings(words: Mapping[str, tuple[str, ...]]) -> list[str]:
    return [spelling for name, others in words.items() for spelling in (name, *others)]


LossName = Annotated[
    str, AfterValidator(vocabulary.loss), Field(json_schema_extra={"enum": _spellings(vocabulary.LOSSES)})
]
MetricName = Annotated[
    str, AfterValidator(vocabulary.metric), Field(json_schema_extra={"enum": _spellings(vocabulary.METRICS)})
]


class Definition(Part):
    """A whole definition; its fields fit one another."""

    columns: dict[ColumnName, ColumnType] = Field(
        default={}, max_length=10_000, description="Name -> float, int, bool or str, in the order the model takes them."
    )
    label: ColumnName = Field(default="y", description="The column that is learned; of npz without columns the array.")
    input_shape: Shape = Field(description="Shape of one sample, as the model takes it.")
    output_shape: Shape = Field(description="Shape of one prediction.")
    preprocessing: Preprocessing = Preprocessing()

    type: Form | None = Field(default=None, description="Kind of data set; by default what its name ends with.")
    image_size: tuple[Size, Size] | None = Field(default=None, description="Height and width; asks for resize.")
    resize: bool = Field(default=False, description="Bring pictures of other sizes to input_shape.")
    channels: Literal["first", "last"] | None = Field(default=None, description="Where input_shape has the colours.")
    delimiter: Literal[",", ";", "\t"] | None = Field(default=None, description="Between the cells of a CSV file.")
    classes: tuple[ClassName, ...] | None = Field(
        default=None, min_length=2, max_length=10_000, description="All labels there are, in the order of the outputs."
    )
    model: FileName | None = Field(default=None, description="The model's file; by default the only one.")
    dataset: FileName | None = Field(default=None, description="The data set's file; by default the only one.")
    sha256: dict[FileName, Sha256] = Field(default={}, description="What the files beside this one must contain.")

    task: vocabulary.Task = Field(
        default="multiclass", description="By default told from the loss, the label's type and output_shape."
    )
    split: Split = Split()
    seed: Annotated[Whole, Field(ge=0, le=2**32 - 1)] = 1
    loss: LossName | None = Field(default=None, description="By default the model's own, or the task's usual one.")
    from_logits: bool | None = Field(default=None, description="Outputs are not probabilities; by default: look.")
    metrics: tuple[MetricName, ...] = Field(default=(), max_length=16, description="By default the task's usual ones.")
    optimizer: Annotated[Optimizer, BeforeValidator(_named, json_schema_input_type=str | Optimizer)] = Optimizer()
    epochs: Annotated[Whole, Field(ge=1, le=100_000)] = 10
    batch_size: Annotated[Whole, Field(ge=1, le=1_000_000)] = 32
    early_stopping: EarlyStopping | None = None
    class_weights: Weights | None = Field(default=None, description="balanced, or class -> weight of its rows.")
    architecture: Architecture | None = Field(default=None, description="The layers of a .safetensors model.")
    about: About | None = None
    stated: Stated | None = Field(default=None, description="What the bill of materials says in your words.")

    @model_validator(mode="after")
    def _fits_together(self, info: ValidationInfo) -> Self:
        if "task" not in self.model_fields_set:
            object.__setattr__(self, "task", likely_task(self))
        if not (info.context or {}).get("unchecked") and (found := faults(self, frozenset())):
            raise ValueError("; ".join(problem.sentence for problem in found))
        return self

    @property
    def features(self) -> tuple[str, ...]:
        """The columns that go into the model, in its order; none of pictures and bare arrays."""
        return tuple(name for name in self.columns if name != self.label)

    @property
    def form(self) -> Form | None:
        """Which kind of data set this describes, where the definition says so."""
        return self.type or (FORMS.get(Path(self.dataset).suffix.lower()) if self.dataset else None)

    @property
    def wanted_loss(self) -> str:
        """The loss that is asked for, or else the task's usual one."""
        return self.loss or vocabulary.USUAL_LOSS[self.task]

    @property
    def wanted_metrics(self) -> tuple[str, ...]:
        """The metrics that are asked for, or else the first of the task's."""
        return self.metrics or vocabulary.METRICS_OF_TASK[self.task][:1]

    @property
    def picture_size(self) -> tuple[int, int]:
        """Height and width that ``input_shape`` has for pictures."""
        sizes = [
            size
            for axis, size in enumerate(self.input_shape)
            if len(self.input_shape) == 2 or axis != self.channel_axis
        ]
        return sizes[0], sizes[1]

    @property
    def channel_axis(self) -> int:
        """Which axis of ``input_shape`` has the colours, or else the features: its last, or its first."""
        shape, colours = self.input_shape, (1, 3, 4)
        told = len(shape) == 3 and shape[0] in colours and shape[2] not in colours
        return 0 if self.channels == "first" or (self.channels is None and told) else len(shape) - 1


_MOST = 50


class DefinitionError(Rejected):
    """A definition that cannot be used; ``problems`` has each thing that is wrong with it, in the file's order."""

    def __init__(self, source: str, problems: tuple[Problem, ...]) -> None:
        shown = [str(problem) for problem in problems[:_MOST]] + ["and more"] * (len(problems) > _MOST)
        super().__init__(f"{source}: {'; '.join(shown)}", hint=f"correct {source} and upload it again")
        self.problems = problems


def read_definition(path: Path) -> Definition:
    """Read and check a definition, YAML or JSON; the file is never followed if it is a link.

    Raises:
        Rejected: It is hostile or no YAML.
        DefinitionError: Fields are wrong; every one is named with its line and the nearest right name.
    """
    try:
        document = parse(_text(path), advice="write one field a line: the columns, the label and the shapes")
    except HostileError as error:
        raise Rejected(f"{path.name}: {error.message}", hint=error.hint) from None
    found = [*document.problems]
    definition = _validated(document, found)
    if found or definition is None:
        found = sorted(found, key=lambda problem: problem.line)
        raise DefinitionError(path.name, tuple(found))
    return definition


def schema() -> dict[str, object]:
    """Give the JSON schema, 2020-12. It says what each field may be; how they must fit one another it cannot."""
    made = Definition.model_json_schema()
    del made["properties"]["task"]["default"]  # it is told from the other fields
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **made, "title": "Dataset definition"}


def _validated(document: Document, found: list[Problem]) -> Definition | None:
    """Check the fields, then how those that are right by themselves fit together; what is wrong goes to ``found``."""
    content: dict[str, Any] = dict(document.content)
    try:
        definition = Definition.model_validate(content, context={"unchecked": True})
        wrong = frozenset(str(problem.place[0]) for problem in found)
    except ValidationError as error:
        known = {problem.place for problem in found}
        found += [
            problem for problem in problems(error, document, Definition, forms=_FORM) if problem.place not in known
        ]
        wrong = frozenset(str(problem.place[0]) for problem in found)
        wrong |= {near for name in wrong if (near := meant(name, Definition.model_fields)) and near not in content}
        sound = {name: value for name, value in content.items() if name not in wrong}
        stand_in = {name: [1] for name in ("input_shape", "output_shape") if name not in sound}
        wrong |= set(stand_in)
        try:
            definition = Definition.model_validate({**sound, **stand_in}, context={"unchecked": True})
        except ValidationError:
            return None
    found += [Problem(each.place, each.sentence, document.line(each.place)) for each in faults(definition, wrong)]
    return definition


def _text(path: Path) -> str:
    with opened(path, LARGEST) as file:
        data = file.read(LARGEST + 1)
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise HostileError(f"line {line}: it is not UTF-8 text", hint="save it as UTF-8") from None
    # JSON may be indented with tabs, YAML may not; inside JSON's strings there are none.
    return text.replace("\t", " ") if path.suffix == ".json" else text
