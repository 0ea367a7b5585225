"""What a person, or an aMLLibrary file, wants fitted: of all fields the table itself gives what is not said."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from functions.modelling.choosing import Purpose
from functions.modelling.families import Family


@dataclass(frozen=True)
class Validation:
    """How a model is tested that the measurements were chosen for: on rows that are never fitted before.

    Attributes:
        share: Of rows that are held out at random.
        above: Column -> bound above which rows are held out.
        values: Column -> values, or each so-manyth value, whose rows are.
        runs: How often, with other random rows each time.
    """

    share: float = 0.0
    above: Mapping[str, float] = field(default_factory=dict)
    values: Mapping[str, Sequence[float] | int] = field(default_factory=dict)
    runs: int = 1

    def __bool__(self) -> bool:
        return bool(self.share or self.above or self.values)


@dataclass(frozen=True)
class Preparation:
    """Features beside the columns themselves, as aMLLibrary's DataPreparation has them; ``["*"]`` is all columns.

    Attributes:
        products: The highest degree of products; 1 for none, 0 for the highest that is possible.
        interactions_only: Whether no power of a lone column is among the products.
        selected: Products by their columns' names, such as ``x1 x1 x3``.
        most: Features that linear techniques select; 0 for all.
    """

    inverse: tuple[str, ...] = ()
    log: tuple[str, ...] = ()
    ernest: bool = False
    products: int = 1
    interactions_only: bool = False
    selected: tuple[tuple[str, ...], ...] = ()
    most: int = 0


@dataclass(frozen=True)
class Technique:
    """One of aMLLibrary's techniques with the values to try of each of its settings, by our names for them."""

    name: str
    settings: Mapping[str, Sequence[object]]


@dataclass(frozen=True)
class Request:
    """What is to be fitted.

    Attributes:
        target: Column to predict, and ``unit`` the seconds of one of it; both are guessed by names.
        use, skip: Columns that are inputs, or are not; by default all that do not look like something else.
        skip_above: Column -> value above which rows are left out; ``rename``: old name -> new name.
        purpose: What the choice is for.
        techniques: Those of aMLLibrary to choose among instead of the automatic families, on ``preparation``.
        busy: Column with the seconds that a request took without its wait, if any; it is no input.
        component, partition, resource: What the table is of, where it has no columns that say so.
        families: Families to choose among instead; for tests.
    """

    target: str = ""
    unit: float | None = None
    use: tuple[str, ...] = ()
    skip: tuple[str, ...] = ()
    skip_above: Mapping[str, float] = field(default_factory=dict)
    rename: Mapping[str, str] = field(default_factory=dict)
    purpose: Purpose = "both"
    validation: Validation = field(default_factory=Validation)
    preparation: Preparation = field(default_factory=Preparation)
    techniques: tuple[Technique, ...] = ()
    busy: str = ""
    component: str = ""
    partition: str = ""
    resource: str = ""
    families: tuple[Family, ...] = ()
    warnings: tuple[str, ...] = ()
