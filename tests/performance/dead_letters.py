"""``dead-letters``: from a refused object to the webhook that tells a person, by Prometheus and Alertmanager."""

import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from functions.runtime.runs import Run
from tests.performance.bench import BenchError
from tests.performance.figures import notes, show_table
from tests.pipeline.metrics.conftest import Measured
from tests.pipeline.metrics.prometheus import Prometheus, Told, are_installed, webhook
from tests.pipelines import pipelines

COUNT = 5
"""Functions, each of which refuses one object: Alertmanager tells of the same function again only after a while."""
LIMIT = 5.0
PATIENCE = 60.0


def dead_letters(count: int = COUNT) -> dict[str, object]:
    """Measure with scrapes and rules every second.

    Raises:
        BenchError: The programs are not installed, or nobody is told.
    """
    if not are_installed():
        raise BenchError("no prometheus and prometheus-alertmanager: make system")
    with tempfile.TemporaryDirectory(prefix="noria-bench-") as name:
        folder = Path(name)
        names = [f"refuse-{number}" for number in range(count)]
        (folder / "bench.yaml").write_text(pipelines({each: (f"in-{each}/in", f"out-{each}/out") for each in names}))
        plane = Measured(folder / ".noria")
        try:
            plane("up", "--detach", "--no-dashboard", folder / "bench.yaml")
            targets = Path(plane.home / "run" / "metrics" / "*.json")
            assert plane.address
            with webhook() as told, Prometheus(folder, targets, told.url) as prometheus:
                _wait(lambda: len(prometheus.ask("noria_dead_letters_total")) == count)
                seconds = [_delay(plane, told, each) for each in names]
        finally:
            plane("down")
    rows = [(statistics.median(seconds), max(seconds), LIMIT, "yes" if max(seconds) <= LIMIT else "NO")]
    show_table(f"{count} refused objects: record written -> webhook (s)", ["median", "worst", "limit", "holds"], rows)
    return {"seconds": seconds, "limit": LIMIT}


def _delay(plane: Measured, told: Told, name: str) -> float:
    run: Run = plane.ended(plane.write(name, f"in-{name}", "in/refuse.txt", b"reject"))[0]
    assert run.finished
    _wait(lambda: any(alert["labels"]["function"] == name for alert in told.of("NoriaDeadLetter")))
    seconds = time.time() - run.finished.timestamp()
    notes.print(f"[dim]{name}: {seconds:.2f} s")
    return seconds


def _wait(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not holds():
        if time.monotonic() > deadline:
            raise BenchError(f"not within {PATIENCE:g} s")
        time.sleep(0.02)
