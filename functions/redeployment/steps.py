"""Steps from one deployment to another that lose no request.

Services are started from the end of the application to its beginning, and stopped from its beginning to its end:

1. nodes are added where the new deployment has more;
2. from the last service to the first, what is new is started, sending its results to services of the new deployment,
   and what stays sends its results there from now on (a *switch*);
3. what arrives from outside goes to the new deployment's first services;
4. from the first service to the last, what is not needed any more is drained, then stopped;
5. nodes are taken away where the new deployment has fewer.

Why nothing is lost. At every moment, whatever a running service sends its results to is running: when a service is
started or switched, all that it sends to is of the new deployment and comes after it, so it was running already or was
started before it. A service is stopped only after all that ever sent to it: of those, the ones that stay were switched
before, and the ones that go were stopped before, since they come before it. So no new request can reach it; *draining*
waits until those that its senders had begun before they were switched are through, its queue is empty and nothing runs
in it. An empty queue that nothing can reach loses nothing. A request is thus worked on from end to end, some of its
way perhaps by services of the old deployment, which hand over to one another, or to the new ones, as they did before.

It costs room: while both run, a node may have to hold the containers of the old and the new deployment, and queues may
grow. Where memory does not suffice for that, the step that starts the service says so (``short_of_memory``).

Every step can be undone as long as none after it was done, or those were undone first; that, too, loses nothing, as
undoing them from the last to the first is such a sequence back.
"""

from collections.abc import Iterator, Sequence, Set
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from functions.placement.system import Placement, System
from functions.redeployment.services import Service, Services

VERSION = 1


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", json_schema_serialization_defaults_required=True)


class Scale(_Record):
    """Have so many nodes of a resource on; ``before`` 0 provisions it, ``after`` 0 releases it."""

    action: Literal["scale"] = "scale"
    resource: str
    before: Annotated[int, Field(ge=0)]
    after: Annotated[int, Field(ge=0)]

    def __str__(self) -> str:
        if not self.before:
            return f"Provision {self.resource} with {_nodes(self.after)}"
        if not self.after:
            return f"Release {self.resource}"
        return f"Scale {self.resource} from {self.before} to {_nodes(self.after)}"


class Start(_Record):
    """Start a service that sends its results to ``outputs``; it has run once this is done."""

    action: Literal["start"] = "start"
    service: Service
    outputs: tuple[Service, ...]
    short_of_memory: bool = Field(default=False, description="A node cannot hold it beside what still runs there.")

    def __str__(self) -> str:
        short = f", for which {self.service.resource} is short of memory until others are stopped"
        sending = f", sending{_to(self.outputs)}" if self.outputs else ""
        return f"Start {self.service}{sending}{short if self.short_of_memory else ''}"


class Switch(_Record):
    """Send what ``source`` gives, or what arrives from outside if there is none, elsewhere from now on."""

    action: Literal["switch"] = "switch"
    source: Service | None
    before: tuple[Service, ...]
    after: tuple[Service, ...]

    def __str__(self) -> str:
        what = f"the results of {self.source}" if self.source else "what arrives"
        return f"Send {what}{_to(self.after) or ' nowhere'}"


class Drain(_Record):
    """Wait until nothing is under way to a service that was sent before the switches, queued or running in it."""

    action: Literal["drain"] = "drain"
    service: Service
    senders: tuple[Service, ...] = Field(description="Whose requests, begun before they were switched, are to end.")
    arrivals: bool = Field(description="Whether what arrived from outside came here.")
    queued: Literal[0] = 0
    running: Literal[0] = 0

    def __str__(self) -> str:
        return f"Wait until {self.service} has worked off all that was sent to it"


class Stop(_Record):
    """Stop a service that is empty."""

    action: Literal["stop"] = "stop"
    service: Service
    outputs: tuple[Service, ...]

    def __str__(self) -> str:
        return f"Stop {self.service}"


Action: TypeAlias = Annotated[Scale | Start | Switch | Drain | Stop, Field(discriminator="action")]


class Step(_Record):
    """One step: what to do, and how to take it back."""

    number: Annotated[int, Field(ge=1)]
    do: Action
    undo: tuple[Action, ...]

    def __str__(self) -> str:
        return str(self.do)


class Steps(_Record):
    """The file ``steps.json``: steps to do one after the other, each once the one before it is done."""

    version: Literal[1] = 1
    steps: tuple[Step, ...] = ()


def steps(system: System, old: Placement, new: Placement, *, before: System | None = None) -> tuple[Step, ...]:
    """Give the steps from one deployment to another; none if they are the same.

    Args:
        system: That of the new deployment.
        before: That of the old one, if it is another, such as a degraded application's.
    """
    running, wanted = Services.of(before or system, old), Services.of(system, new)
    actions = [
        *_scaled(old, new, up=True),
        *_built(running, wanted, _short_of_memory((before or system, system), (running, wanted))),
        *_cleared(running, wanted),
        *_scaled(old, new, up=False),
    ]
    return tuple(Step(number=number, do=do, undo=_undo(do, wanted)) for number, do in enumerate(actions, 1))


def document(given: Sequence[Step]) -> dict[str, Any]:
    """Give the steps for a file; ``steps.schema.json`` is its schema."""
    written: dict[str, Any] = Steps(steps=tuple(given)).model_dump(mode="json")
    return written


def schema() -> dict[str, Any]:
    """Give the JSON schema of the file."""
    made: dict[str, Any] = TypeAdapter(Steps).json_schema(mode="serialization")
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "Steps of a redeployment", **made}


def _scaled(old: Placement, new: Placement, *, up: bool) -> Iterator[Scale]:
    for resource in dict.fromkeys((*new.nodes, *old.nodes)):
        before, after = old.nodes.get(resource, 0), new.nodes.get(resource, 0)
        if (after > before) if up else (after < before):
            yield Scale(resource=resource, before=before, after=after)


def _built(running: Services, wanted: Services, short: Set[str]) -> Iterator[Action]:
    """Start what is new and switch what stays, the last first; then what arrives."""
    for service, outputs in reversed(tuple(wanted.outputs.items())):
        if service not in running.outputs:
            yield Start(service=service, outputs=outputs, short_of_memory=service.resource in short)
        elif set(running.outputs[service]) != set(outputs):
            yield Switch(source=service, before=running.outputs[service], after=outputs)
    if set(running.entries) != set(wanted.entries):
        yield Switch(source=None, before=running.entries, after=wanted.entries)


def _cleared(running: Services, wanted: Services) -> Iterator[Action]:
    """Drain and stop what is not needed any more, the first first."""
    for service, outputs in running.outputs.items():
        if service not in wanted.outputs:
            yield _drained(service, running)
            yield Stop(service=service, outputs=outputs)


def _drained(service: Service, services: Services) -> Drain:
    senders = tuple(each for each, outputs in services.outputs.items() if service in outputs)
    return Drain(service=service, senders=senders, arrivals=service in services.entries)


def _undo(action: Action, wanted: Services) -> tuple[Action, ...]:
    """Give what takes an action back, once all after it are taken back."""
    if isinstance(action, Scale):
        return (Scale(resource=action.resource, before=action.after, after=action.before),)
    if isinstance(action, Switch):
        return (Switch(source=action.source, before=action.after, after=action.before),)
    if isinstance(action, Start):
        return _drained(action.service, wanted), Stop(service=action.service, outputs=action.outputs)
    return (Start(service=action.service, outputs=action.outputs),) if isinstance(action, Stop) else ()


def _short_of_memory(systems: Sequence[System], services: Sequence[Services]) -> set[str]:
    """Give the edge and cloud resources of which no node holds the containers of both deployments at once."""
    needed: dict[str, dict[Service, float]] = {}
    for system, each in zip(systems, services, strict=True):
        for service in each.outputs:
            candidates = system.components[service.component].partitions[service.partition].candidates
            if service.resource in candidates:
                needed.setdefault(service.resource, {})[service] = candidates[service.resource].memory
    known = systems[-1].resources
    return {
        name
        for name, containers in needed.items()
        if name in known and known[name].kind != "faas" and sum(containers.values()) > known[name].memory
    }


def _nodes(count: int) -> str:
    return f"{count} node{'s' if count != 1 else ''}"


def _to(outputs: Sequence[Service]) -> str:
    return f" to {' and '.join(map(str, outputs))}" if outputs else ""
