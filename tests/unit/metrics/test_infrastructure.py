"""What ships for Prometheus and Grafana asks for metrics that there are, and is what the definitions make of it."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from functions.runtime.metrics import definitions
from local.metrics.grafana.__main__ import texts
from local.metrics.grafana.panels import DASHBOARDS

INFRA = Path(__file__).parents[3] / "infra"
ENDINGS = {"histogram": ("_bucket", "_sum", "_count"), "summary": ("_sum", "_count")}
SHOWN = {metric.name + end for metric in definitions.ALL for end in ENDINGS.get(metric.kind, ("",))}
NAME = re.compile(r"\bnoria_\w+")


def asked(text: str) -> set[str]:
    """Find the names of metrics in a text with PromQL."""
    return set(NAME.findall(text))


def test_dashboards_are_what_the_definitions_make_of_them() -> None:
    committed = {path.name: path.read_text() for path in (INFRA / "grafana").glob("*.json")}

    assert committed == texts(), "python -m local.metrics.grafana infra/grafana"


def test_dashboards_ask_for_every_metric_and_for_nothing_else() -> None:
    questions = " ".join(question for each in DASHBOARDS for panel in each.panels for question, _ in panel.questions)

    names = asked(questions)

    assert names <= SHOWN
    for metric in definitions.ALL:
        assert any(metric.name + end in names for end in ENDINGS.get(metric.kind, ("",))), metric.name


def test_panels_do_not_overlap_and_no_row_is_wider_than_the_page() -> None:
    for text in texts().values():
        taken: set[tuple[int, int]] = set()
        for panel in json.loads(text)["panels"]:
            at = panel["gridPos"]
            cells = {(at["x"] + x, at["y"] + y) for x in range(at["w"]) for y in range(at["h"])}
            assert not cells & taken
            assert at["x"] + at["w"] <= 24
            taken |= cells


def test_alert_rules_ask_for_metrics_that_there_are_and_say_what_to_do() -> None:
    (group,) = yaml.safe_load((INFRA / "prometheus" / "rules.yml").read_text())["groups"]

    assert {name for rule in group["rules"] for name in asked(rule["expr"])} <= SHOWN
    assert [rule["alert"] for rule in group["rules"] if not rule["annotations"].get("action")] == []


def test_every_counter_ends_as_counters_do_and_everything_else_does_not() -> None:
    for metric in definitions.ALL:
        assert metric.name.endswith("_total") == (metric.kind == "counter"), metric.name
        assert bool(metric.buckets) == (metric.kind == "histogram"), metric.name
        assert list(metric.buckets) == sorted(set(metric.buckets))
    assert len({metric.name for metric in definitions.ALL}) == len(definitions.ALL)


@pytest.mark.skipif(shutil.which("promtool") is None, reason="no promtool (Debian's prometheus)")
@pytest.mark.parametrize(
    "arguments", [("check", "config", "prometheus.yml"), ("test", "rules", "rules.test.yml")], ids=" ".join
)
def test_prometheus_own_tool_takes_the_configuration_and_the_rules_fire_as_they_should(
    arguments: tuple[str, ...],
) -> None:
    done = subprocess.run(["promtool", *arguments], cwd=INFRA / "prometheus", capture_output=True, text=True)

    assert done.returncode == 0, done.stdout + done.stderr
