"""Rules: each constraint and each custom alert in one form, so that they are looked at in one way."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from functions.continuum.monitoring import Monitoring
from functions.continuum.qos import DeploymentConstraints
from functions.watching.observations import canonical

Kind = Literal["local", "global", "custom"]
Statistic = Literal["mean", "p50", "p95", "p99"]
THROUGHPUT = ("throughput", "throughput")
DURATIONS = {"job_duration", "function_duration", "job_overhead"}
"""Fields of AMS's metric ``execution_time`` that a custom alert may name."""


@dataclass(frozen=True)
class Rule:
    """What is alarming.

    Attributes:
        path: Components in order; one for a local constraint, none for a custom alert.
        metric: Name and field of a custom alert's metric.
        low: The least value that is alarming, None for no such end; seconds where it is a time.
        high: The greatest.
        open_low: Whether ``low`` itself is not alarming.
        open_high: Whether ``high`` itself is not.
    """

    name: str
    kind: Kind
    path: tuple[str, ...] = ()
    metric: tuple[str, str] = ("", "")
    low: float | None = None
    high: float | None = None
    open_low: bool = False
    open_high: bool = False

    @property
    def id(self) -> str:
        """What its state is kept under: a local and a global constraint may have one name."""
        return f"{self.kind}:{self.name}"

    @property
    def threshold(self) -> float:
        """The end that counts for people."""
        found = self.low if self.low is not None else self.high
        return 0.0 if found is None else found

    @property
    def alarming(self) -> str:
        """Write the interval that is alarming, such as ``(5, inf)``."""
        low = "(-inf" if self.low is None else f"{'(' if self.open_low else '['}{self.low}"
        high = "inf)" if self.high is None else f"{self.high}{')' if self.open_high else ']'}"
        return f"{low}, {high}"

    def is_violated(self, value: float) -> bool:
        """Tell whether a value is alarming."""
        above = self.low is None or value > self.low or (value == self.low and not self.open_low)
        below = self.high is None or value < self.high or (value == self.high and not self.open_high)
        return above and below

    def is_clear(self, value: float, margin: float) -> bool:
        """Tell whether a value is so far from alarming, by ``margin`` of the threshold, that an alert is over."""
        if self.is_violated(value):
            return False
        if self.low is not None and value <= self.low - margin * abs(self.low):
            return True
        return self.high is not None and value >= self.high + margin * abs(self.high)


def rules(constraints: DeploymentConstraints | None, monitoring: Monitoring | None) -> list[Rule]:
    """Give all rules of the files, in their order."""
    return [*_of_constraints(constraints), *_of_alerts(monitoring)]


def _of_constraints(given: DeploymentConstraints | None) -> Iterator[Rule]:
    if given is None:
        return
    for name, local in given.local_constraints.items():
        yield Rule(name, "local", path=(canonical(local.component_name),), low=local.threshold, open_low=True)
    for name, each in given.global_constraints.items():
        path = tuple(map(canonical, each.path_components))
        yield Rule(name, "global", path=path, low=each.threshold, open_low=True)


def _of_alerts(given: Monitoring | None) -> Iterator[Rule]:
    for name, rule in (given.alerts if given else {}).items():
        metric, threshold = rule.condition.metric, rule.condition.threshold
        assert metric is not None
        about = (metric.name, metric.field)
        if isinstance(threshold.value, tuple):
            low, high = threshold.value
            yield Rule(name, "custom", metric=about, low=low, high=high)
        elif threshold.type == ">":
            yield Rule(name, "custom", metric=about, low=threshold.value, open_low=True)
        else:
            yield Rule(name, "custom", metric=about, high=threshold.value, open_high=True)
