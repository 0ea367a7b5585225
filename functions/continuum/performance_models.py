"""``performance_models.json``: how long a request takes, by component, partition and resource.

Kinds and fields are SPACE4AI-D's. Demands and times are seconds. A ``regressor_file`` is only a name here: a pickle is
never opened, since loading one runs whatever its author liked.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from functions.continuum.deployments import part_of
from functions.continuum.designs import BASE
from functions.continuum.model import Fault, Model, Name, Positive, Root, within
from functions.continuum.reading import read
from functions.continuum.writing import json_text
from functions.documents.document import Place

Kind = Literal["QTedge", "QTcloud", "PACSLTK", "MLLIBfaas", "CoreBasedPredictor", "LambdaBasedPredictor"]
Regressor = Annotated[str, StringConstraints(min_length=1, max_length=4096, pattern=r"^[^\x00-\x1f]+$")]

QUEUES = ("QTedge", "QTcloud")
FUNCTIONS = ("PACSLTK", "MLLIBfaas")
"""Kinds of models that are meant for a function as a service; all others for nodes."""

_NEEDS: dict[str, tuple[str, ...]] = {
    "QTedge": ("demand",),
    "QTcloud": ("demand",),
    "PACSLTK": ("demandWarm", "demandCold"),
    "MLLIBfaas": ("regressor_file",),
    "CoreBasedPredictor": ("regressor_file",),
    "LambdaBasedPredictor": ("regressor_file",),
}
_MAY_HAVE: dict[str, tuple[str, ...]] = {
    "MLLIBfaas": ("meanTime", "demandWarm", "demandCold"),
    "CoreBasedPredictor": ("meanTime", "demand"),
    "LambdaBasedPredictor": ("meanTime", "demand"),
}


class PerformanceModel(Model):
    """How long one partition takes on one resource."""

    model: Kind
    demand: Positive | None = Field(default=None, description="Seconds of a node that a request takes alone.")
    demand_warm: Positive | None = Field(
        default=None, alias="demandWarm", description="Seconds on an instance that runs."
    )
    demand_cold: Positive | None = Field(
        default=None, alias="demandCold", description="Seconds of a request that waits for a new instance."
    )
    regressor_file: Regressor | None = Field(default=None, description="File of the fitted model.")
    mean_time: Positive | None = Field(
        default=None, alias="meanTime", description="Seconds that stand for the model where it is not asked."
    )

    def faults(self) -> Iterator[Fault]:
        """Give what a model of this kind lacks, or does not have."""
        fields = type(self).model_fields.items()
        given = {field.alias or name for name, field in fields if getattr(self, name) is not None} - {"model"}
        needed = _NEEDS[self.model]
        known = (*needed, *_MAY_HAVE.get(self.model, ()))
        for name in needed:
            if name not in given:
                yield Fault((name,), f"is missing: a model of the kind {self.model} needs it")
        for name in sorted(given - set(known)):
            yield Fault((name,), f"is nothing that {self.model} has; it takes {', '.join(known)}")
        if self.demand_warm is not None and self.demand_cold is not None and self.demand_cold < self.demand_warm:
            yield Fault(("demandCold",), f"is {self.demand_cold} s, less than demandWarm ({self.demand_warm} s)")

    @property
    def is_pickle(self) -> bool:
        """Whether the fitted model is in a form that cannot be opened safely."""
        return (self.regressor_file or "").lower().endswith((".pickle", ".pkl", ".joblib", ".sav"))


Models = dict[Name, Annotated[dict[Name, PerformanceModel], Field(min_length=1, max_length=10_000)]]


class PerformanceModels(Root[dict[Name, Annotated[Models, Field(min_length=1, max_length=10_000)]]]):
    """The whole file: component -> partition -> resource -> model; a component that is not cut is its own partition."""

    def models(self) -> Iterator[tuple[Place, PerformanceModel]]:
        """Give each model after its component, partition and resource."""
        for component, partitions in self.root.items():
            for partition, resources in partitions.items():
                for resource, model in resources.items():
                    yield (component, partition, resource), model

    def faults(self) -> Iterator[Fault]:
        """Give models that lack something, or have what their kind has not."""
        for place, model in self.models():
            yield from within(place, model.faults())

    def doubts(self) -> Iterator[Fault]:
        """Give models that are not opened."""
        for place, model in self.models():
            if model.is_pickle:
                yield Fault(
                    (*place, "regressor_file"), "is a pickle, which is not opened: loading one can run anything"
                )


def full_name(component: str, partition: str) -> str:
    """Give a partition's whole name; the file may have ``base`` for the component and ``partition1_1``, too."""
    if partition in (component, BASE):
        return component
    return partition if part_of(partition) else f"{component}_{partition}"


def read_performance_models(
    given: Path | str, *, source: str | None = None, warnings: list[str] | None = None
) -> PerformanceModels:
    """Read a ``performance_models.json``; see ``reading.read``.

    Raises:
        Rejected: It cannot be used.
    """
    return read(given, PerformanceModels, source=source, warnings=warnings)


def write_performance_models(models: PerformanceModels) -> str:
    """Give the text of a ``performance_models.json``."""
    return json_text(models)
