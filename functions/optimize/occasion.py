"""Occasions to place a deployment anew: what a workload monitor or an alert says, in a file of its own.

A workload is ``{"deployment": "my-app", "load": 2.5}``. An alert is what AMS sends, with the deployment's name added:
``{"deployment": "my-app", "constraint": "c1", "value": 4.2, "check_time": ..., "status_timestamp": ...}``, where
``value`` is the time in seconds that was measured for the constraint.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from functions.continuum.model import Fault, Model, Name, Number, Positive, Text
from functions.continuum.reading import read

WORKLOAD, ALERT = ".workload.json", ".alert.json"
ENDINGS = (WORKLOAD, ALERT)

Moment = Number | Text


class Workload(Model):
    """The load that arrives at a deployment now."""

    deployment: Name = Field(description="What the folder of the application was called, or its system file.")
    load: Annotated[Positive, Field(le=1e9)] = Field(description="Requests a second.")
    status_timestamp: Moment | None = Field(default=None, description="When it was measured.")

    @property
    def kind(self) -> Literal["workload", "alert"]:
        """What it is called."""
        return "workload"

    def faults(self) -> Iterator[Fault]:
        """Give what is wrong with the time."""
        yield from _faults(self.status_timestamp)


class Alert(Model):
    """A constraint that is not held any more."""

    deployment: Name = Field(description="What the folder of the application was called, or its system file.")
    constraint: Name = Field(description="Name of a constraint, a component or a path.")
    value: Positive = Field(description="Seconds that were measured.")
    check_time: Moment | None = Field(default=None, description="When the constraint was looked at.")
    status_timestamp: Moment | None = Field(default=None, description="When it was measured.")
    load: Annotated[Positive, Field(le=1e9)] | None = Field(default=None, description="Requests a second, if known.")

    @property
    def kind(self) -> Literal["workload", "alert"]:
        """What it is called."""
        return "alert"

    def faults(self) -> Iterator[Fault]:
        """Give what is wrong with the time."""
        yield from _faults(self.status_timestamp)


Occasion = Workload | Alert


def is_occasion(name: str) -> bool:
    """Whether an object is one, by its name."""
    return name.lower().endswith(ENDINGS)


def read_occasion(path: Path, name: str) -> Occasion:
    """Read one.

    Raises:
        Rejected: It is wrong; the sentence names the field and the nearest right name.
    """
    model: type[Workload | Alert] = Alert if name.lower().endswith(ALERT) else Workload
    return read(path, model, source=name)


def moment(occasion: Occasion, latest: datetime) -> datetime:
    """Tell when what an occasion says was measured, in UTC; that was not after ``latest``, when it was uploaded."""
    found = None if occasion.status_timestamp is None else _parsed(occasion.status_timestamp)
    return latest if found is None else min(found, latest)


def _faults(stamp: Moment | None) -> Iterator[Fault]:
    if stamp is not None and _parsed(stamp) is None:
        yield Fault(("status_timestamp",), "must be a time: seconds since 1970, or 2026-11-23T04:00:00Z")


def _parsed(stamp: Moment) -> datetime | None:
    """Read seconds, milli- or nanoseconds since 1970, or RFC 3339's form; a time without a zone is in UTC."""
    try:
        if isinstance(stamp, str):
            found = datetime.fromisoformat(stamp)
            return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
        scale = next((scale for limit, scale in ((1e11, 1.0), (1e14, 1e3), (1e17, 1e6)) if stamp < limit), 1e9)
        return datetime.fromtimestamp(stamp / scale, UTC)
    except (ValueError, OverflowError, OSError):
        return None
