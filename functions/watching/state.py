"""What is kept of an application between two events: ``<application>.<slot>.watch-state.json``."""

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from functions.continuum.qos import DeploymentConstraints
from functions.datasets.files import opened
from functions.runtime.errors import Rejected
from functions.watching.alerts import plain
from functions.watching.episodes import Episodes
from functions.watching.observations import Observation
from functions.watching.windows import Figures

STATE_ENDING = ".watch-state.json"
LARGEST = 64_000_000
SLOTS = 2
"""Objects that the states of one application take turns in: an attempt that is lost has not touched the one before."""


class Watched(BaseModel):
    """One rule as it stands: what is alarming, its newest window, and its episodes, the oldest first."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)

    name: str
    kind: Literal["local", "global", "custom"]
    path: list[str] = []
    metric: str = ""
    threshold: float
    alarming: str = ""
    figures: Figures | None = None
    episodes: Episodes = []


class State(BaseModel):
    """All that is known of one application.

    Attributes:
        sequence: Counts the states.
        settled: When the data ends that is known, in seconds since 1970: no clock of ours.
        constraints: What was uploaded last, in place of the settings'; ``uploaded`` says when.
        rows: Runs that have ended, by the moment of their end.
        pending: Names of the rows that no table has yet.
        throughput: Sessions a second that ended in the newest window, of the component that is asked for.
    """

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)

    format: Literal["noria.watch-state/1"] = "noria.watch-state/1"
    application: str
    sequence: Annotated[int, Field(ge=0)] = 0
    settled: float = 0
    window: float = 120
    constraints: dict[str, Any] | None = None
    uploaded: float = 0
    throughput_component: str = ""
    throughput: float | None = None
    rules: dict[str, Watched] = {}
    rows: list[Observation] = []
    pending: list[str] = []

    @property
    def asked(self) -> DeploymentConstraints | None:
        """Give the constraints that were uploaded."""
        return DeploymentConstraints.model_validate(self.constraints) if self.constraints else None

    @property
    def file_name(self) -> str:
        """Name the object of this state."""
        return f"{plain(self.application)}.{self.sequence % SLOTS}{STATE_ENDING}"


def series(application: str) -> str:
    """Name the series of runs that an application's states go through."""
    return f"constraints {application}"


def parse_state(body: bytes | str, application: str | None = None) -> State:
    """Read what an earlier run has kept.

    Raises:
        Rejected: It is no such thing, or another application's.
    """
    try:
        found = State.model_validate_json(body)
    except ValidationError:
        found = None
    if found is None or application not in (None, found.application):
        name = application or "the application"
        raise Rejected(
            f"what is kept of {name} cannot be read", hint="see who else writes where watch-constraints does"
        )
    return found


def read_state(path: Path, application: str) -> State:
    """Read the file of a state; see ``parse_state``."""
    with opened(path, LARGEST) as file:
        return parse_state(file.read(LARGEST + 1), application)
