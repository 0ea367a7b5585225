"""What the dashboards show: panels with questions in PromQL, made of the metrics' definitions, never of their names."""

from dataclasses import dataclass
from typing import Literal

from functions.runtime.metrics import definitions as m
from functions.runtime.metrics.definitions import Metric

Unit = Literal["short", "s", "bytes", "Bps", "ops", "cores"]
INTERVAL = "$__rate_interval"
CHOSEN = 'function=~"$function"'


@dataclass(frozen=True)
class Panel:
    """One panel: ``questions`` are pairs of PromQL and what its lines are called; ``width`` of 24."""

    title: str
    unit: Unit
    questions: tuple[tuple[str, str], ...]
    width: int = 12
    kind: Literal["timeseries", "stat"] = "timeseries"


@dataclass(frozen=True)
class Dashboard:
    """One dashboard; ``name`` is its file's."""

    name: str
    title: str
    panels: tuple[Panel, ...]


def rate(metric: Metric, *by: str, suffix: str = "") -> str:
    """Ask for the rate of a counter, a second, of each of the labels ``by``."""
    return f"sum by ({', '.join(by)}) (rate({metric.name}{suffix}{{{CHOSEN}}}[{INTERVAL}]))"


def quantile(share: float, metric: Metric, *by: str, only: str = "") -> str:
    """Ask for a quantile of a histogram."""
    labels = ", ".join(filter(None, (CHOSEN, only)))
    buckets = f"rate({metric.name}_bucket{{{labels}}}[{INTERVAL}])"
    return f"histogram_quantile({share}, sum by (le, {', '.join(by)}) ({buckets}))"


def mean(metric: Metric, *by: str, only: str = "") -> str:
    """Ask for the mean of a histogram or a summary."""
    labels = ", ".join(filter(None, (CHOSEN, only)))
    who = ", ".join(by)
    rates = [f"sum by ({who}) (rate({metric.name}_{each}{{{labels}}}[{INTERVAL}]))" for each in ("sum", "count")]
    return " / ".join(rates)


def now(metric: Metric, *by: str, how: str = "sum") -> str:
    """Ask for a gauge of each of the labels ``by``."""
    chosen = f"{{{CHOSEN}}}" if "function" in metric.labels else ""
    return f"{how} by ({', '.join(by)}) ({metric.name}{chosen})" if by else f"{how}({metric.name}{chosen})"


EVENTS = Dashboard(
    "noria-events",
    "noria: events",
    (
        Panel("Waiting", "short", ((now(m.QUEUED), ""),), 4, "stat"),
        Panel("Oldest waits", "s", ((now(m.QUEUE_AGE, how="max"), ""),), 4, "stat"),
        Panel("In flight", "short", ((now(m.IN_FLIGHT), ""),), 4, "stat"),
        Panel("Dead letters", "short", ((now(m.LETTERS), ""),), 4, "stat"),
        Panel("Unfinished runs", "short", ((now(m.RUNS, "state"), "{{state}}"),), 4, "stat"),
        Panel("Oldest lease", "s", ((now(m.LEASE_AGE, how="max"), ""),), 4, "stat"),
        Panel("Events answered", "ops", ((rate(m.EVENTS, "function", "verdict"), "{{function}} {{verdict}}"),)),
        Panel("What became of runs", "ops", ((rate(m.ATTEMPTS, "outcome"), "{{outcome}}"),)),
        Panel(
            "From the upload to the commit",
            "s",
            tuple(
                (quantile(share, m.STAGE, "function", only='stage="whole"'), f"{{{{function}}}} p{share * 100:g}")
                for share in (0.5, 0.95, 0.99)
            ),
        ),
        Panel("Where the time goes, mean", "s", ((mean(m.STAGE, "stage", only='stage!="whole"'), "{{stage}}"),)),
        Panel(
            "Handlers, p95", "s", ((quantile(0.95, m.STAGE, "function", only='stage="run"'), "{{function}}"),)
        ),
        Panel("Queues", "short", ((now(m.QUEUED, "function"), "{{function}}"),)),
        Panel("Age of the oldest that waits", "s", ((now(m.QUEUE_AGE, "function", how="max"), "{{function}}"),)),
        Panel("Retries", "ops", ((rate(m.RETRIES, "function", "error"), "{{function}} {{error}}"),)),
        Panel("Dead letters written", "ops", ((rate(m.DEAD_LETTERS, "function"), "{{function}}"),)),
        Panel(
            "Bytes", "Bps",
            ((rate(m.INPUT, "function"), "{{function}} read"), (rate(m.OUTPUT, "function"), "{{function}} written")),
        ),
        Panel("CPU of handlers", "cores", ((rate(m.HANDLER_CPU, "function"), "{{function}}"),)),
        Panel(
            "Peak memory of handlers, p95", "bytes",
            ((quantile(0.95, m.HANDLER_MEMORY, "function"), "{{function}}"),),
        ),
        Panel(
            "What handlers say, mean", "short",
            ((mean(m.REPORTED, "function", "metric"), "{{function}} {{metric}}"),),
        ),
        Panel(
            "What handlers said last", "short",
            ((now(m.REPORTED_LAST, "function", "metric", how="max"), "{{function}} {{metric}}"),),
        ),
    ),
)  # fmt: skip
PLANE = Dashboard(
    "noria-plane",
    "noria: plane",
    (
        Panel("Processes that do not run", "short", ((f"count({m.UP.name}) - sum({m.UP.name})", ""),), 6, "stat"),
        Panel("Free space", "bytes", ((now(m.DISK, how="min"), ""),), 6, "stat"),
        Panel("Sources that answer", "short", ((f"sum({m.ANSWERS.name})", ""),), 6, "stat"),
        Panel("Version", "short", ((f"count by (version) ({m.INFO.name})", "{{version}}"),), 6, "stat"),
        Panel("CPU", "cores", ((f"sum by (part) (rate({m.CPU.name}[{INTERVAL}]))", "{{part}}"),)),
        Panel("Memory", "bytes", ((now(m.RESIDENT, "part"), "{{part}}"),)),
        Panel("Restarts", "short", ((f"sum by (part) (increase({m.RESTARTS.name}[1h]))", "{{part}}"),)),
        Panel(
            "Delivered and not answered", "short",
            ((now(m.DELIVERED, "function"), "{{function}}"), (now(m.REDELIVERED, "function"), "{{function}} again")),
        ),
        Panel("Unfinished runs", "short", ((now(m.RUNS, "function", "state"), "{{function}} {{state}}"),)),
        Panel("Oldest lease in the ledger", "s", ((now(m.OLDEST_LEASE, "function", how="max"), "{{function}}"),)),
        Panel("Runs in the ledger", "short", ((now(m.LEDGER, "function"), "{{function}}"),)),
        Panel("Since the ledger was read", "s", ((now(m.LEDGER_READ, how="max"), ""),)),
    ),
)  # fmt: skip
DASHBOARDS = (EVENTS, PLANE)
