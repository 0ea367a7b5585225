"""AMS's three monitoring routes, with its bodies, answered from what watch-constraints keeps."""

import time
from typing import Annotated

from fastapi import APIRouter, Path
from pydantic import BaseModel, RootModel

from functions.watching.answers import component_times, session_times, system_throughput
from functions.watching.state import State
from local.api.parts import Here, Reader
from local.api.refusal import Refusal
from local.api.routes import said
from local.watching import states

_LOCKED = (401, 403, 422, 429)
router = APIRouter(prefix="/monitoring", tags=["monitoring"])
SessionPath = Annotated[str, Path(pattern=r"^[0-9A-Za-z-]{1,64}$", description="A trace, as noria trace shows it.")]
SpecifierPath = Annotated[
    str,
    Path(
        pattern=r"^[0-9A-Za-z_-]{1,200}(,[0-9A-Za-z_-]{1,200}){0,49}$",
        description="A component, or those of a path, separated by commas.",
    ),
]


class Execution(BaseModel):
    """One run: when it ended, and its seconds."""

    timestamp: str
    execution_time: float


class SessionTimes(RootModel[dict[str, list[Execution]]]):
    """The runs of a session by component."""


class Mean(BaseModel):
    """Mean seconds, runs a second and runs in the window that ends now."""

    mean: float
    throughput: float
    count: int


class ComponentTimes(RootModel[dict[str, Mean]]):
    """Figures by component, and of the path under its components' names with commas."""


class Throughput(BaseModel):
    """Sessions a second."""

    throughput: float
    timestamp: str


@router.get("/execution_time/session/{session_id}", summary="Time one session", responses=said(404, *_LOCKED))
def session_exec_time(session_id: SessionPath, parts: Here, _: Reader) -> SessionTimes:
    """Give the execution times of all runs of one session."""
    found = session_times(_states(parts), session_id)
    if found is None:
        raise Refusal(404, f"session {session_id} not found", hint="noria trace shows the sessions of objects")
    return SessionTimes.model_validate(found)


@router.get("/execution_time/components/{specifier}", summary="Time components", responses=said(404, *_LOCKED))
def components_exec_time(specifier: SpecifierPath, parts: Here, _: Reader) -> ComponentTimes:
    """Give the mean execution times of a component, or of the components of a path and of all of it."""
    found = component_times(_states(parts), specifier.split(","), now=time.time())
    if isinstance(found, str):
        raise Refusal(404, f"component {found[:60]!r} not found", hint="it has no run in the window that ends now")
    return ComponentTimes.model_validate(found)


@router.get("/throughput/", summary="Tell the throughput", responses=said(404, *_LOCKED))
def system_rate(parts: Here, _: Reader) -> Throughput:
    """Give the sessions a second of the throughput component; 0 where none ended in the window."""
    return Throughput.model_validate(system_throughput(_states(parts), now=time.time()))


def _states(parts: Here) -> list[State]:
    found = states(parts.store, parts.services)
    if not found:
        hint = "noria up fdl/watch-constraints.yaml, and let something run"
        raise Refusal(404, "nothing is watched here yet", hint=hint)
    return found
