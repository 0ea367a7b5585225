"""The longest times of an application, for the components of one of its deployments."""

from collections.abc import Mapping
from itertools import pairwise

from functions.continuum.application import NAMES, Application
from functions.continuum.deployments import part_of
from functions.continuum.graph import Graph
from functions.placement.system import Path
from functions.runtime.errors import Rejected
from functions.runtime.settings import nearest


def limits(application: Application, graph: Graph) -> tuple[dict[str, float], tuple[Path, ...]]:
    """Give the seconds of components and of paths of them.

    A limit on a component holds for the alternative that takes its place. A path through all partitions of a component
    is one through the component: in AI-SPRINT's designs, the local constraint of a component that was cut.

    Raises:
        Rejected: A limit holds for a component that the graph does not have, or for a part of one.
    """
    if application.qos is None:
        return {}, ()
    present = _present(application, graph)
    local: dict[str, float] = {}
    paths: list[Path] = []
    for name, seconds in application.qos.local.items():
        if part_of(name):
            raise Rejected(f"{NAMES['qos']}: {name} is a part; limits hold for whole components", hint="limit a path")
        _tighten(local, _component(name, present), seconds)
    for name, limit in application.qos.global_constraints.items():
        path = tuple(dict.fromkeys(_component(each, present) for each in limit.path_components))
        if len(path) == 1:
            _tighten(local, path[0], limit.threshold)
            continue
        _refuse_gaps(name, path, graph)
        paths.append(Path(name, path, limit.threshold))
    return local, tuple(paths)


def _present(application: Application, graph: Graph) -> dict[str, str]:
    """Give the component that is there for each component that a limit may name."""
    others = application.dag.alternative_components
    stands_for = {other: name for name, names in others.items() for other in names if other in graph}
    return {name: name for name in graph} | {name: other for other, name in stands_for.items() if name not in graph}


def _component(name: str, present: Mapping[str, str]) -> str:
    part = part_of(name)
    whole = name if name in present or part is None else part.component
    if whole not in present:
        raise Rejected(f"{NAMES['qos']}: {name[:60]!r} is no component of this deployment{nearest(whole, present)}")
    return present[whole]


def _tighten(local: dict[str, float], name: str, seconds: float) -> None:
    local[name] = min(seconds, local.get(name, seconds))


def _refuse_gaps(name: str, path: tuple[str, ...], graph: Graph) -> None:
    for before, after in pairwise(path):
        if after not in graph[before]:
            raise Rejected(f"{NAMES['qos']}: {name} has {after} after {before}, which does not lead to it")
