"""A plane that counts and traces, with two functions one after the other, and who reads what it shows."""

import json
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.collector import Collector, collecting
from tests.pipeline.watching import Watched
from tests.pipelines import pipelines
from tests.waiting import eventually

FLOWS = {"first": ("photos/in", "between/out"), "second": ("between/out", "ends/out")}
PATIENCE = {"NORIA_ACK_WAIT": "3", "NORIA_BACKOFF": "0.1", "NORIA_RECONCILE": "0.5"}


@dataclass
class Measured(Watched):
    """A plane whose metrics can be read."""

    @property
    def address(self) -> str:
        """Give where they are served, as Prometheus is told."""
        targets = self.home / "run" / "metrics" / "plane.json"
        eventually(targets.exists)
        (found,) = json.loads(targets.read_text())
        return str(found["targets"][0])

    def text(self) -> str:
        with urllib.request.urlopen(f"http://{self.address}/metrics", timeout=60) as answer:
            content: bytes = answer.read()
            return content.decode()

    def shown(self) -> dict[tuple[str, ...], float]:
        """Give all values by the sample's name and the values of its labels, without the worker's name."""
        values: dict[tuple[str, ...], float] = {}
        for family in text_string_to_metric_families(self.text()):
            for sample in family.samples:
                labels = (value for name, value in sorted(sample.labels.items()) if name != "worker")
                values[sample.name, *labels] = sample.value
        return values


@pytest.fixture(scope="session")
def collector() -> Iterator[Collector]:
    with collecting() as collector:
        yield collector


@pytest.fixture(scope="session")
def plane(tmp_path_factory: pytest.TempPathFactory, collector: Collector) -> Iterator[Measured]:
    folder = tmp_path_factory.mktemp("metrics")
    (folder / "two.yaml").write_text(pipelines(FLOWS))
    traces = {"OTEL_EXPORTER_OTLP_ENDPOINT": collector.endpoint, "OTEL_BSP_SCHEDULE_DELAY": "200"}
    plane = Measured(folder / ".noria", {**PATIENCE, **traces})
    try:
        plane("up", "--detach", "--no-dashboard", folder / "two.yaml")
        yield plane
    finally:
        plane("down")
