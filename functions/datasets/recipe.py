"""How a definition asks for the training: the parts of it that are not about the data."""

from collections.abc import Mapping
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from functions.datasets import vocabulary
from functions.runtime.settings import nearest

Whole = Annotated[int, Field(strict=True)]
Number = Annotated[float, Field(strict=True, allow_inf_nan=False)]
Share = Annotated[Number, Field(ge=0, lt=1)]
Positive = Annotated[Number, Field(gt=0)]


class Part(BaseModel):
    """Base of every part: frozen, and closed to fields that there are not."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Split(Part):
    """Which rows are trained on, which only watched, which kept for the end."""

    validation: Share = Field(default=0.2, description="Share of the rows that is watched after each epoch.")
    test: Share = Field(default=0.0, description="Share of the rows that is measured once, at the end.")
    shuffle: bool = Field(default=True, description="Part the rows in an order drawn by the seed, not as they come.")
    stratify: bool = Field(default=False, description="Give each part the same shares of each class.")


class Optimizer(Part):
    """An optimizer and those of its settings that are not Keras's defaults."""

    name: Annotated[str, AfterValidator(vocabulary.optimizer)] = Field(
        default="adam", json_schema_extra={"enum": list(vocabulary.OPTIMIZERS)}
    )
    learning_rate: Annotated[Positive, Field(le=100)] | None = None
    momentum: Share | None = Field(default=None, description="Of sgd and rmsprop.")
    nesterov: bool | None = Field(default=None, description="Of sgd.")
    beta_1: Share | None = Field(default=None, description="Of the adam family.")
    beta_2: Share | None = Field(default=None, description="Of the adam family.")
    rho: Share | None = Field(default=None, description="Of rmsprop and adadelta.")
    epsilon: Annotated[Positive, Field(le=1)] | None = None
    weight_decay: Annotated[Number, Field(ge=0, le=10)] | None = Field(default=None, description="Of adamw.")
    amsgrad: bool | None = Field(default=None, description="Of adam and adamw.")
    centered: bool | None = Field(default=None, description="Of rmsprop.")

    def settings(self) -> Mapping[str, float | bool]:
        """Every setting of this optimizer, with Keras's default where the definition is silent."""
        usual = vocabulary.OPTIMIZERS[self.name]
        return {name: value if (given := getattr(self, name)) is None else given for name, value in usual.items()}


def _monitored(given: str) -> str:
    start = "val_" if given.startswith("val_") else ""
    number = given.removeprefix(start)
    try:
        return start + (number if number == "loss" else vocabulary.metric(number))
    except ValueError as error:
        known = [f"{part}{name}" for part in ("val_", "") for name in ("loss", *vocabulary.METRICS)]
        close = nearest(given[:60], known) or f"; there are {', '.join(known)}"
        raise ValueError(f"{given[:60]!r} is nothing that is measured{close}") from error


class EarlyStopping(Part):
    """End the training when a number has not become better for some epochs."""

    monitor: Annotated[str, AfterValidator(_monitored)] = Field(
        default="val_loss", description="loss, a metric, or one of these after val_."
    )
    patience: Annotated[Whole, Field(ge=1, le=100_000)] = Field(description="Epochs without getting better.")
    min_delta: Annotated[Number, Field(ge=0)] = Field(default=0.0, description="Less than this is no better.")
    restore_best: bool = Field(default=True, description="Give the weights of the best epoch, not of the last.")

    @property
    def watches_validation(self) -> bool:
        """Whether the number comes from the validation part."""
        return self.monitor.startswith("val_")

    @property
    def number(self) -> str:
        """``loss`` or the metric, without ``val_``."""
        return self.monitor.removeprefix("val_")

    @property
    def wants_more(self) -> bool:
        """Whether a greater number is a better one."""
        return self.number in vocabulary.GROWING


class About(Part):
    """What the bill of materials says of the data set, as its owner says it."""

    name: str | None = Field(default=None, min_length=1, max_length=200)
    description: str | None = Field(default=None, max_length=4000)
    owner: str | None = Field(default=None, min_length=1, max_length=200, description="A person or organisation.")
    license: str | None = Field(
        default=None, max_length=100, pattern=r"^[A-Za-z0-9][A-Za-z0-9.+\- ()]*$", description="An SPDX expression."
    )
    source: str | None = Field(default=None, max_length=2000, description="Where it comes from, usually a URL.")
