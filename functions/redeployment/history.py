"""What a deployment ran as, and when: SPACE4AI-R's folders ``current_deployment_<time>``, in one file."""

from datetime import datetime
from typing import Annotated, Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from functions.placement.system import Placement
from functions.runtime.errors import Rejected

MOST = 500
"""Deployments that are kept; the oldest are left out."""
_LARGEST = 16 * 1024 * 1024


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Place(_Record):
    """Where one partition ran."""

    component: str
    partition: str
    resource: str


class Entry(_Record):
    """One deployment.

    Attributes:
        at: When it was decided on.
        load: Requests a second that it is for.
        cost: Over the system's hours.
        reason: What it was decided on for.
    """

    at: AwareDatetime
    load: Annotated[float, Field(ge=0)]
    cost: Annotated[float, Field(ge=0)] | None = None
    reason: str = ""
    deployments: dict[str, str]
    places: tuple[Place, ...]
    nodes: dict[str, Annotated[int, Field(ge=0)]]

    @property
    def name(self) -> str:
        """The name that SPACE4AI-R would give the deployment's folder."""
        return f"current_deployment_{self.at:%Y-%m-%d-%H-%M-%S-%f}"

    @property
    def placement(self) -> Placement:
        """The deployment."""
        resources = {(each.component, each.partition): each.resource for each in self.places}
        return Placement(deployments=self.deployments, resources=resources, nodes=self.nodes)


class History(_Record):
    """Deployments, the oldest first."""

    entries: tuple[Entry, ...] = ()

    @classmethod
    def from_json(cls, text: str, *, source: str = "history.json") -> Self:
        """Read the text of a history from a file that is called ``source``.

        Raises:
            Rejected: It is none; the message says where.
        """
        if len(text) > _LARGEST:
            raise Rejected(f"{source}: it is larger than {_LARGEST // 2**20} MiB")
        try:
            return cls.model_validate_json(text)
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False)[0]
            place = ".".join(map(str, first["loc"]))
            raise Rejected(f"{source}: {place or 'the whole'} cannot be read: {first['msg']}") from None

    def to_json(self) -> str:
        """Write the history."""
        return self.model_dump_json(indent=1) + "\n"

    def added(
        self, at: datetime, placement: Placement, *, load: float, cost: float | None = None, reason: str = ""
    ) -> Self:
        """Give the history with one more deployment; one that is already its last is not added again."""
        entry = Entry(
            at=at,
            load=load,
            cost=cost,
            reason=reason,
            deployments=dict(placement.deployments),
            places=tuple(Place(component=c, partition=p, resource=r) for (c, p), r in placement.resources.items()),
            nodes=dict(placement.nodes),
        )
        if self.entries and self.entries[-1] == entry:
            return self
        return self.model_copy(update={"entries": (*self.entries, entry)[-MOST:]})
