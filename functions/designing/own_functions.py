"""noria's own functions as components: what a pipeline of noria's says of the folders that one reads and writes."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import fdl
from functions.runtime.function import names
from functions.runtime.publication import FAILURE_SUFFIX

PLACES = ("NORIA_READS", "NORIA_LISTS")
"""Variables that name folders."""


@dataclass(frozen=True)
class Shipped:
    """A service of a pipeline that comes with noria.

    Attributes:
        watched: The folders that it reads.
        main: The folder whose objects go on to what follows; ``others`` are its other results.
        variables: What the worker is told; settings of the function are its pipeline's own.
    """

    name: str
    watched: tuple[str, ...]
    main: fdl.OutputPath
    others: tuple[fdl.OutputPath, ...]
    variables: dict[str, str]


def is_own(component: str) -> bool:
    """Tell whether a component has the name of a function of noria's."""
    return component.replace("-", "_") in names()


def shipped(component: str) -> Shipped | None:
    """Give what noria's own pipelines say of the function; None where none has it."""
    return _all().get(component.replace("_", "-"))


@cache
def _all() -> dict[str, Shipped]:
    """Read noria's own pipelines; of several that have a function the one with the shortest name counts."""
    files = sorted(Path(next(iter(fdl.__path__))).glob("*.yaml"), key=lambda file: (len(file.name), file.name))
    found: dict[str, Shipped] = {}
    for file in files:
        for each in _services(file):
            found.setdefault(each.name, each)
    return found


def _services(file: Path) -> Iterator[Shipped]:
    for service in fdl.load(file).services:
        outputs = tuple(each for each in service.outputs if FAILURE_SUFFIX not in each.suffixes)
        if service.platform == "oscar" and outputs and "NORIA_FUNCTION" not in service.environment:
            watched = tuple(each.path for each in service.inputs)
            told = {name: value for name, value in service.environment.items() if name.startswith("NORIA_")}
            yield Shipped(service.name, watched, outputs[0], outputs[1:], told)
