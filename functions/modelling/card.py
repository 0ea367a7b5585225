"""The card of a fitted model: what it is, what it was fitted to, and how far it can be trusted."""

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from functions.modelling.roles import Role

KEY = "noria.model"
VERSION: Literal[1] = 1
MOST_BYTES = 64_000_000
Text = Annotated[str, Field(max_length=400)]


class _Card(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Input(_Card):
    """One column of the graph's input: its range where it was measured, and what it is in a deployment.

    ``words`` are given as their place among them.
    """

    name: Text
    role: Role
    least: float
    most: float
    words: tuple[Text, ...] = Field(default=(), max_length=1000)


class Errors(_Card):
    """Mean absolute percentage errors on rows that the model had not seen: inside of what was measured, and beyond.

    ``tested`` is that of the rows that were asked to be held out of everything, the choice of the family among it.
    """

    inside: float | None = None
    beyond: float | None = None
    tested: float | None = None
    tested_on: Text = ""


class Bounds(_Card):
    """The prediction interval: ``lower`` and ``upper`` are shares of the prediction; ``level`` holds inside."""

    level: float = Field(ge=0, le=1)
    lower: float
    upper: float
    lower_beyond: float
    upper_beyond: float


class Tried(_Card):
    """A family that was compared."""

    family: Text
    inside: float | None = None
    beyond: float | None = None
    tests: int = 0
    reason: Text = ""


class Card(_Card):
    """What a model is, what it was fitted to, and how far it can be trusted."""

    version: Literal[1] = VERSION
    component: Text
    partition: Text
    resource: Text
    family: Text
    facts: Mapping[Text, float] = Field(default_factory=dict)
    inputs: tuple[Input, ...] = Field(min_length=1, max_length=1000)
    target: Text
    unit: Literal["seconds"] = "seconds"
    rows: int = Field(ge=1)
    mean_seconds: float = Field(gt=0)
    errors: Errors
    interval: Bounds
    data: Text = Field(description="SHA-256 of the inputs' names, the inputs and the seconds.")
    source: Text
    tried: tuple[Tried, ...] = Field(default=(), max_length=1000)
    warnings: tuple[Text, ...] = Field(default=(), max_length=100)
