"""``annotations.yaml``: what the decorators of each component's ``main`` say, by the path of its ``main.py``.

The file is written by the design step and read by the placement; names and shapes are those of AI-SPRINT's.
Thresholds are seconds, rates files a second, memory MB.
"""

from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, StringConstraints

from functions.continuum.model import (
    Count,
    Fault,
    Flag,
    Model,
    Name,
    Positive,
    Probability,
    Root,
    Text,
    unknown,
    within,
)
from functions.continuum.reading import read
from functions.continuum.writing import yaml_text

LIKELY_MILLISECONDS = 10_000
"""Seconds; a threshold from here on was likely meant as milliseconds."""

Metric = Literal["average_accuracy", "average_f1", "average_precision", "average_recall"]
StatisticalTest = Literal["kolmogorov-smirnov", "cramer-von-mises", "fisher-exact-test", "chi-squared"]
Identifier = Annotated[str, StringConstraints(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$", max_length=200)]


def _below(path: str) -> str:
    parts = path.split("/")
    if not path.isprintable() or "\\" in path or path.startswith("/") or ".." in parts:
        raise ValueError("must be a path below the application's folder, with / between its parts")
    return path


def _script(path: str) -> str:
    if not path.endswith(".py"):
        raise ValueError("must be the path of a Python file, such as app/src/filter/main.py")
    return path


RelativePath = Annotated[Name, AfterValidator(_below)]
ScriptPath = Annotated[RelativePath, AfterValidator(_script)]


class ComponentName(Model):
    """What the component is called everywhere else."""

    name: Name


class ExecTime(Model):
    """Longest times, in seconds: of the component alone, and of a path that ends in it."""

    local_time_thr: Positive | None = Field(default=None, description="Seconds for the component alone.")
    global_time_thr: Positive | None = Field(default=None, description="Seconds from prev_components to here.")
    prev_components: tuple[Name, ...] = Field(
        default=(), max_length=1000, description="The path up to this component, in order, without it."
    )

    def faults(self) -> Iterator[Fault]:
        """Give paths without a threshold, thresholds without a path, and components that a path passes twice."""
        if self.global_time_thr is not None and not self.prev_components:
            yield Fault(("global_time_thr",), "holds for a path, and prev_components does not list what is before this")
        if self.prev_components and self.global_time_thr is None:
            yield Fault(("prev_components",), "list a path, and global_time_thr does not say how long it may take")
        for index, name in enumerate(self.prev_components):
            if name in self.prev_components[:index]:
                yield Fault(("prev_components", index), f"is {name}, a second time")


class ExpectedThroughput(Model):
    """The load that the application is designed for."""

    rate: Positive = Field(description="Files a second.")


class PartitionableModel(Model):
    """A network that may be cut in two or more."""

    onnx_file: RelativePath
    num_partitions: Annotated[Count, Field(le=100)] = Field(default=1, description="Cuts to look for.")


class DeviceConstraints(Model):
    """What a node must have."""

    ram: Positive | None = Field(default=None, description="MB of memory.")
    vram: Positive | None = Field(default=None, description="MB of a GPU's memory.")
    use_gpu_for: tuple[Literal["dnn", "pre", "post"], ...] = ()


class EarlyExitsModel(Model):
    """A network that may answer before its last layer."""

    onnx_file: RelativePath
    condition_function: Identifier = Field(description="Function of main.py that says whether to stop.")
    transition_probabilities: tuple[Probability, ...] | None = Field(
        default=None, min_length=1, max_length=100, description="Of each exit, the probability that it is not taken."
    )


class ModelPerformance(Model):
    """How good the answers must be where a component has alternatives."""

    metric: Metric | None = None
    metric_thr: Probability | None = Field(default=None, description="Least value of the metric.")
    filtered_class: Text | None = Field(default=None, description="The class that a filter lets go.")


class DetectMetricDrift(Model):
    """When the values of a metric count as drifted."""

    metric: Name
    field: Name
    statistical_test: StatisticalTest
    test_threshold: Annotated[Probability, Field(gt=0)] = Field(description="Level of the test.")
    detection_interval: Positive = Field(description="Hours between two tests.")
    monitoring_period: Positive = Field(description="Hours that one test looks back.")
    data_collection_period: Positive = Field(description="Hours in which data is kept after a drift.")


class Security(Model):
    """What is shielded or kept confidential, and whether."""

    trusted_execution: Flag = Field(default=False, alias="trustedExecution")
    network_shield: Flag = Field(default=False, alias="networkShield")
    filesystem_shield: Flag = Field(default=False, alias="filesystemShield")
    confidential_process: Flag = Field(default=False, alias="confProc")
    process_integrity: Flag = Field(default=False, alias="integrityProc")
    confidential_rest: Flag = Field(default=False, alias="confRest")


class ComponentAnnotations(Model):
    """All decorators of one component."""

    component_name: ComponentName
    exec_time: ExecTime | None = None
    expected_throughput: ExpectedThroughput | None = None
    partitionable_model: PartitionableModel | None = None
    device_constraints: DeviceConstraints | None = None
    early_exits_model: EarlyExitsModel | None = None
    model_performance: ModelPerformance | None = None
    detect_metric_drift: DetectMetricDrift | None = None
    security: Security | None = None

    def faults(self) -> Iterator[Fault]:
        """Give what excludes each other, and what is wrong with the times."""
        if self.partitionable_model and self.early_exits_model:
            yield Fault(("early_exits_model",), "and partitionable_model exclude each other")
        if self.exec_time:
            yield from within(("exec_time",), self.exec_time.faults())

    @property
    def name(self) -> str:
        """The component's name."""
        return self.component_name.name

    @property
    def path(self) -> tuple[str, ...]:
        """The path that ``global_time_thr`` holds for, this component at its end; empty without one."""
        before = self.exec_time.prev_components if self.exec_time else ()
        return (*before, self.name) if before else ()


class Annotations(Root[dict[ScriptPath, ComponentAnnotations]]):
    """The whole file: path of a ``main.py`` -> its component's annotations."""

    @property
    def components(self) -> Mapping[str, ComponentAnnotations]:
        """Component -> its annotations, in the file's order."""
        return {each.name: each for each in self.root.values()}

    @property
    def throughput(self) -> tuple[str, float] | None:
        """The first component with an expected throughput and its files a second, if there is one."""
        for each in self.root.values():
            if each.expected_throughput:
                return each.name, each.expected_throughput.rate
        return None

    def faults(self) -> Iterator[Fault]:
        """Give names that two components have, and paths of components that cannot be timed."""
        seen: dict[str, str] = {}
        for script, each in self.root.items():
            yield from within((script,), each.faults())
            if each.name in seen:
                yield Fault((script, "component_name", "name"), f"is {each.name}, as in {seen[each.name]}")
            seen.setdefault(each.name, script)
        yield from self._strangers(seen)

    def _strangers(self, seen: Mapping[str, str]) -> Iterator[Fault]:
        timed = {each.name for each in self.root.values() if each.exec_time}
        for script, each in self.root.items():
            for index, before in enumerate(each.path[:-1]):
                place = (script, "exec_time", "prev_components", index)
                if before == each.name:
                    yield Fault(place, f"is {before}, the component itself; only those before it are listed")
                elif before not in seen:
                    yield unknown(place, before, what="component", known=seen)
                elif before not in timed:
                    yield Fault(place, f"is {before}, which has no exec_time of its own")

    def doubts(self) -> Iterator[Fault]:
        """Give thresholds that are likely milliseconds: one doc string of upstream's says so, not its guide."""
        for script, each in self.root.items():
            for field in ("local_time_thr", "global_time_thr"):
                seconds = getattr(each.exec_time, field, None)
                if seconds is not None and seconds >= LIKELY_MILLISECONDS:
                    yield Fault((script, "exec_time", field), f"is {seconds:g} seconds; were milliseconds meant?")

    def breaks(self, dependencies: Collection[tuple[str, str]]) -> Iterator[Fault]:
        """Give each place of a path where a component does not follow the one before it.

        Args:
            dependencies: Component and one that follows it, for each edge of the application's graph.
        """
        for script, each in self.root.items():
            for index, (before, after) in enumerate(zip(each.path, each.path[1:], strict=False)):
                if (before, after) not in dependencies:
                    place = (script, "exec_time", "prev_components", index)
                    yield Fault(place, f"is {before}, and {after} does not follow it in the application's graph")


def read_annotations(given: Path | str, *, source: str | None = None, warnings: list[str] | None = None) -> Annotations:
    """Read an ``annotations.yaml``; see ``reading.read``.

    Raises:
        Rejected: It cannot be used.
    """
    return read(given, Annotations, source=source, warnings=warnings)


def write_annotations(annotations: Annotations) -> str:
    """Give the text of an ``annotations.yaml``."""
    return yaml_text(annotations)
