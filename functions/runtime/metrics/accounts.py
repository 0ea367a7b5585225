"""Accounts: what one worker counts of its attempts. ``prometheus_client`` keeps and writes the numbers."""

import logging
import threading
from collections import deque
from collections.abc import Callable, Sequence
from typing import TypeVar

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, Summary, disable_created_metrics
from prometheus_client.exposition import generate_latest
from prometheus_client.process_collector import ProcessCollector

from functions.runtime.attempts import Attempt, Outcome
from functions.runtime.metrics import definitions as metrics
from functions.runtime.metrics.definitions import Metric
from functions.runtime.runs import WORKER_LOST, Run

log = logging.getLogger("noria.metrics")
MOST_NAMES = 50
"""Names of a handler's own metrics that are told apart; a handler may make names of what it reads."""
NAME_LIMIT = 100
OTHER = "other"
MOST_SEEN = 500
"""Attempts that are noted before they are counted at the latest."""
VERDICTS = ("done", "dead", "retry", "wait")
ENDED: frozenset[Outcome] = frozenset({"committed", "failed", "superseded", "retrying"})
Some = TypeVar("Some", Counter, Gauge, Summary)


class Accounts:
    """Counts the attempts of one worker of one service; every call is quick, and safe from any thread.

    Args:
        function: The service's name.
        worker: The worker's own.
        leases: Gives the ages of the leases that it holds now, in seconds.
        process: Whether to show this process's own CPU time and memory too.
    """

    def __init__(
        self, function: str, worker: str, leases: Callable[[], Sequence[float]], *, process: bool = False
    ) -> None:
        self._seen: deque[Attempt] = deque()
        self._lock = threading.Lock()
        disable_created_metrics()  # type: ignore[no-untyped-call]
        self._who = (function, worker)
        self._registry = CollectorRegistry()
        if process:
            ProcessCollector(registry=self._registry)
        self._attempts = self._counter(metrics.ATTEMPTS)
        self._retries = self._counter(metrics.RETRIES)
        self._reported = self._made(metrics.REPORTED, Summary)
        self._last = self._made(metrics.REPORTED_LAST, Gauge)
        self._dead_letters, self._input, self._output, self._cpu = (
            self._counter(each).labels(*self._who)
            for each in (metrics.DEAD_LETTERS, metrics.INPUT, metrics.OUTPUT, metrics.HANDLER_CPU)
        )
        self._memory = self._histogram(metrics.HANDLER_MEMORY).labels(*self._who)
        stage = self._histogram(metrics.STAGE)
        self._stages = {name: stage.labels(*self._who, name) for name in metrics.STAGES}
        events = self._counter(metrics.EVENTS)
        self._events = {name: events.labels(*self._who, name) for name in VERDICTS}  # a rate needs a nought to begin at
        self._made(metrics.IN_FLIGHT, Gauge).labels(*self._who).set_function(lambda: len(leases()))
        self._made(metrics.LEASE_AGE, Gauge).labels(*self._who).set_function(lambda: max(leases(), default=0))
        self._names: set[str] = set()

    def text(self) -> str:
        """Give everything in Prometheus' text form (0.0.4)."""
        self._count_all()
        return generate_latest(self._registry).decode()

    def saw(self, attempt: Attempt) -> None:
        """Note one attempt."""
        self._seen.append(attempt)
        if len(self._seen) >= MOST_SEEN:  # nobody looks
            self._count_all()

    def _count_all(self) -> None:
        """Count what was noted: one after the other takes a third of the time that each takes on its event's way."""
        with self._lock:
            while self._seen:
                attempt = self._seen.popleft()
                try:
                    self._count(attempt)
                except Exception:  # the others that were noted count all the same
                    log.exception("not counted")

    def _count(self, attempt: Attempt) -> None:
        verdict = attempt.verdict
        self._attempts.labels(*self._who, attempt.outcome).inc()
        if verdict is None:
            return
        self._events[verdict.kind].inc()
        if attempt.outcome == "failed":
            self._dead_letters.inc()
        if verdict.run and attempt.outcome in ENDED:
            self._count_failures(verdict.run, attempt.outcome)
        if attempt.outcome in {"held", "unsaved"}:
            return
        for stage in attempt.stages:
            self._stages[stage.name].observe(stage.seconds)
        if verdict.run:
            self._count_run(verdict.run, attempt)

    def _count_failures(self, run: Run, outcome: Outcome) -> None:
        """Count why the run is tried again, and the workers lost before this attempt, which told of nothing."""
        earlier = list(run.failures if outcome == "committed" else run.failures[:-1])
        if outcome == "retrying":
            self._retries.labels(*self._who, run.failures[-1].error).inc()
        while earlier and earlier.pop().error == WORKER_LOST:
            self._retries.labels(*self._who, WORKER_LOST).inc()

    def _count_run(self, run: Run, attempt: Attempt) -> None:
        if run.attempt == 1 and run.queued and not run.waited and not run.reopened:
            self._stages["queued"].observe(max(0.0, attempt.began - run.queued.timestamp()))
        if run.state != "committed" or attempt.outcome != "committed":
            return
        if run.queued and not run.reopened:
            self._stages["whole"].observe(max(0.0, attempt.ended_at - run.queued.timestamp()))
        self._input.inc(sum(one.size for one in run.members or (run.input,)))
        self._output.inc(sum(one.size for one in run.outputs))
        self._cpu.inc(max(0.0, run.cpu_seconds))
        if run.peak_memory:
            self._memory.observe(run.peak_memory)
        for name, value in run.metrics.items():
            self._report(name, value)

    def _report(self, name: str, value: float) -> None:
        name = _shown(name)
        known = name if name in self._names or len(self._names) < MOST_NAMES else OTHER
        self._names.add(known)
        labels = (*self._who, known)
        self._reported.labels(*labels).observe(value)
        self._last.labels(*labels).set(value)

    def _counter(self, metric: Metric) -> Counter:
        return self._made(metric, Counter)

    def _histogram(self, metric: Metric) -> Histogram:
        return Histogram(metric.name, metric.help, metric.labels, registry=self._registry, buckets=metric.buckets)

    def _made(self, metric: Metric, kind: type[Some]) -> Some:
        return kind(metric.name, metric.help, metric.labels, registry=self._registry)


def _shown(name: str) -> str:
    """Give a handler's name as a label: what is no character of a line (a break, half a surrogate pair) is ``_``."""
    return "".join(each if each.isprintable() else "_" for each in name[:NAME_LIMIT])
