"""Where an event's time goes on noria's way, by its own commit records."""

from collections.abc import Sequence
from dataclasses import asdict

from tests.performance.bench import Bench
from tests.performance.figures import Spread, show_table
from tests.performance.traffic import Passage


def stages(bench: Bench, passed: Sequence[Passage]) -> dict[str, object]:
    """Print and give the milliseconds between one step and the next."""
    steps: dict[str, list[float]] = {}
    for each in passed:
        run = bench.ledger.find(each.upload.run)
        assert run is not None
        assert run.queued
        assert run.started
        assert run.finished
        times = {
            "PUT start -> in the stream": run.queued.timestamp(),
            "-> worker has it": run.started.timestamp(),
            "-> handler (claim, download)": each.handler,
            "-> handler done, outputs uploaded": run.finished.timestamp(),
            "-> commit record written": each.committed,
        }
        before = each.upload.began
        for name, at in times.items():
            steps.setdefault(name, []).append((at - before) * 1000)
            before = at
    spreads = {name: Spread.of(samples) for name, samples in steps.items()}
    show_table("noria, step by step (ms)", ["", "p50", "p99"], [(n, s.p50, s.p99) for n, s in spreads.items()])
    return {name: asdict(spread) for name, spread in spreads.items()}
