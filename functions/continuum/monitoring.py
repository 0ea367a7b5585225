"""AMS's monitoring file: what else is watched than the constraints, and how wide the windows are.

The shape is that of ams-manager's ``scripts/templates``: ``monitoring: {metrics, time_period, parameters, alerts}``.
Addresses in it are read and not used: whom alerts are sent to is a setting, not a matter of files.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from functions.continuum.model import Fault, Model, Name, Number, Text, none_is_no_names
from functions.continuum.reading import read
from functions.documents.document import Place

_STEP = re.compile(r"(\d+)(ms|s|m|h|d|w)")
_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0, "w": 604800.0}
_WHOLE = re.compile(r"(?:\d{1,9}(?:ms|s|m|h|d|w))+")


def seconds_of(text: object) -> object:
    """Give the seconds of a duration as Flux writes them, ``120s`` or ``1m30s``; anything else as it is."""
    if not isinstance(text, str):
        return text
    if not _WHOLE.fullmatch(text):
        raise ValueError("it is no duration: write 120s, 2m or 1h30m")
    return sum(int(number) * _SECONDS[unit] for number, unit in _STEP.findall(text))


Duration = Annotated[float, BeforeValidator(seconds_of), Field(gt=0, le=366 * 86400.0)]


class Metric(Model):
    """One field of a metric, as ``report_metric`` or a handler's ``ctx.metric`` names it."""

    name: Name
    field: Name


class Threshold(Model):
    """What is alarming: below, above, or within a range whose ends belong to it."""

    type: Literal["<", ">", "range"]
    value: Number | tuple[Number, Number]


class Condition(Model):
    """What an alert looks at."""

    metric: Metric | None = None
    flux_query: Text | None = None
    threshold: Threshold


class Endpoint(Model):
    """Where upstream sends it; not used here."""

    url: Text = ""


class AlertRule(Model):
    """One entry of ``alerts``; ``every`` in seconds."""

    every: Duration = 60.0
    condition: Condition
    notification_endpoint: Endpoint = Endpoint()


class Parameters(Model):
    """``parameters``; the width of windows in seconds."""

    performance_metrics_time_window_width: Duration = 120.0
    default_notification_endpoint: Text = ""


Rules = Annotated[dict[Name, AlertRule], none_is_no_names, Field(max_length=1000)]
Metrics = Annotated[dict[Name, dict[str, Any] | None], none_is_no_names, Field(max_length=1000)]


class Monitoring(Model):
    """What the field ``monitoring`` has in it; ``metrics`` are Telegraf's inputs, which are not read here."""

    metrics: Metrics = Field(default={})
    time_period: Duration = 20.0
    parameters: Parameters = Parameters()
    alerts: Rules = Field(default={})

    def faults(self) -> Iterator[Fault]:
        """Give alerts that cannot be looked at."""
        for name, rule in self.alerts.items():
            place: Place = ("alerts", name, "condition")
            condition = rule.condition
            if condition.flux_query is not None:
                yield Fault((*place, "flux_query"), "is a query in Flux, which is not run here: name a metric instead")
            elif condition.metric is None:
                yield Fault(place, "names no metric")
            if isinstance(condition.threshold.value, tuple) != (condition.threshold.type == "range"):
                wanted = "two numbers" if condition.threshold.type == "range" else "one number"
                yield Fault((*place, "threshold", "value"), f"must be {wanted} for {condition.threshold.type}")


def read_monitoring(given: Path | str, *, source: str | None = None) -> Monitoring:
    """Read a monitoring file; see ``reading.read``.

    Raises:
        Rejected: It cannot be used.
    """
    return read(given, Monitoring, source=source, inside="monitoring")
