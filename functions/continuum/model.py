"""What every file of an application is made of: closed, frozen models that say themselves what is wrong with them.

A field has the name that Python likes (``access_delay``) and as alias the name that the file has (``AccessDelay``).
Only the alias is read from a file; in Python both can be used.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Generic, TypeVar

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    RootModel,
    StringConstraints,
)

from functions.documents.document import Place
from functions.runtime.settings import nearest

LEAST = 1e-12
"""Of times, sizes, loads and rates."""


def _short(number: float) -> float:
    # 4096 of a file is to be 4096 again, not 4096.0, which upstream would make "4096.0 MB".
    return int(number) if number.is_integer() and abs(number) <= 2**53 else number


_LAYOUT = str.maketrans("\n\r\t", "   ")


def _seen(text: str) -> str:
    _seen_on_one_line(text.translate(_LAYOUT))
    return text


def _seen_on_one_line(text: str) -> str:
    # In a terminal the others would move the cursor; in a name nobody could tell what is there.
    if not text.isprintable():
        hidden = next(character for character in text if not character.isprintable())
        raise ValueError(f"it has the character U+{ord(hidden):04X}, which cannot be seen")
    return text


def _meant(number: float) -> float:
    if number < LEAST:
        raise ValueError(f"{number:g} is too small to be meant")
    return number


Whole = Annotated[int, Field(strict=True, ge=-(2**53), le=2**53)]
Count = Annotated[Whole, Field(ge=1)]
NodeCount = Annotated[Whole, Field(ge=1, le=100_000)]
"""Machines of one type; what is worked out for each number of them has to end in time."""
Number = Annotated[
    float, Field(strict=True, allow_inf_nan=False), PlainSerializer(_short, return_type=int | float, when_used="json")
]
NotNegative = Annotated[Number, Field(ge=0, le=1e15)]
Positive = Annotated[Number, Field(gt=0, le=1e15), AfterValidator(_meant)]
"""No time, size, load or cost that anybody means is beyond these, and what is worked out from them stays a number."""
Probability = Annotated[Number, Field(ge=0, le=1)]
Flag = Annotated[bool, Field(strict=True)]
Text = Annotated[str, StringConstraints(strict=True, max_length=10_000), AfterValidator(_seen)]
Name = Annotated[str, StringConstraints(strict=True, min_length=1, max_length=200), AfterValidator(_seen_on_one_line)]

none_is_empty = BeforeValidator(lambda given: () if given is None else given)
"""For lists that upstream's templates leave empty: ``dependencies:`` with nothing behind it."""
none_is_no_names = BeforeValidator(lambda given: {} if given is None else given)
"""The same for mappings."""


@dataclass(frozen=True)
class Fault:
    """Something that is wrong or doubtful: ``place`` in the file's own words, and a sentence without it."""

    place: Place
    sentence: str


class Model(BaseModel):
    """Base of everything that a file has in it."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", allow_inf_nan=False, validate_by_name=True, validate_by_alias=True
    )

    def faults(self) -> Iterator[Fault]:
        """Give what is wrong with fields that are right by themselves; the reader of a file asks its outermost one."""
        yield from ()

    def doubts(self) -> Iterator[Fault]:
        """Give what may be read, but is likely not what was meant."""
        yield from ()

    def plain(self) -> dict[str, Any]:
        """Give the fields that were given, under the file's names, as plain values that JSON and YAML know."""
        return self.model_dump(mode="json", by_alias=True, exclude_unset=True)


Content = TypeVar("Content")


class Root(RootModel[Content], Generic[Content]):
    """A file whose outermost names are free: ``root`` has them."""

    model_config = ConfigDict(frozen=True, allow_inf_nan=False)

    def faults(self) -> Iterator[Fault]:
        """Give what is wrong with fields that are right by themselves; the reader of a file asks its outermost one."""
        yield from ()

    def doubts(self) -> Iterator[Fault]:
        """Give what may be read, but is likely not what was meant."""
        yield from ()

    def plain(self) -> dict[str, Any]:
        """Give the content under the file's names, as plain values that JSON and YAML know."""
        content: dict[str, Any] = self.model_dump(mode="json", by_alias=True, exclude_unset=True)
        return content


def unknown(place: Place, word: str, *, what: str, known: Mapping[str, object] | tuple[str, ...]) -> Fault:
    """Give the fault of a name that nothing has, with the nearest one that something has."""
    close = nearest(word[:60], known) or (f"; there are {', '.join(list(known)[:5])}" if known else "")
    return Fault(place, f"is {word[:60]!r}, which is no {what}{close}")


def within(place: Place, faults: Iterable[Fault]) -> Iterator[Fault]:
    """Give the faults of a part of a file with their places in the whole, ``place`` being where the part stands."""
    for fault in faults:
        yield Fault((*place, *fault.place), fault.sentence)
