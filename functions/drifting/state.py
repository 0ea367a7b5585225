"""What is kept of a stream between two events, and what is told of it."""

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from functions.continuum.model import Model, Name, Text
from functions.datasets.files import opened
from functions.drifting.batch import BatchState
from functions.drifting.streaming import StreamState
from functions.runtime.errors import Rejected

LARGEST = 256_000_000
Status = Literal[0, 1, 2]
"""As in the reference's ``drift_state.yaml``: normal, drifted, drifted with data collected."""
WORDS: Mapping[Status, str] = {0: "normal", 1: "drifted", 2: "collected"}


class Alarm(BaseModel):
    """A drift that was found; ``p`` to ``shift`` are of a test of windows, ``after`` counts values of a detector."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    stream: str
    metric: str
    field: str
    test: str
    at: str
    object: str
    p: float | None = None
    level: float | None = None
    effect: float | None = None
    measure: str = ""
    shift: float | None = None
    after: int | None = None


class FieldState(BaseModel):
    """One field of a metric; ``check`` is how it is watched: where that changes, the field begins anew."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)

    check: dict[str, Any]
    status: Status = 0
    drifted_at: float | None = None
    batch: BatchState | None = None
    detectors: StreamState | None = None
    alarms: Annotated[list[Alarm], Field(max_length=50)] = []


class State(BaseModel):
    """``<object>.drift-state.json``."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)

    format: Literal["noria.drift-state/1"] = "noria.drift-state/1"
    stream: str
    metrics: dict[str, dict[str, FieldState]] = {}

    @property
    def statuses(self) -> dict[str, dict[str, int]]:
        """Give the content of the reference's ``drift_state.yaml``."""
        return {metric: {name: each.status for name, each in of.items()} for metric, of in self.metrics.items()}

    @property
    def is_drifted(self) -> bool:
        """Whether drifted data are being collected for any field."""
        return any(each.status == 1 for fields in self.metrics.values() for each in fields.values())


class Reset(Model):
    """``<name>.drift-reset.json``: the model was trained anew, so what comes next is the reference."""

    stream: Name = Field(description="Bucket and folder of the objects that are watched, photos-masks/out.")
    metric: Name | None = Field(default=None, description="By default all.")
    field: Name | None = Field(default=None, description="By default all of the metric.")
    reason: Text = ""


def reset(state: State, wanted: Reset) -> list[str]:
    """Forget what is named, and give the names.

    Raises:
        Rejected: There is nothing of that name.
    """
    found = [
        (metric, field)
        for metric, fields in state.metrics.items()
        for field in fields
        if wanted.metric in (None, metric) and wanted.field in (None, field)
    ]
    if not found and (wanted.metric or wanted.field):
        known = ", ".join(f"{metric} {field}" for metric, fields in state.metrics.items() for field in fields)
        name = " ".join(filter(None, (wanted.metric, wanted.field)))
        raise Rejected(f"nothing called {name!r} is watched in {state.stream}", hint=f"there are {known or 'none'}")
    for metric, field in found:
        del state.metrics[metric][field]
    return [f"{metric} {field}" for metric, field in found]


def read_state(path: Path, stream: str) -> State:
    """Read what an earlier run has kept.

    Raises:
        Rejected: It is no such thing.
    """
    try:
        with opened(path, LARGEST) as file:
            found = State.model_validate_json(file.read(LARGEST + 1))
    except ValidationError:
        found = None
    if found is None or found.stream != stream:
        hint = f'begin anew: upload any.drift-reset.json with {{"stream": "{stream}"}}'
        raise Rejected(f"what is kept of {stream} cannot be read", hint=hint)
    return found


def moment(at: float) -> str:
    """Write a time as RFC 3339 in UTC."""
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
