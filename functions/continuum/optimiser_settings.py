"""``SPACE4AI-D.yaml``: which layers are edge, cloud and functions, and which methods look for a placement.

Methods go by all the names that SPACE4AI-D knows them by. Durations are seconds, loads requests a second, the horizon
``Time`` is hours. The guide's ``temperature`` and the code's ``tempBegin`` are the same.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Literal, get_args

from pydantic import AliasChoices, BeforeValidator, Field

from functions.continuum.model import (
    Count,
    Fault,
    Model,
    Name,
    NotNegative,
    Number,
    Positive,
    Probability,
    Whole,
    within,
)
from functions.continuum.reading import read
from functions.continuum.writing import yaml_text

MethodName = Literal[
    "RandomGreedy", "LocalSearch", "TabuSearch", "SimulatedAnnealing", "GeneticAlgorithm", "BinarySearch"
]
NO_SCORE = ("nall", "null", "None", "-")
"""What stands for no score at which to stop; the first is in all of upstream's examples."""
HEURISTICS = ("LocalSearch", "TabuSearch", "SimulatedAnnealing", "GeneticAlgorithm")
"""Methods that start from placements that RandomGreedy found."""

ALIASES: Mapping[str, MethodName] = {
    spelling: name
    for short, name in zip(("RG", "LS", "TS", "SA", "GA", "BS"), get_args(MethodName), strict=True)
    for spelling in (short, name, name.lower(), "".join(f"_{c}" if c.isupper() else c for c in name).lower()[1:])
}
"""Every spelling of a method that SPACE4AI-D takes -> its name here."""

_SPECIAL: dict[str, dict[str, bool]] = {
    "LocalSearch": {"minScore": False},
    "TabuSearch": {"tabuSize": True, "minScore": False},
    "SimulatedAnnealing": {"temperature": True, "scheduleConstant": True, "schedule": False, "minEnergy": False},
    "GeneticAlgorithm": {"crossoverRate": True, "mutationRate": True, "minFitness": False},
}
_OF_METHOD: dict[str, tuple[str, ...]] = {
    "RandomGreedy": ("iterations", "duration"),
    "BinarySearch": ("upperBoundLambda", "epsilon"),
} | dict.fromkeys(HEURISTICS, ("iterations", "duration", "startingPointNumber", "specialParameters"))

Score = Annotated[Number | None, BeforeValidator(lambda given: None if given in NO_SCORE else given)]


def canonical(given: object) -> object:
    """Give the name of a method here for any spelling of it; what is none stays as it is."""
    if not isinstance(given, str):
        return given
    folded = given.replace(" ", "_")
    return ALIASES.get(folded, ALIASES.get(folded.lower(), given))


class SpecialParameters(Model):
    """What only some methods take."""

    tabu_size: Annotated[Count, Field(le=1_000_000)] | None = Field(
        default=None, alias="tabuSize", description="Moves that are not undone."
    )
    temperature: Positive | None = Field(
        default=None, validation_alias=AliasChoices("temperature", "tempBegin"), description="At the start."
    )
    schedule_constant: Annotated[Positive, Field(lt=1)] | None = Field(
        default=None, alias="scheduleConstant", description="How fast the temperature falls."
    )
    schedule: Literal["exponential", "linear"] | None = None
    crossover_rate: Probability | None = Field(default=None, alias="crossoverRate")
    mutation_rate: Probability | None = Field(default=None, alias="mutationRate")
    min_score: Score = Field(default=None, alias="minScore", description="Stop at this cost.")
    min_energy: Score = Field(default=None, alias="minEnergy", description="Stop at this cost.")
    min_fitness: Score = Field(default=None, alias="minFitness", description="Stop at this cost.")
    score: Score = Field(default=None, description="Not looked at.")


class Method(Model):
    """One method and its parameters."""

    name: Annotated[MethodName, BeforeValidator(canonical)]
    iterations: Annotated[Whole, Field(ge=0, le=10**9)] | None = None
    duration: NotNegative | None = Field(default=None, description="Seconds.")
    starting_points: Annotated[Count, Field(le=100_000)] | None = Field(
        default=None,
        alias="startingPointNumber",
        validation_alias=AliasChoices("startingPointNumber", "startingPointsNumber"),
        description="Placements of RandomGreedy to start from, the best ones.",
    )
    special_parameters: SpecialParameters | None = Field(default=None, alias="specialParameters")
    upper_bound: Positive | None = Field(
        default=None, alias="upperBoundLambda", description="Greatest load to look at, requests a second."
    )
    epsilon: Positive | None = Field(default=None, description="Requests a second between the two last loads.")

    def faults(self) -> Iterator[Fault]:
        """Give what the method lacks, or does not have."""
        takes = _OF_METHOD[self.name]
        for field in sorted(_given(self) - {"name", *takes}):
            yield Fault((field,), f"is nothing that {self.name} has; it takes {', '.join(takes)}")
        if self.name == "BinarySearch":
            yield from (
                Fault((field,), f"is missing: {self.name} needs it") for field in takes if field not in _given(self)
            )
            return
        if not (self.iterations or self.duration):
            yield Fault(("iterations",), f"or duration must be greater than 0: how long {self.name} looks")
        if self.name in HEURISTICS:
            yield from self._of_heuristic(_given(self.special_parameters or SpecialParameters()) - {"score"})

    def _of_heuristic(self, given: set[str]) -> Iterator[Fault]:
        if self.starting_points is None:
            yield Fault(("startingPointNumber",), f"is missing: {self.name} starts from so many placements")
        known = _SPECIAL[self.name]
        for field in sorted(given - set(known)):
            yield Fault(("specialParameters", field), f"is nothing that {self.name} has; it takes {', '.join(known)}")
        for field in [field for field, needed in known.items() if needed and field not in given]:
            yield Fault(("specialParameters", field), f"is missing: {self.name} needs it")

    @property
    def parameters(self) -> dict[str, float | str]:
        """What is special to the method, under the names of the attributes."""
        special = self.special_parameters or SpecialParameters()
        return {
            name: value
            for name in SpecialParameters.model_fields
            if name != "score" and (value := getattr(special, name)) is not None
        }


class OptimiserSettings(Model):
    """The whole file."""

    hours: Positive = Field(default=1.0, alias="Time", description="Hours whose cost is counted.")
    seed: Annotated[Whole, Field(ge=0, le=2**32 - 1)] = Field(default=1, alias="Seed")
    verbosity: Annotated[Whole, Field(ge=0, le=100)] = Field(default=0, alias="VerboseLevel")
    edge: tuple[Name, ...] = Field(default=(), alias="EdgeResources", description="Names of layers.")
    cloud: tuple[Name, ...] = Field(default=(), alias="CloudResources", description="Names of layers.")
    faas: tuple[Name, ...] = Field(default=(), alias="FaaSResources", description="Names of layers.")
    methods: Annotated[dict[Name, Method], Field(max_length=100)] = Field(default={}, alias="Methods")

    def faults(self) -> Iterator[Fault]:
        """Give layers that are of two kinds, and methods that do not go together."""
        seen: dict[str, str] = {}
        for field, layers in (
            ("EdgeResources", self.edge),
            ("CloudResources", self.cloud),
            ("FaaSResources", self.faas),
        ):
            for index, layer in enumerate(layers):
                if layer in seen:
                    yield Fault((field, index), f"is {layer}, which is in {seen[layer]} already")
                seen[layer] = field
        yield from self._crowd()

    def _crowd(self) -> Iterator[Fault]:
        kinds: dict[str, str] = {}
        for key, each in self.methods.items():
            yield from within(("Methods", key), each.faults())
            kind = "a heuristic" if each.name in HEURISTICS else each.name
            if kind in kinds:
                yield Fault(("Methods", key), f"is {kind}, as {kinds[kind]} is; one of them is taken")
            kinds[kind] = key
        if "a heuristic" in kinds and "RandomGreedy" not in kinds:
            yield Fault(("Methods",), "have no RandomGreedy, from whose placements the heuristic starts")

    def method(self, name: MethodName) -> Method | None:
        """Give the method of this name, if the file has it."""
        return next((each for each in self.methods.values() if each.name == name), None)

    @property
    def heuristic(self) -> Method | None:
        """The method that improves what RandomGreedy found, if there is one."""
        return next((each for each in self.methods.values() if each.name in HEURISTICS), None)


def _given(part: Model) -> set[str]:
    fields = type(part).model_fields
    return {fields[name].alias or name for name in part.model_fields_set if getattr(part, name) is not None}


def read_optimiser_settings(
    given: Path | str, *, source: str | None = None, warnings: list[str] | None = None
) -> OptimiserSettings:
    """Read a ``SPACE4AI-D.yaml``; see ``reading.read``.

    Raises:
        Rejected: It cannot be used.
    """
    return read(given, OptimiserSettings, source=source, warnings=warnings)


def write_optimiser_settings(settings: OptimiserSettings) -> str:
    """Give the text of a ``SPACE4AI-D.yaml``."""
    return yaml_text(settings)
