"""``deployments_performance.yaml``: the deployments with alternative components and how good their answers are.

From best to worst, as the run-time manager tries them. The metric is a share, 0 to 1.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from functions.continuum.annotations import Metric
from functions.continuum.dag import Dag, Dependency
from functions.continuum.model import Fault, Model, Name, Probability, none_is_empty, within
from functions.continuum.reading import read
from functions.continuum.writing import yaml_text


class DegradedDeployment(Model):
    """One choice of alternatives."""

    components: tuple[Name, ...] = Field(min_length=1, max_length=1000)
    dependencies: Annotated[tuple[Dependency, ...], none_is_empty, Field(max_length=100_000)] = Field(
        default=(), description="Triplets of a component, one that follows it, and the probability of that."
    )
    metric_value: Probability

    def faults(self) -> Iterator[Fault]:
        """Give what is wrong with its graph."""
        yield from self.dag("degraded").faults()

    def dag(self, name: str) -> Dag:
        """Give the graph of an application called ``name`` with these components."""
        return Dag(name=name, components=self.components, dependencies=self.dependencies)


class DeploymentsPerformance(Model):
    """The metric, and the deployments in its order."""

    metric_name: Metric | Literal["accuracy"]
    metric_thr: Probability | None = Field(default=None, description="Least value that is good enough.")
    sorted_deployments_performance: tuple[
        Annotated[dict[Name, DegradedDeployment], Field(min_length=1, max_length=1)], ...
    ] = Field(min_length=1, max_length=1000, description="From the greatest metric_value to the least.")

    def faults(self) -> Iterator[Fault]:
        """Give names that two deployments have, and deployments that stand behind worse ones."""
        seen: dict[str, float] = {}
        for index, entry in enumerate(self.sorted_deployments_performance):
            for name, each in entry.items():
                place = ("sorted_deployments_performance", index, name)
                yield from within(place, each.faults())
                if name in seen:
                    yield Fault(place, "is there a second time")
                if seen and each.metric_value > min(seen.values()):
                    yield Fault(
                        (*place, "metric_value"),
                        f"is {each.metric_value}, more than before it; the best deployment comes first",
                    )
                seen[name] = each.metric_value

    @property
    def deployments(self) -> Mapping[str, DegradedDeployment]:
        """Name -> deployment, the best first."""
        return {name: each for entry in self.sorted_deployments_performance for name, each in entry.items()}

    @property
    def acceptable(self) -> Mapping[str, DegradedDeployment]:
        """Those whose metric is no less than the threshold."""
        least = self.metric_thr or 0.0
        return {name: each for name, each in self.deployments.items() if each.metric_value >= least}


def read_deployments_performance(
    given: Path | str, *, source: str | None = None, warnings: list[str] | None = None
) -> DeploymentsPerformance:
    """Read a ``deployments_performance.yaml``; see ``reading.read``.

    Raises:
        Rejected: It cannot be used.
    """
    return read(given, DeploymentsPerformance, source=source, warnings=warnings, inside="System")


def write_deployments_performance(performance: DeploymentsPerformance) -> str:
    """Give the text of a ``deployments_performance.yaml``."""
    return yaml_text({"System": performance.plain()})
