"""``<name>.partition.yaml``: what a person asks about a network that may run in parts."""

from collections.abc import Iterator
from math import prod
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from functions.continuum.model import Count, Fault, Flag, Model, Name, NotNegative, Number, Positive, Probability, Text
from functions.partitioning.exits import Exit

ENDINGS = (".partition.yaml", ".partition.yml")
LARGEST_SIDE = 1 << 16
HEAVIEST = 1 << 28
"""Numbers in one tensor of a network that is measured; a picture of 4096 x 4096 in 16 channels."""


def _as_text(given: Any) -> Any:  # noqa: ANN401 - what a file has
    # Exporters number tensors: 266 in YAML is a number, and is meant as the name.
    return str(given) if isinstance(given, int) and not isinstance(given, bool) else given


Tensor = Annotated[Text, Field(min_length=1), BeforeValidator(_as_text)]
Side = Annotated[Count, Field(le=LARGEST_SIDE)]
Speed = Annotated[Positive, Field(le=1e6, ge=1e-6)]


class Condition(Model):
    """When an exit is taken: a measure of its result is at least, or at most, a number.

    Of a result (N, classes), which has probabilities, each sample has a measure: ``greatest`` of them, ``margin`` of
    the greatest above the next, or ``entropy`` in nats. The exit is taken if all samples of a request agree.
    """

    result: Tensor | None = Field(default=None, description="Which of the exit's results; the first by default.")
    measure: Literal["greatest", "margin", "entropy"] = Field(default="greatest", description="Of the result.")
    at_least: Number | None = Field(default=None, description="The exit is taken from here on.")
    at_most: Number | None = Field(default=None, description="The exit is taken up to here.")

    def faults(self) -> Iterator[Fault]:
        """Refuse a condition without a bound, or with two."""
        if (self.at_least is None) == (self.at_most is None):
            yield Fault((), "takes one of at_least and at_most")


class AskedExit(Model):
    """A place where the network may answer before its last layer."""

    name: Name = Field(description="What to call it.")
    tensors: Annotated[tuple[Tensor, ...], Field(min_length=1, max_length=100)] = Field(
        description="What goes on if it is not taken."
    )
    results: Annotated[tuple[Tensor, ...], Field(min_length=1, max_length=100)] = Field(
        description="What it answers with if it is."
    )
    condition: Condition = Field(description="When it is taken.")
    probability: Probability | None = Field(default=None, description="Share of requests that take it, of those there.")

    def faults(self) -> Iterator[Fault]:
        """Refuse a condition on what the exit does not give."""
        for fault in self.condition.faults():
            yield Fault(("condition", *fault.place), fault.sentence)
        result = self.condition.result
        if result is not None and result not in self.results:
            yield Fault(("condition", "result"), f"is {result!r}, which is none of the exit's results")

    @property
    def exit(self) -> Exit:
        """Give it without its condition."""
        return Exit(self.name, self.tensors, self.results)


class Request(Model):
    """The whole file; every field may be left out."""

    inputs: Annotated[dict[Tensor, Annotated[tuple[Side, ...], Field(max_length=8)]], Field(max_length=100)] = Field(
        default={}, description="Sizes of inputs, where the file leaves them open or has others."
    )
    cut: Annotated[tuple[Tensor, ...], Field(max_length=100)] = Field(
        default=(), description="Tensors whose halves are written; by default the best ones."
    )
    partitions: Annotated[int, Field(strict=True, ge=0, le=100)] = Field(
        default=1, description="How many pairs of halves are written where cut names none."
    )
    by: Literal["time", "size"] = Field(
        default="time", description="What makes a cut the best: seconds of a request, or the tensor's size."
    )
    bandwidth: Positive | None = Field(default=None, description="kbit/s between the two machines.")
    delay: Annotated[NotNegative, Field(le=3600)] | None = Field(
        default=None, description="Seconds until the first bit is there."
    )
    first_speed: Speed | None = Field(default=None, description="How many times as fast as here the first machine is.")
    second_speed: Speed | None = Field(default=None, description="The same of the second machine.")
    input_bytes: Count | None = Field(
        default=None, description="Bytes of a request as it begins, such as a JPEG's; by default the network's inputs."
    )
    seconds: Positive | None = Field(
        default=None, description="CPU seconds of the whole network here, where it is not measured."
    )
    measure: Flag = Field(default=False, description="Run the network and its halves to measure them.")
    rounds: Annotated[Count, Field(le=1000)] = Field(default=5, description="Runs of which the median counts.")
    exits: Annotated[tuple[AskedExit, ...], Field(max_length=20)] = Field(
        default=(), description="Where it may answer early, in order; there is one part more than exits."
    )

    def faults(self) -> Iterator[Fault]:
        """Refuse exits of one name, inputs beyond all pictures, and what contradicts itself."""
        for name, sizes in self.inputs.items():
            if prod(sizes) > HEAVIEST:
                yield Fault(("inputs", name), f"has {prod(sizes):,} numbers, more than {HEAVIEST:,}")
        names = [each.name for each in self.exits]
        for place, each in enumerate(self.exits):
            for fault in each.faults():
                yield Fault(("exits", place, *fault.place), fault.sentence)
            if each.name in names[:place]:
                yield Fault(("exits", place, "name"), f"is {each.name!r}, as an exit before it is")
        for place, name in enumerate(self.cut):
            if name in self.cut[:place]:
                yield Fault(("cut", place), f"is {name!r} again")
        if self.measure and self.seconds is not None:
            yield Fault(("seconds",), "is for networks that are not measured, and measure is true")
