"""Grafana's dashboards, made from the definitions of the metrics: ``python -m local.metrics.grafana`` writes them."""
