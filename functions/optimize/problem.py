"""A problem as it is solved: the system, the application that it comes from, and its degraded deployments."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from functions.continuum.application import NAMES, Application
from functions.optimize.learnt import Learnt
from functions.optimize.members import is_system
from functions.optimize.regressors import model_files, unasked
from functions.optimize.request import Request
from functions.placement import system_json
from functions.placement.assembling import assemble
from functions.placement.supply import resources
from functions.placement.system import System
from functions.runtime.errors import Rejected

NEEDED = ("performance_models",)


@dataclass(frozen=True)
class Degraded:
    """A deployment with alternative components: its system, and how good its answers are (a share)."""

    system: System
    metric: float


@dataclass(frozen=True)
class Problem:
    """One problem.

    Attributes:
        name: Of the deployment that comes of it.
        degraded: Name -> deployment, the best first.
        warnings: A sentence each.
        learnt: The models that were asked; none where there are none to ask.
    """

    name: str
    system: System
    application: Application | None = None
    degraded: Mapping[str, Degraded] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    learnt: Learnt | None = None

    def limited(self, limits: Mapping[str, float]) -> "Problem":
        """Give the problem with some limits of components and paths made smaller, by the system's names for them."""
        degraded = {name: replace(each, system=_limited(each.system, limits)) for name, each in self.degraded.items()}
        return replace(self, system=_limited(self.system, limits), degraded=degraded)

    def constraints(self) -> dict[str, tuple[str, float]]:
        """Give each constraint by every name that monitors have for it: the system's name for it, and its limit."""
        found = {name: (name, limit) for name, limit in self.system.local.items()}
        found |= {name: (name, path.limit) for path in self.system.paths for name in [self.system.threshold_of(path)]}
        if self.application and self.application.qos:
            for key, each in self.application.qos.local_constraints.items():
                if each.component_name in self.system.local:
                    found.setdefault(key, (each.component_name, self.system.local[each.component_name]))
        return found


def read_system(path: Path, name: str, request: Request) -> Problem:
    """Read a system's file.

    Raises:
        Rejected: It cannot be used.
    """
    return Problem(name, replace(system_json.read(path, load=request.load), name=name))


def read_application(folder: Path, name: str, request: Request) -> Problem:
    """Read an application's files.

    Raises:
        Rejected: They cannot be used, or no load is said.
    """
    application = Application.read(folder, needs=NEEDED)
    if request.load is None:
        said = "nobody says how many requests a second arrive"
        raise Rejected(f"{name}: {said}", hint="write load: 1.5 into optimize.yaml, or give --load 1.5")
    files, known = model_files(application), resources(application)
    used = {subject: path for subject, path in files.items() if subject[2] in known}
    learnt = Learnt(used, known, request.inputs) if used else None
    system = assemble(application, load=request.load, predictor=learnt)
    degraded = {}
    acceptable = application.degraded.acceptable if request.alternatives and application.degraded else {}
    for other, each in acceptable.items():
        placed = assemble(application, load=request.load, deployment=other, predictor=learnt)
        degraded[other] = Degraded(placed, each.metric_value)
    told = (*unasked(application, files), *(learnt.borrowed() if learnt else ()), *_poor(application, request))
    return Problem(name, system, application, degraded, (*application.warnings, *told), learnt)


def _poor(application: Application, request: Request) -> Iterator[str]:
    """Say which degraded deployments are not looked at, as their answers are not good enough."""
    told = application.degraded
    if told is None or told.metric_thr is None or not request.alternatives:
        return
    for name, each in told.deployments.items():
        if name not in told.acceptable:
            least = f"{told.metric_name} is {each.metric_value:g}, below metric_thr, {told.metric_thr:g}"
            yield f"{name} is not looked at: its {least}"


def read_problem(folder: Path, name: str, request: Request) -> Problem:
    """Read what lies in a folder: an application, or one system.

    Raises:
        Rejected: There is neither, or more than one system.
    """
    files = sorted(path for path in folder.iterdir() if path.is_file()) if folder.is_dir() else []
    systems = [path for path in files if is_system(path.name)]
    if systems and not any((folder / each).exists() for each in NAMES.values()):
        if len(systems) > 1:
            names = " and ".join(path.name for path in systems[:3])
            raise Rejected(f"{folder} has several systems, {names}", hint="name one of the files")
        return read_system(systems[0], name, request)
    return read_application(folder, name, request)


def _limited(system: System, limits: Mapping[str, float]) -> System:
    local = {name: min(limit, limits.get(name, limit)) for name, limit in system.local.items()}
    paths = tuple(
        replace(path, limit=min(path.limit, limits.get(system.threshold_of(path), path.limit))) for path in system.paths
    )
    return replace(system, local=local, paths=paths)
