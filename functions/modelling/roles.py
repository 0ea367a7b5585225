"""What the columns of a table of measurements are, by their names: OSCAR-P's, aMLLibrary's and their like.

OSCAR-P's tables (oscar-p, processing of results): ``<service>_response_time_dataframe.csv`` with requested_throughput,
observed_throughput, avg_response_time, requested_parallelism, warm_pods, cores, warm_cores, and
``runtime_dataframe.csv`` with runs, configurations, runtime, actual_parallelism, target_parallelism, cores.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Literal

Role = Literal[
    "component", "partition", "resource", "load", "cores", "nodes", "parallelism", "size", "warm", "cold", "idle",
    "outcome", "name", "failed", "input",
]  # fmt: skip

UNITS: Mapping[str, float] = {
    "s": 1.0, "sec": 1.0, "seconds": 1.0, "ms": 1e-3, "msec": 1e-3, "milliseconds": 1e-3, "us": 1e-6, "min": 60.0,
    "minutes": 60.0,
}  # fmt: skip
"""Seconds of one unit, by the last word of a column's name or as it is said."""

TARGETS = (
    "avg_response_time", "ave_response_time", "mean_response_time", "response_time", "avg_execution_time",
    "execution_time", "exec_time", "runtime", "run_time", "compute_time", "full_time", "duration", "elapsed", "latency",
    "seconds", "time",
)  # fmt: skip
"""Columns that a model predicts, the first of those that a table has."""

_ROLES: Mapping[Role, tuple[str, ...]] = {
    "component": ("component", "component_name", "service", "function", "application_component"),
    "partition": ("partition",),
    "resource": ("resource", "resource_name", "resource_id", "cluster", "cluster_name", "device", "vm_type"),
    "load": (
        "load", "lambda", "requested_throughput", "throughput", "arrival_rate", "request_rate", "requests_per_second",
    ),
    "cores": (
        "cores", "n_cores", "num_cores", "total_cores", "cores_total", "threads", "n_threads", "num_threads", "vcpus",
        "cpus",
    ),
    "nodes": ("nodes", "n_nodes", "num_nodes", "nodes_total", "workers", "n_workers", "machines", "instances", "vms"),
    "parallelism": (
        "parallelism", "requested_parallelism", "target_parallelism", "pods", "n_pods", "replicas", "executors",
    ),
    "size": (
        "size", "data_size", "datasize", "input_size", "batch", "batch_size", "bytes", "kb", "mb", "gb", "images",
        "frames", "files", "bytes_in",
    ),
    "warm": ("warm_service_time", "warm_time", "demand_warm", "warm"),
    "cold": ("cold_service_time", "cold_time", "demand_cold", "cold"),
    "idle": ("expiration_time", "idle_time", "idle_time_before_kill", "keep_alive"),
    "outcome": (
        "observed_throughput", "actual_parallelism", "warm_pods", "warm_cores", "nodes_used", "wait", "pod_creation",
        "overhead", "write_back", "failures", "errors", "count", "jobs", "job_duration", "function_duration",
        "job_overhead", "confidence_interval", "std", "stddev", "variance", "median", "min", "max", "completed",
        "queued", "full", "compute", "cpu", "peak_memory", "bytes_out", "attempts",
        "min_response_time", "max_response_time", "std_response_time", "response_time_std", "succeeded", "cost",
    ),
    "name": (
        "run", "runs", "run_name", "run_id", "configuration", "configurations", "job", "job_name", "session",
        "session_id", "node", "id", "index", "repetition", "timestamp", "date", "time_stamp", "job_create", "job_start",
        "job_finish", "job_end", "pod_create", "bash_script_start", "bash_script_end", "job_start_time",
        "function_start_time", "job_end_time", "kind", "mode", "seed", "started", "ended", "finished", "unit",
        "deployment", "testing_unit", "request", "state", "reason", "record",
    ),
    "failed": ("failed", "is_failed", "failure"),
}  # fmt: skip
_BY_NAME = {name: role for role, names in _ROLES.items() for name in names}
_PERCENTILE = re.compile(r"(.*_)?p\d{1,3}(_.*)?")
SPREAD: tuple[Role, ...] = ("cores", "nodes", "parallelism")
"""Roles of columns that the work is spread over."""
BEYOND: tuple[Role, ...] = (*SPREAD, "load", "size")
"""Roles of columns of which a deployment may have more than was measured."""


def plain(name: str) -> str:
    """Give a column's name in lower case with underscores: ``nThreads`` is n_threads, ``Time [ms]`` time_ms."""
    split = re.sub(r"([a-z0-9])([A-Z])", r"\1_\2", name)
    return re.sub(r"[^a-z0-9]+", "_", split.lower()).strip("_")


def unit_of(name: str) -> float | None:
    """Give the seconds of one unit where the name's last word is one."""
    words = plain(name).split("_")
    return UNITS.get(words[-1]) if len(words) > 1 else None


def role(name: str) -> Role:
    """Give what a column is; ``input`` for all that are not known."""
    bare = _bare(name)
    if bare in _BY_NAME:
        return _BY_NAME[bare]
    if bare in TARGETS or _PERCENTILE.fullmatch(bare):
        return "outcome"
    return "input"


def column_of(wanted: Role, names: Iterable[str]) -> str | None:
    """Give the column of a role; of several that whose name is the plainest."""
    found = [name for name in names if role(name) == wanted]
    return min(found, key=lambda name: _ROLES[wanted].index(_bare(name)), default=None)


def target(names: Iterable[str]) -> str | None:
    """Give the column that is to be predicted, if one of the names is that of one."""
    known = {_bare(name): name for name in reversed(list(names))}
    return next((known[each] for each in TARGETS if each in known), None)


def _bare(name: str) -> str:
    """Give the plain name without its unit."""
    words = plain(name).split("_")
    return "_".join(words[:-1]) if len(words) > 1 and words[-1] in UNITS else "_".join(words)
