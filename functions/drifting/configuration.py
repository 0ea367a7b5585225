"""``drift_detector_config.yaml``: which fields of which metrics are watched, and how.

The reference's form (AI-SPRINT's drift detector): ``metrics: {<metric>: {<field>: {statistical_test, test_threshold,
monitoring_period}}}, detection_interval, data_collection_period``; its tests have alibi-detect's names, its times are
hours. Everything else here is ours, and may be left out.
"""

from collections.abc import Iterator
from typing import Annotated, Literal, get_args

from pydantic import Field

from functions.continuum.model import Count, Fault, Model, Name, Positive, Probability

FILE_NAME = "drift_detector_config.yaml"

BatchTest = Literal["KSDrift", "CVMDrift", "FETDrift", "ChiSquareDrift", "MMDDrift"]
Detector = Literal["ADWIN", "PageHinkley", "DDM", "EDDM", "HDDM_A", "HDDM_W", "ADWIN+HDDM_W"]
Test = Literal[BatchTest, Detector]  # flat, so that a wrong name's sentence has all of them
Direction = Literal["up", "down", "both"]

BATCH: frozenset[str] = frozenset(get_args(BatchTest))
ONLY_ZERO_OR_ONE = frozenset({"FETDrift", "DDM", "EDDM", "HDDM_A", "HDDM_W", "ADWIN+HDDM_W"})
MOST_CHECKS = 100
LARGEST_WINDOW = 5000
FALSE_ALARMS = 0.05

Hours = Annotated[Positive, Field(le=24 * 366)]
Window = Annotated[Count, Field(ge=10, le=LARGEST_WINDOW)]


class Check(Model):
    """How one field is watched: by a test of windows, or by a detector that looks at each value."""

    test: Test = Field(alias="statistical_test", description="Name of a test or of a detector.")
    threshold: Annotated[Positive, Field(lt=1)] | None = Field(
        default=None,
        alias="test_threshold",
        description="Probability of a false alarm; a detector has its own default.",
    )
    period: Hours | None = Field(
        default=None, alias="monitoring_period", description="Hours that a window has; the first one is the reference."
    )
    window: Window | None = Field(default=None, description="Observations that a window has, in place of hours.")
    least: Window = Field(default=20, description="Observations that a window in hours has at the least.")
    looks: Annotated[Count, Field(le=10_000)] = Field(
        default=100, description="Tests that share the probability of a false alarm."
    )
    least_effect: Probability = Field(default=0.0, description="Smaller effects raise no alarm, however certain.")
    direction: Direction = Field(
        default="both", description="Whether a rise, a fall or both are drift; detectors only."
    )
    fields: tuple[Name, ...] = Field(
        default=(), max_length=50, description="Fields that MMDDrift looks at together, if not the one of its name."
    )

    @property
    def is_batch(self) -> bool:
        """Whether windows are tested."""
        return self.test in BATCH

    @property
    def level(self) -> float:
        """Level of one test, so that ``looks`` of them together give a false alarm with ``threshold`` at the most.

        That is Boole's inequality (Bonferroni's correction): it holds whatever the tests have in common, and they have
        their reference in common and, in hours, most of their windows. After ``looks`` tests it begins anew, so that no
        more than ``threshold`` false alarms are to be expected for each ``looks`` tests, for ever.
        """
        return (FALSE_ALARMS if self.threshold is None else self.threshold) / self.looks

    def faults(self) -> Iterator[Fault]:
        """Give what contradicts itself."""
        if self.is_batch and (self.period is None) == (self.window is None):
            said = "needs one of the two: monitoring_period in hours, or window in observations"
            yield Fault(("statistical_test",), f"is {self.test}, which {said}")
        if self.is_batch and self.direction != "both":
            yield Fault(("direction",), f"is for detectors; {self.test} finds changes of any kind")
        if not self.is_batch and self.least_effect:
            yield Fault(("least_effect",), f"is for tests of windows; {self.test} gives no size of an effect")
        if self.fields and self.test != "MMDDrift":
            yield Fault(("fields",), f"are for MMDDrift; {self.test} looks at one field")
        if self.test in ("DDM", "EDDM") and self.direction == "down":
            yield Fault(("direction",), f"cannot be down: {self.test} finds rises of an error rate")

    def doubts(self) -> Iterator[Fault]:
        """Give what is likely not meant."""
        if self.test == "EDDM":
            yield Fault(("statistical_test",), "is EDDM, which gives about 19 false alarms in 10,000 values")


class Configuration(Model):
    """The whole file."""

    metrics: dict[Name, dict[Name, Check]] = Field(min_length=1, description="Metric -> field -> how it is watched.")
    detection_interval: Hours = Field(default=1, description="Hours between two tests of windows in hours.")
    data_collection_period: Hours = Field(default=24, description="Hours in which drifted data are collected.")
    after_collection: Literal["wait", "renew"] = Field(
        default="wait", description="Wait for a reset once data are collected, or take what comes next as reference."
    )

    def checks(self) -> Iterator[tuple[str, str, Check]]:
        """Give metric, field and check of each."""
        for metric, fields in self.metrics.items():
            for field, check in fields.items():
                yield metric, field, check

    def faults(self) -> Iterator[Fault]:
        """Give the faults of all checks."""
        for metric, fields in self.metrics.items():
            if not fields:
                yield Fault(("metrics", metric), "has no field")
        for metric, field, check in self.checks():
            for each in check.faults():
                yield Fault(("metrics", metric, field, *each.place), each.sentence)
        if (found := sum(1 for _ in self.checks())) > MOST_CHECKS:
            yield Fault(("metrics",), f"has {found} fields, more than {MOST_CHECKS}")

    def doubts(self) -> Iterator[Fault]:
        """Give the doubts of all checks."""
        for metric, field, check in self.checks():
            for each in check.doubts():
                yield Fault(("metrics", metric, field, *each.place), each.sentence)
