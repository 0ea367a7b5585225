"""AMS's monitoring file: the one that upstream ships is read, and what cannot be watched is named."""

from pathlib import Path

import pytest

from functions.continuum.monitoring import read_monitoring
from functions.runtime.errors import Rejected

SHIPPED = Path(__file__).parents[4] / "shared/cases/ams/templates/monitoring_setup.yaml"
ALERT = """\
monitoring:
  alerts:
    hot:
      every: 1m30s
      condition: {metric: {name: cpu, field: usage}, threshold: {type: "<", value: 3}}
"""


@pytest.mark.skipif(not SHIPPED.is_file(), reason="../shared is not there")
def test_the_file_that_upstream_ships_is_read() -> None:
    found = read_monitoring(SHIPPED)

    assert found.parameters.performance_metrics_time_window_width == 120
    assert found.time_period == 20
    assert found.alerts == {}
    assert "diskio" in found.metrics


def test_an_alert_has_seconds_and_a_threshold() -> None:
    rule = read_monitoring(ALERT).alerts["hot"]

    assert rule.every == 90
    assert (rule.condition.threshold.type, rule.condition.threshold.value) == ("<", 3)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("1m30s", "soon", "write 120s"),
        ("metric: {name: cpu, field: usage}, ", "", "names no metric"),
        ("value: 3", "value: [3, 4]", "must be one number for <"),
        ("alerts", "alert", "did you mean alerts"),
        ("monitoring", "monitor", "did you mean monitoring"),
    ],
)
def test_what_cannot_be_watched_is_named(old: str, new: str, said: str) -> None:
    with pytest.raises(Rejected, match=said):
        read_monitoring(ALERT.replace(old, new, 1), source="monitoring.yaml")
