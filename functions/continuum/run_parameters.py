"""``run_parameters.yaml``: how an application is profiled, as OSCAR-P reads it.

Times are seconds. The throughput of an interval is in requests a *minute*, as OSCAR-P's load injector takes it.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from functions.continuum.model import (
    Count,
    Fault,
    Flag,
    Model,
    Name,
    NotNegative,
    Number,
    Positive,
    Text,
    Whole,
    within,
)
from functions.continuum.reading import read
from functions.continuum.writing import yaml_text

Many = Annotated[Count, Field(le=1_000_000)]
Seconds = Annotated[NotNegative, Field(le=31_536_000)]
FileName = Annotated[str, StringConstraints(strict=True, max_length=255, pattern=r"^[^/\\\x00-\x1f]+$")]
Arrivals = Literal["deterministic", "exponential"]


class InputFiles(Model):
    """What is processed."""

    storage_bucket: Name = Field(default="storage", description="Bucket that holds the files before a run.")
    filename: FileName = Field(description="File that is copied for each request.")


class Asynchronous(Model):
    """Batches of files that are uploaded one after the other."""

    batch_size: Many = Field(default=1, description="Files a batch.")
    number_of_batches: Many = 1
    distribution: Arrivals = "deterministic"
    inter_upload_time: Seconds = Field(default=0.0, description="Seconds between two batches, or their mean.")
    combinatorial_test: Flag = Field(default=False, description="Try every combination of the parallelisms.")


class Interval(Model):
    """A time with one load."""

    throughput: Positive = Field(description="Requests a minute.")
    number_of_threads: Many = Field(default=1, description="Clients that send at the same time.")
    duration_seconds: Annotated[Seconds, Field(gt=0)]
    ramp_up_seconds: Seconds = Field(default=0.0, description="In which the clients start one after the other.")

    @property
    def requests_a_second(self) -> float:
        """The load in requests a second."""
        return self.throughput / 60


class Synchronous(Model):
    """Requests that are answered while the client waits."""

    number_of_pre_allocated_pods: Annotated[Whole, Field(ge=0, le=100_000)] = Field(
        default=0, description="Of the first service."
    )
    connect_timeout_seconds: Annotated[Seconds, Field(gt=0)] = 30
    request_timeout_seconds: Annotated[Seconds, Field(gt=0)] = 300
    worker_nodes: Many = Field(default=1, description="Machines that send.")
    distribution: Literal["constant", "exponential"] = "constant"
    intervals: tuple[Interval, ...] = Field(min_length=1, max_length=10_000)


class ComponentParameters(Model):
    """What varies of one component."""

    parallelism: tuple[Many, ...] = Field(
        min_length=1, max_length=10_000, description="Instances at once, one a run, from the most to the fewest."
    )
    distribution: Arrivals | None = Field(default=None, description="Of the requests when it is tested alone.")

    def faults(self) -> Iterator[Fault]:
        """Give parallelisms that rise: between runs nodes are only taken away, since new ones take minutes."""
        for index, (before, after) in enumerate(zip(self.parallelism, self.parallelism[1:], strict=False), start=1):
            if after > before:
                yield Fault(("parallelism", index), f"is {after}, after {before}; write the greatest first")


class Run(Model):
    """What is run, and how often."""

    test_synchronously: Flag = False
    test_single_services: Flag = Field(default=False, description="Test each component alone, too.")
    train_models: Flag = Field(default=False, description="Fit performance models at the end.")
    campaign_dir: FileName = "campaign"
    repetitions: Many = 1
    cooldown_time: Seconds = Field(default=0.0, description="Seconds between two runs.")


class Other(Model):
    """Settings of the machines."""

    time_correction: Annotated[Number, Field(ge=-86_400, le=86_400)] = Field(
        default=0.0, description="Seconds that one source's clock is ahead of the other's."
    )
    domain_name: Text | None = None
    clean_infrastructures_before_testing: Flag = False
    clean_infrastructures_after_testing: Flag = False
    clean_infrastructures_if_crash: Flag = False


class RunParameters(Model):
    """The whole file."""

    input_files: InputFiles
    asynchronous: Asynchronous | None = None
    synchronous: Synchronous | None = None
    components: Mapping[Name, ComponentParameters] = Field(min_length=1, max_length=10_000)
    run: Run
    other: Other = Other()

    @property
    def is_combinatorial(self) -> bool:
        """Whether every combination of the parallelisms is a run, not only those that stand in line."""
        return self.asynchronous is not None and self.asynchronous.combinatorial_test

    def faults(self) -> Iterator[Fault]:
        """Give what a run would lack, and lists of parallelisms that are not of one length."""
        wanted = "synchronous" if self.run.test_synchronously else "asynchronous"
        if getattr(self, wanted) is None:
            what = "true" if self.run.test_synchronously else "false"
            yield Fault((wanted,), f"is missing: run.test_synchronously is {what}")
        for name, each in self.components.items():
            yield from within(("components", name), each.faults())
        if self.run.test_synchronously or self.is_combinatorial:
            return
        lengths = {name: len(each.parallelism) for name, each in self.components.items()}
        first = next(iter(lengths))
        for name, length in lengths.items():
            if length != lengths[first]:
                yield Fault(
                    ("components", name, "parallelism"),
                    f"has {length} entries and {first}'s has {lengths[first]}; each run takes one of every component,"
                    " unless asynchronous.combinatorial_test is true",
                )


def read_run_parameters(
    given: Path | str, *, source: str | None = None, warnings: list[str] | None = None
) -> RunParameters:
    """Read a ``run_parameters.yaml``; see ``reading.read``.

    Raises:
        Rejected: It cannot be used.
    """
    return read(given, RunParameters, source=source, warnings=warnings)


def write_run_parameters(parameters: RunParameters) -> str:
    """Give the text of a ``run_parameters.yaml``."""
    return yaml_text(parameters)
