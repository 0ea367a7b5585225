"""Dashboards in Grafana's JSON (schema 39, Grafana 10.4 and newer; https://grafana.com/docs/grafana/latest/)."""

from collections.abc import Iterator, Mapping
from typing import Any

from functions.runtime.metrics import definitions
from local.metrics.grafana.panels import Dashboard, Panel

COLUMNS, HEIGHT = 24, {"timeseries": 8, "stat": 4}
SOURCE = {"type": "prometheus", "uid": "${source}"}
UNITS = {"cores": "short"}
"""What Grafana calls a unit, where it is not called so too."""


def document(dashboard: Dashboard) -> dict[str, Any]:
    """Give a dashboard as Grafana imports it."""
    return {
        "uid": dashboard.name,
        "title": dashboard.title,
        "tags": ["noria"],
        "schemaVersion": 39,
        "editable": True,
        "refresh": "10s",
        "time": {"from": "now-1h", "to": "now"},
        "templating": {"list": [_source(), _functions()]},
        "panels": [
            _panel(panel, number, place)
            for number, (panel, place) in enumerate(zip(dashboard.panels, _places(dashboard), strict=True), 1)
        ],
    }


def _places(dashboard: Dashboard) -> Iterator[dict[str, int]]:
    """Lay the panels out from left to right, row by row."""
    x = y = height = 0
    for panel in dashboard.panels:
        if x + panel.width > COLUMNS:
            x, y, height = 0, y + height, 0
        yield {"x": x, "y": y, "w": panel.width, "h": HEIGHT[panel.kind]}
        x, height = x + panel.width, max(height, HEIGHT[panel.kind])


def _panel(panel: Panel, number: int, place: Mapping[str, int]) -> dict[str, Any]:
    calculated = {"reduceOptions": {"calcs": ["lastNotNull"], "fields": "", "values": False}}
    legend = {"legend": {"displayMode": "list", "placement": "bottom"}, "tooltip": {"mode": "multi"}}
    return {
        "id": number,
        "type": panel.kind,
        "title": panel.title,
        "datasource": SOURCE,
        "gridPos": dict(place),
        "fieldConfig": {"defaults": {"unit": UNITS.get(panel.unit, panel.unit)}, "overrides": []},
        "options": calculated if panel.kind == "stat" else legend,
        "targets": [
            {"refId": chr(ord("A") + place), "datasource": SOURCE, "expr": asked, "legendFormat": called or "__auto"}
            for place, (asked, called) in enumerate(panel.questions)
        ],
    }


def _source() -> dict[str, Any]:
    return {"name": "source", "label": "Prometheus", "type": "datasource", "query": "prometheus"}


def _functions() -> dict[str, Any]:
    return {
        "name": "function",
        "label": "Function",
        "type": "query",
        "datasource": SOURCE,
        "query": {"query": f"label_values({definitions.EVENTS.name}, function)", "refId": "functions"},
        "refresh": 2,
        "includeAll": True,
        "allValue": ".*",
        "multi": True,
        "current": {"text": "All", "value": "$__all"},
    }
