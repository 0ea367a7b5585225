"""What a section of the report has found: figures, those of them that have a floor, tables and pictures."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Literal

Rule = Literal["at least", "at most"]


@dataclass(frozen=True)
class Floor:
    """One figure and how good it must be.

    Attributes:
        name: What was measured, as words.
        value: The figure; None if it could not be measured here.
        rule: On which side of the bound it must be.
        unit: Behind both, such as `` %``.
        source: Who asked for it.
    """

    name: str
    value: float | None
    rule: Rule
    bound: float
    unit: str = ""
    source: str = ""

    @property
    def verdict(self) -> Literal["met", "missed", "not judged"]:
        """Whether it is reached; what is not a number is not."""
        if self.value is None:
            return "not judged"
        if math.isnan(self.value):
            return "missed"
        reached = self.value >= self.bound if self.rule == "at least" else self.value <= self.bound
        return "met" if reached else "missed"

    def cells(self) -> tuple[str, str, str, str]:
        """Give name, value, bound and verdict as text."""
        value = "-" if self.value is None else f"{self.value:.4g}{self.unit}"
        return self.name, value, f"{self.rule} {self.bound:g}{self.unit}", self.verdict


@dataclass(frozen=True)
class Figures:
    """A table of figures; columns whose names end in a blank hold numbers."""

    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[object]]


@dataclass(frozen=True)
class Shown:
    """A picture of the page: PNG or SVG bytes, and what is to be seen."""

    caption: str
    data: bytes

    @property
    def kind(self) -> str:
        """Its media type."""
        return "image/png" if self.data.startswith(b"\x89PNG") else "image/svg+xml"


@dataclass(frozen=True)
class Findings:
    """One section.

    Attributes:
        said: Sentences: how it was measured, and what it does not tell.
        document: All figures, as JSON has them.
    """

    name: str
    title: str
    said: Sequence[str] = ()
    floors: Sequence[Floor] = ()
    figures: Sequence[Figures] = ()
    pictures: Sequence[Shown] = ()
    document: Mapping[str, object] = field(default_factory=dict)

    @property
    def missed(self) -> list[Floor]:
        """Floors that were not reached."""
        return [each for each in self.floors if each.verdict == "missed"]

    @property
    def unjudged(self) -> list[Floor]:
        """Floors that could not be judged here."""
        return [each for each in self.floors if each.verdict == "not judged"]

    def as_json(self) -> dict[str, object]:
        """Give everything but the pictures."""
        floors = [{**asdict(each), "verdict": each.verdict} for each in self.floors]
        return {"title": self.title, "said": list(self.said), "floors": floors, **self.document}
