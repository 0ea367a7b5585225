"""What is different between two deployments: by component, and by resource.

The cases are those that SPACE4AI-R's runtime manager tells apart (templates/case-A to case-F of
ai-sprint-eu-project/space4ai-r-runtime-manager @82c646d): components that come or go, that run in other partitions,
that run elsewhere; and resources that get more or fewer nodes.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, TypeAlias

from functions.placement.system import Placement

Case: TypeAlias = Literal["add", "drop", "deployment", "move", "provision", "release", "scale"]

_SENTENCES: dict[Case, str] = {
    "add": "{name} is added as {new}",
    "drop": "{name}, which ran as {old}, is dropped",
    "deployment": "{name} runs as {new} instead of {old}",
    "move": "{name} moves from {old} to {new}",
    "provision": "{name} is provisioned with {new} nodes",
    "release": "{name} is released with its {old} nodes",
    "scale": "{name} has {new} nodes instead of {old}",
}


@dataclass(frozen=True)
class Change:
    """One difference.

    Attributes:
        name: A component; ``component/partition`` of a move; a resource of the last three cases.
        old, new: Deployments of ``add``, ``drop`` and ``deployment``; resources of ``move``; else numbers of nodes.
    """

    case: Case
    name: str
    old: str = ""
    new: str = ""

    def __str__(self) -> str:
        return _SENTENCES[self.case].format(name=self.name, old=self.old, new=self.new)


def difference(old: Placement, new: Placement) -> tuple[Change, ...]:
    """Give all that is different: components by name, then resources by name."""
    return (*_components(old, new), *_resources(old, new))


def _components(old: Placement, new: Placement) -> Iterator[Change]:
    for name in sorted({*old.deployments, *new.deployments}):
        before, after = old.deployments.get(name), new.deployments.get(name)
        if before is None or after is None:
            yield Change("drop", name, old=str(before)) if after is None else Change("add", name, new=after)
        elif before != after:
            yield Change("deployment", name, before, after)
        else:
            yield from _moves(name, old, new)


def _moves(name: str, old: Placement, new: Placement) -> Iterator[Change]:
    for part in sorted({*old.resources, *new.resources}):
        before, after = old.resources.get(part), new.resources.get(part)
        if part[0] == name and before and after and before != after:
            yield Change("move", f"{name}/{part[1]}", before, after)


def _resources(old: Placement, new: Placement) -> Iterator[Change]:
    for name in sorted({*old.nodes, *new.nodes}):
        before, after = old.nodes.get(name, 0), new.nodes.get(name, 0)
        if before == after:
            continue
        case: Case = "scale" if before and after else "release" if before else "provision"
        yield Change(case, name, str(before or ""), str(after or ""))
