"""Groups of workers: which resources this machine's workers stand for, in a file that the supervisor follows.

``noria up`` starts workers without a resource. ``noria deploy`` writes ``<home>/groups.json``: for each service that it
touches, the groups that are to work for it, each with the resource that a deployment names and as many workers as that
has nodes. The file is replaced as a whole, outlives the supervisor, and says only what is wanted.
"""

import fcntl
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from functions.runtime.errors import Rejected

FILE_NAME = "groups.json"
MOST = 32
"""Workers of a group at most: so many as ``noria up --workers`` lets a function have."""


@dataclass(frozen=True)
class Worker:
    """One worker that is wanted; ``part`` is its process's name, ``worker-<service>-<number>``."""

    part: str
    service: str
    resource: str


class Group(BaseModel):
    """Workers of one service that stand for one resource.

    Attributes:
        resource: Empty for those that ``noria up`` starts where no deployment says what they run on.
        number: Never given twice; 0 is the group of those that ``noria up`` starts.
        workers: None for as many as ``noria up`` was told.
        retired: They take nothing new, and end when they have finished what they have.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    service: str
    resource: str = ""
    number: Annotated[int, Field(ge=0)] = 0
    workers: Annotated[int, Field(ge=0, le=MOST)] | None = None
    retired: bool = False

    def wanted(self, default: int) -> Iterator[Worker]:
        """Give the workers that it wants."""
        for number in range(0 if self.retired else default if self.workers is None else self.workers):
            yield Worker(self.part(number), self.service, self.resource)

    def part(self, number: int) -> str:
        """Name the process of one of its workers."""
        return f"worker-{self.service}-{number + 100 * self.number}"

    def parts(self) -> frozenset[str]:
        """Name all processes that can be its workers'."""
        return frozenset(map(self.part, range(MOST)))


class Groups(BaseModel):
    """All groups of services that were touched, and the nodes that resources have."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    version: Literal[1] = 1
    last: Annotated[int, Field(ge=0)] = 0
    nodes: Mapping[str, Annotated[int, Field(ge=0, le=MOST)]] = {}
    groups: tuple[Group, ...] = ()

    @classmethod
    def read(cls, home: Path) -> Self:
        """Read the file; no groups when there is none.

        Raises:
            Rejected: It is damaged.
        """
        path = home / FILE_NAME
        try:
            return cls.model_validate_json(path.read_bytes())
        except FileNotFoundError:
            return cls()
        except (ValidationError, ValueError):
            hint = "remove it to have workers without resources again, as noria up starts them"
            raise Rejected(f"{path} cannot be read", hint=hint) from None

    def of(self, service: str) -> tuple[Group, ...]:
        """Give the groups of a service; of one that has none in the file, that of ``noria up``."""
        return tuple(each for each in self.groups if each.service == service) or (Group(service=service),)

    def wanted(self, services: Mapping[str, object], default: int) -> dict[str, Worker]:
        """Give the workers that are wanted of these services, by the names of their processes."""
        each = (worker for name in services for group in self.of(name) for worker in group.wanted(default))
        return {worker.part: worker for worker in each}

    def adopted(self, service: str, resource: str) -> "Groups":
        """Give the groups with those workers that no deployment has touched standing for a resource, as they are."""
        if any(each.service == service for each in self.groups):
            return self
        return self._with(service, (Group(service=service, resource=resource),))

    def started(self, service: str, resource: str, nodes: int | None) -> "Groups":
        """Give the groups with one more, if none is at work for the resource."""
        if any(each.resource == resource and not each.retired for each in self.of(service)):
            return self
        number = self.last + 1
        group = Group(service=service, resource=resource, number=number, workers=self.nodes.get(resource, nodes))
        return self._with(service, (*self.of(service), group)).model_copy(update={"last": number})

    def retired(self, service: str, resource: str) -> "Groups":
        """Give the groups with those of the resource retired."""
        now = (e.model_copy(update={"retired": True}) if e.resource == resource else e for e in self.of(service))
        return self._with(service, tuple(now))

    def removed(self, service: str, resource: str) -> "Groups":
        """Give the groups without those of the resource."""
        return self._with(service, tuple(each for each in self.of(service) if each.resource != resource))

    def scaled(self, resource: str, nodes: int) -> "Groups":
        """Give the groups with so many workers in those of a resource."""
        now = (e.model_copy(update={"workers": nodes}) if e.resource == resource and nodes else e for e in self.groups)
        kept = {name: count for name, count in self.nodes.items() if name != resource}
        return self.model_copy(update={"nodes": {**kept, **({resource: nodes} if nodes else {})}, "groups": tuple(now)})

    def _with(self, service: str, groups: tuple[Group, ...]) -> "Groups":
        others = tuple(each for each in self.groups if each.service != service)
        return self.model_copy(update={"groups": (*others, *groups)})


def change(home: Path, how: Callable[[Groups], Groups]) -> Groups:
    """Replace the file by what ``how`` makes of it; one program at a time.

    Raises:
        Rejected: It is damaged.
    """
    with (home / f"{FILE_NAME}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        found = Groups.read(home)
        wanted = how(found)
        if wanted != found:
            new = home / f".{FILE_NAME}.new"
            new.write_text(wanted.model_dump_json(indent=1) + "\n")
            new.replace(home / FILE_NAME)
        return wanted
