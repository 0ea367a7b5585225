"""``result.json``: an answer as programs read it, and as the next answer for the same deployment begins with."""

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError

from functions.continuum.reading import LARGEST_JSON
from functions.datasets.files import opened
from functions.placement.answer import Answer
from functions.placement.page import limits
from functions.placement.system import Placement, System
from functions.runtime.errors import Rejected

FILE_NAME, SYSTEM = "result.json", "system.json"

Finite = Annotated[
    float | None, BeforeValidator(lambda given: given if given is None or math.isfinite(given) else None)
]
"""A number; none where it is infinite, which JSON cannot hold."""


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class PlacementText(_Part):
    """Where everything runs: component -> deployment, component -> part -> resource, resource -> nodes."""

    deployments: dict[str, str]
    resources: dict[str, dict[str, str]]
    nodes: dict[str, int]

    @classmethod
    def of(cls, placement: Placement) -> Self:
        """Write a placement."""
        resources: dict[str, dict[str, str]] = {name: {} for name in placement.deployments}
        for (component, part), resource in placement.resources.items():
            resources[component][part] = resource
        return cls(deployments=dict(placement.deployments), resources=resources, nodes=dict(placement.nodes))

    @property
    def placement(self) -> Placement:
        """The placement that is written here."""
        placed = {(c, part): resource for c, parts in self.resources.items() for part, resource in parts.items()}
        return Placement(deployments=self.deployments, resources=placed, nodes=self.nodes)


class Threshold(_Part):
    """A response time and what it may be, in seconds; ``name`` is a component's or a path's."""

    name: str
    seconds: Finite
    limit: float


class Point(_Part):
    """One point of the front: a placement that answers in so many seconds; none as quick costs less than ``bound``."""

    cost: float
    response_time: float
    bound: Finite


class Predicted(_Part):
    """What a learnt model says of a part where it was placed: seconds of one request, at so many a second.

    Attributes:
        lower, upper: Where a share ``level`` of requests' means lies, if nothing is ``beyond``.
        beyond: Inputs that are outside of what was measured.
        file: The model's, among those that were written with the result.
    """

    component: str
    partition: str
    resource: str
    nodes: int
    load: float
    seconds: float
    lower: float
    upper: float
    level: float
    beyond: tuple[str, ...] = ()
    file: str


class ModelFile(_Part):
    """A learnt model that was asked, and the SHA-256 of its file."""

    component: str
    partition: str
    resource: str
    file: str
    sha256: str


class Alternative(_Part):
    """A degraded deployment: its metric, what it costs, and the most requests a second that a placement of it bears.

    Attributes:
        bound: No placement of it bears more; none where that is not proven.
    """

    name: str
    metric: float | None = None
    feasible: bool | None
    cost: Finite = None
    greatest_load: Finite = None
    bound: Finite = None

    def at(self, load: float, *, tighter: bool = False, is_monotone: bool = True) -> Self:
        """Give what is known of it at another load: its cost is not, nor what it bears where limits are ``tighter``.

        Args:
            is_monotone: What it bears tells that it bears less than that, too.
        """
        most = None if tighter else self.greatest_load
        feasible: bool | None = None
        if self.bound is not None and load > self.bound:
            feasible = False
        elif (
            is_monotone and not tighter and (self.feasible if most is None else load <= most)
        ):  # none: nothing limited it
            feasible = True
        return self.model_copy(update={"feasible": feasible, "cost": None, "greatest_load": most})


class Occasion(_Part):
    """Why it was placed anew."""

    kind: Literal["workload", "alert"]
    object: str
    at: str
    load: float | None = None
    constraint: str = ""
    value: float | None = None


class Result(_Part):
    """An answer. Costs are money over ``hours``, times seconds, loads requests a second.

    Attributes:
        name: The deployment's, by which events speak of it.
        application: Which deployment of the application was placed; empty for a system.
        load: That was asked for; ``greatest_load`` is what the placement bears.
        relaxation: Where nothing is feasible: what is to be relaxed and by how much, a sentence each.
        origin: The run that read the files; empty where this is that run's own.
        limits: Local and path limits that alerts have made smaller, by name.
        alternative: The degraded deployment that was placed instead; empty for the application itself.
        running: What runs on, where no placement was found.
        root: Bucket and folder that the files were uploaded to; empty by hand.
        predictions: What learnt models say of the parts where they were placed.
        models: All models that were asked, ``inputs`` what they were told besides load, nodes and cores.
        manifest: Files that were written with this one: name -> SHA-256; none told of those with passwords in them.
    """

    name: str
    application: str = ""
    load: float
    hours: float
    method: str
    feasible: bool | None
    proven: bool
    cost: Finite
    bound: Finite
    gap: Finite
    seconds: float
    placement: PlacementText | None
    thresholds: tuple[Threshold, ...] = ()
    component_times: dict[str, Finite] = {}
    utilisation: dict[str, Finite] = {}
    violations: tuple[str, ...] = ()
    relaxation: tuple[str, ...] = ()
    greatest_load: Finite = None
    front: tuple[Point, ...] = ()
    alternatives: tuple[Alternative, ...] = ()
    warnings: tuple[str, ...] = ()
    certificate: dict[str, Any]
    occasion: Occasion | None = None
    origin: str = ""
    limits: dict[str, float] = {}
    alternative: str = ""
    running: PlacementText | None = None
    root: str = ""
    manifest: dict[str, str] = {}
    predictions: tuple[Predicted, ...] = ()
    models: tuple[ModelFile, ...] = ()
    inputs: dict[str, float | str] = {}

    @property
    def current(self) -> Placement | None:
        """What runs once this result is applied."""
        found = self.placement or self.running
        return found.placement if found else None

    def to_json(self) -> str:
        """Give the file."""
        return self.model_dump_json(indent=1) + "\n"


def result_of(name: str, system: System, answer: Answer, **known: Any) -> Result:  # noqa: ANN401 - Result's own fields
    """Describe an answer."""
    judged = answer.evaluation if answer.placement is not None else None
    told: Mapping[str, Any] = (
        {}
        if judged is None
        else {
            "thresholds": tuple(Threshold(name=n, seconds=s, limit=limit) for n, s, limit in limits(system, answer)),
            "component_times": judged.component_times,
            "utilisation": judged.utilisation,
            "violations": tuple(map(str, judged.violations)),
        }
    )
    return Result(
        name=name,
        load=system.load,
        hours=system.hours,
        method=answer.method,
        feasible=answer.feasible,
        proven=answer.proven,
        cost=answer.cost,
        bound=answer.bound,
        gap=answer.gap,
        seconds=round(answer.seconds, 3),
        placement=PlacementText.of(answer.placement) if answer.placement is not None else None,
        certificate=dict(answer.certificate),
        **told,
        **known,
    )


def read_result(path: Path, *, source: str = FILE_NAME) -> Result:
    """Read a result that was written here.

    Raises:
        Rejected: It is none.
    """
    hint = f"give the {FILE_NAME} that noria optimize has written"
    if not path.is_file():
        raise Rejected(f"there is no {source}", hint=hint)
    with opened(path, LARGEST_JSON) as file:
        content = file.read()
    try:
        return Result.model_validate_json(content)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(map(str, first["loc"])) or "the whole"
        raise Rejected(f"{source} is no result of an optimisation: {where}: {first['msg']}", hint=hint) from None
