"""Detectors that look at each value of a stream: river's, made by name."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import log
from typing import Any

from functions.drifting.configuration import Check

DELTA = 0.002
CLOCK = 8
"""Values from one look of ADWIN to its next: river's 32 find drifts 16 values later, and not one false alarm less."""
CONFIDENCE = {"HDDM_A": 0.001, "HDDM_W": 0.0005}
"""river has 0.001 for HDDM_W: up to 8 false alarms in 10,000 values where the rate is 0.5, and 4 where it is 0.3."""
SLACK = 0.25
"""Page-Hinkley's delta, in standard deviations: half of the smallest shift that it is to find soon."""
RATE = 1e-6
"""Page-Hinkley's false alarms a value, if nothing else is said."""
_BINARY = {"DDM": "DDM", "EDDM": "EDDM", "HDDM_A": "HDDMA", "HDDM_W": "HDDMW"}


@dataclass(frozen=True)
class Detector:
    """One of river's detectors; ``falls``: it is to find falls of a share, where it knows only rises."""

    river: Any
    falls: bool = False

    def feed(self, value: float) -> bool:
        """Take the next value, and tell whether it shows a drift."""
        self.river.update(1 - value if self.falls else value)
        return bool(self.river.drift_detected)

    @property
    def recent(self) -> int:
        """Values since the drift that was just found; 0 where the detector does not know."""
        return int(getattr(self.river, "width", 0))


def parts(check: Check) -> tuple[str, ...]:
    """Give the detectors that a check consists of; any of them tells of a drift."""
    return tuple(check.test.split("+"))


def made(name: str, check: Check) -> Detector:
    """Make a detector that has seen nothing.

    ADWIN: Bifet and Gavalda, Learning from time-changing data with adaptive windowing, SDM 2007. HDDM: Frías-Blanco et
    al., Online and non-parametric drift detection methods based on Hoeffding's bounds, TKDE 27(3), 2015. DDM: Gama et
    al., SBIA 2004. Page-Hinkley: Page, Biometrika 41, 1954.
    """
    from river import drift

    river: Any = drift
    if name == "ADWIN":
        return Detector(river.ADWIN(delta=check.threshold or DELTA, clock=CLOCK))
    if name == "PageHinkley":
        return Detector(river.PageHinkley(delta=SLACK, threshold=bound(check.threshold or RATE), mode=check.direction))
    return _binary(name, check)


def bound(rate: float) -> float:
    """Give Page-Hinkley's threshold for a rate of false alarms a value, both sides, values of variance 1.

    Siegmund's approximation of a CUSUM's run length with slack k and threshold h (Sequential Analysis, 1985):
    (exp(2kb) - 2kb - 1) / 2k^2 with b = h + 1.166, of one side; its first term is enough here.
    """
    return max(log(4 * SLACK**2 / rate) / (2 * SLACK) - 1.166, 1.0)


def goes(before: Sequence[float], after: Sequence[float], direction: str) -> bool:
    """Tell whether the mean has gone where it is looked for; ADWIN finds both directions."""
    if direction == "both" or not before or not after:
        return True
    rise = sum(after) / len(after) - sum(before) / len(before)
    return rise > 0 if direction == "up" else rise < 0


def _binary(name: str, check: Check) -> Detector:
    from river.drift import binary

    kind = getattr(binary, _BINARY[name])
    if name not in ("HDDM_A", "HDDM_W"):
        return Detector(kind())
    sided: dict[str, Any] = {"two_sided_test": check.direction == "both"}
    confidence = check.threshold or CONFIDENCE[name]
    sided |= {"drift_confidence": confidence, "warning_confidence": min(5 * confidence, 0.999)}
    return Detector(kind(**sided), falls=check.direction == "down")
