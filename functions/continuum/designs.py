"""``component_partitions.yaml`` and ``containers.yaml``: the ways in which components were cut, and images built."""

from collections.abc import Iterator, Mapping
from pathlib import Path

from pydantic import Field

from functions.continuum.model import Fault, Model, Name, Text
from functions.continuum.reading import read

BASE = "base"
"""The design of a component that is not cut."""


class ComponentPartitions(Model):
    """The designs of one component: ``base`` and, of each cut, all its parts."""

    partitions: tuple[Name, ...] = Field(min_length=1, max_length=1000, description="base, partition1_1, and so on.")

    @property
    def cuts(self) -> Mapping[str, tuple[str, ...]]:
        """A cut, such as ``partition1``, -> its parts in their order; without ``base``."""
        found: dict[str, list[str]] = {}
        for name in self.partitions:
            if name != BASE:
                found.setdefault(name.rpartition("_")[0], []).append(name)
        return {cut: tuple(sorted(parts, key=_half)) for cut, parts in sorted(found.items())}


class Partitions(Model):
    """The designs of every component."""

    components: Mapping[Name, ComponentPartitions]

    def faults(self) -> Iterator[Fault]:
        """Give names that are no designs, and cuts that lack a part."""
        for key, component in self.components.items():
            place = ("components", key, "partitions")
            wrong = [
                (index, name) for index, name in enumerate(component.partitions) if name != BASE and not _half(name)
            ]
            for index, name in wrong:
                yield Fault((*place, index), f"is {name[:60]!r}, neither base nor such as partition1_2")
            for index, name in enumerate(component.partitions):
                if name in component.partitions[:index]:
                    yield Fault((*place, index), f"is {name}, a second time")
            if not wrong:
                for cut, parts in component.cuts.items():
                    if [_half(part) for part in parts] != list(range(1, len(parts) + 1)) or len(parts) < 2:
                        yield Fault(place, f"have of {cut} only {', '.join(parts)}; a cut has parts 1, 2 and so on")


class Images(Model):
    """The images of one component."""

    docker_images: tuple[Text, ...] = Field(max_length=1000)


class Containers(Model):
    """The images of every component."""

    components: Mapping[Name, Images]


def read_partitions(given: Path | str, *, source: str | None = None, warnings: list[str] | None = None) -> Partitions:
    """Read a ``component_partitions.yaml``; see ``reading.read``.

    Raises:
        Rejected: It cannot be used.
    """
    return read(given, Partitions, source=source, warnings=warnings)


def read_containers(given: Path | str, *, source: str | None = None, warnings: list[str] | None = None) -> Containers:
    """Read a ``containers.yaml``; see ``reading.read``.

    Raises:
        Rejected: It cannot be used.
    """
    return read(given, Containers, source=source, warnings=warnings)


def _half(name: str) -> int:
    """Give which part of its cut this is, from 1; 0 where the name is no cut's."""
    cut, _, half = name.rpartition("_")
    number = cut.removeprefix("partition")
    right = cut != number and number.isdecimal() and half.isdecimal() and name.isascii() and len(half) < 5
    return int(half) if right else 0
