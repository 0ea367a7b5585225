"""Metrics in Prometheus' form: what there is (``definitions.py``), who counts (``accounts.py``), how it is shown."""
