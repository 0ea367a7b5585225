"""``application_dag.yaml``: the components of an application, what follows what, and how likely.

The same format describes the application as a person draws it and, below ``aisprint/deployments/<name>/``, one
deployment of it, whose components are then the partitions. Unlike upstream's it may have several starts.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated

from pydantic import Field

from functions.continuum.graph import cycle, ordered
from functions.continuum.model import (
    Fault,
    Model,
    Name,
    Probability,
    none_is_empty,
    none_is_no_names,
    unknown,
)
from functions.continuum.reading import read

Dependency = tuple[Name, Name, Probability]
"""A component, one that follows it, and the probability that a request goes on there."""


class Dag(Model):
    """An application's components and their order."""

    name: Name = Field(description="Of the application.")
    components: Annotated[tuple[Name, ...], Field(min_length=1, max_length=1000, description="Their names.")]
    alternative_components: Annotated[Mapping[Name, tuple[Name, ...]], none_is_no_names] = Field(
        default={}, description="Component -> others that do its work less well, for degraded performance."
    )
    dependencies: Annotated[tuple[Dependency, ...], none_is_empty, Field(max_length=100_000)] = Field(
        default=(), description="Triplets of a component, one that follows it, and the probability of that."
    )

    @property
    def following(self) -> dict[str, dict[str, float]]:
        """Component -> each that follows it -> probability; every component has an entry, in the file's order."""
        found: dict[str, dict[str, float]] = {name: {} for name in self.components}
        for source, target, probability in self.dependencies:
            found[source][target] = probability
        return found

    @property
    def starts(self) -> tuple[str, ...]:
        """Components that none leads to: requests come in there."""
        reached = {target for _, target, _ in self.dependencies}
        return tuple(name for name in self.components if name not in reached)

    @property
    def ordered(self) -> tuple[str, ...]:
        """All components, each after all that lead to it, else in the file's order."""
        return tuple(ordered(self.following))

    def faults(self) -> Iterator[Fault]:
        """Give names that do not fit, what is said twice, and cycles."""
        yield from self._twice()
        names = frozenset(self.components)
        wrong = False
        for index, (source, target, _) in enumerate(self.dependencies):
            for end, word in enumerate((source, target)):
                if word not in names:
                    wrong = True
                    yield unknown(("dependencies", index, end), word, what="component", known=self.components)
        for word, others in self.alternative_components.items():
            if word not in names:
                yield unknown(("alternative_components", word), word, what="component", known=self.components)
            for other in sorted(names.intersection(others)):
                yield Fault(("alternative_components", word), f"has {other}, which is a component itself")
        if not wrong and (around := cycle(self.following, ordered(self.following))):
            yield Fault(("dependencies",), f"have a cycle: {' -> '.join(around)}; requests would never come to an end")

    def _twice(self) -> Iterator[Fault]:
        for index, name in enumerate(self.components):
            if name in self.components[:index]:
                yield Fault(("components", index), f"is {name}, a second time")
        seen: set[tuple[str, str]] = set()
        for index, (source, target, _) in enumerate(self.dependencies):
            if (source, target) in seen:
                yield Fault(("dependencies", index), f"is {source} -> {target}, a second time")
            seen.add((source, target))

    def doubts(self) -> Iterator[Fault]:
        """Give components that nothing joins to the others, and dependencies that no request takes."""
        joined = {name for source, target, _ in self.dependencies for name in (source, target)}
        for index, name in enumerate(self.components):
            if len(self.components) > 1 and name not in joined:
                yield Fault(("components", index), f"is {name}, which no dependency joins to the others")
        for index, (source, target, probability) in enumerate(self.dependencies):
            if not probability:
                yield Fault(("dependencies", index), f"never lets a request pass from {source} to {target}")


def read_dag(given: Path | str, *, source: str | None = None, warnings: list[str] | None = None) -> Dag:
    """Read an ``application_dag.yaml``; see ``reading.read``.

    Raises:
        Rejected: It cannot be used; components that form a cycle are named.
    """
    return read(given, Dag, source=source, warnings=warnings, inside="System")
