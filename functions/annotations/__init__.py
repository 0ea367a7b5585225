"""What a component says of itself, written above its ``main``: decorators that cost nothing and change nothing.

They are AI-SPRINT's, by name and argument (continuum design, section 3.1). ``noria design`` reads them without running
the file; when it does run, ``main`` stays the very function that it was.
"""

from functions.annotations.decorators import (
    annotation,
    component_name,
    detect_metric_drift,
    device_constraints,
    early_exits_model,
    exec_time,
    expected_throughput,
    model_performance,
    partitionable_model,
    security,
)

__all__ = [
    "annotation",
    "component_name",
    "detect_metric_drift",
    "device_constraints",
    "early_exits_model",
    "exec_time",
    "expected_throughput",
    "model_performance",
    "partitionable_model",
    "security",
]
