"""Every metric that noria shows: name, kind, labels, buckets. Dashboards, alert rules and pages are made from these.

Names are as Prometheus shows them (base units, ``_total`` on counters); an object's key is never a label.
"""

from dataclasses import dataclass
from typing import Literal

Kind = Literal["counter", "gauge", "histogram", "summary"]
KIB = 1024


@dataclass(frozen=True)
class Metric:
    """One metric; ``buckets`` are the upper bounds of a histogram's, in the unit that the name ends with."""

    name: str
    kind: Kind
    help: str
    labels: tuple[str, ...] = ()
    buckets: tuple[float, ...] = ()


WORKER = ("function", "worker")
"""Labels of what a worker counts itself: its service, and the worker's own name."""
FUNCTION = ("function",)
PART = ("part",)
SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1800)
MEMORY = tuple(float(KIB**2 * 2**power) for power in range(4, 17))
"""16 MiB to 64 GiB."""
STAGES = ("queued", "claim", "fetch", "wait", "run", "publish", "commit", "whole")

EVENTS = Metric(
    "noria_events_total", "counter", "Deliveries of events, by what the broker was answered.", (*WORKER, "verdict")
)
ATTEMPTS = Metric(
    "noria_attempts_total", "counter", "Deliveries of events, by what became of their run.", (*WORKER, "outcome")
)
RETRIES = Metric(
    "noria_retries_total", "counter", "Attempts that failed and are made again, by why.", (*WORKER, "error")
)
DEAD_LETTERS = Metric("noria_dead_letters_total", "counter", "Dead letters written.", WORKER)
STAGE = Metric(
    "noria_stage_seconds",
    "histogram",
    "Time of an attempt in each stage; queued: in the broker before a first attempt; whole: from there to the commit.",
    (*WORKER, "stage"),
    SECONDS,
)
INPUT = Metric("noria_input_bytes_total", "counter", "Bytes that committed runs have read.", WORKER)
OUTPUT = Metric("noria_output_bytes_total", "counter", "Bytes that committed runs have written.", WORKER)
HANDLER_CPU = Metric("noria_handler_cpu_seconds_total", "counter", "CPU time of handlers in committed runs.", WORKER)
HANDLER_MEMORY = Metric(
    "noria_handler_memory_bytes", "histogram", "Peak memory of handlers in committed runs.", WORKER, MEMORY
)
REPORTED = Metric(
    "noria_reported", "summary", "What handlers said in committed runs (ctx.metric).", (*WORKER, "metric")
)
REPORTED_LAST = Metric("noria_reported_last", "gauge", "What a handler said last (ctx.metric).", (*WORKER, "metric"))
IN_FLIGHT = Metric("noria_in_flight", "gauge", "Runs that a worker holds leases of.", WORKER)
LEASE_AGE = Metric(
    "noria_lease_age_seconds", "gauge", "Since the oldest lease that a worker holds was renewed; 0: none.", WORKER
)

QUEUED = Metric("noria_queue_events", "gauge", "Events that no worker has taken yet.", FUNCTION)
DELIVERED = Metric("noria_queue_in_flight", "gauge", "Events delivered to workers and not answered.", FUNCTION)
REDELIVERED = Metric("noria_queue_redelivered", "gauge", "Events in flight, not for the first time.", FUNCTION)
QUEUE_AGE = Metric(
    "noria_queue_age_seconds", "gauge", "For how long the oldest event that no worker has taken waits.", FUNCTION
)
RUNS = Metric("noria_runs", "gauge", "Unfinished runs in the ledger when it was last read.", (*FUNCTION, "state"))
LEDGER = Metric("noria_ledger_objects", "gauge", "Runs in the ledger when it was last read.", FUNCTION)
OLDEST_LEASE = Metric(
    "noria_ledger_lease_age_seconds", "gauge", "Age of the oldest lease in the ledger, at its last reading.", FUNCTION
)
LEDGER_READ = Metric("noria_ledger_read_age_seconds", "gauge", "Since the ledger was last read.", FUNCTION)
LETTERS = Metric(
    "noria_dead_letters_present", "gauge", "Dead letters that wait for a person, 10,000 at most.", FUNCTION
)
UP = Metric("noria_part_up", "gauge", "Whether a process of the plane runs.", PART)
CPU = Metric("noria_part_cpu_seconds_total", "counter", "CPU time of a process and of what it started.", PART)
RESIDENT = Metric("noria_part_memory_bytes", "gauge", "Memory of a process and of what it started.", PART)
RESTARTS = Metric("noria_part_restarts_total", "counter", "Times that the supervisor has restarted a process.", PART)
DISK = Metric("noria_disk_free_bytes", "gauge", "Free space where the plane keeps its state.")
ANSWERS = Metric("noria_source_up", "gauge", "Whether what these figures come from answered.", ("source",))
INFO = Metric("noria_info", "gauge", "1, with the version as label.", ("version",))

OF_WORKERS = (
    EVENTS, ATTEMPTS, RETRIES, DEAD_LETTERS, STAGE, INPUT, OUTPUT, HANDLER_CPU, HANDLER_MEMORY, REPORTED,
    REPORTED_LAST, IN_FLIGHT, LEASE_AGE,
)  # fmt: skip
OF_THE_PLANE = (
    QUEUED, DELIVERED, REDELIVERED, QUEUE_AGE, RUNS, LEDGER, OLDEST_LEASE, LEDGER_READ, LETTERS, UP, CPU, RESIDENT,
    RESTARTS, DISK, ANSWERS, INFO,
)  # fmt: skip
ALL = OF_WORKERS + OF_THE_PLANE
