"""``load``: many objects a second for minutes: how long each takes, and what the processes hold in the end."""

import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, replace

from tests.performance.contestants import FLOOR, NORIA, Contestant
from tests.performance.figures import Spread, notes, ratio, show_table
from tests.performance.processes import Growth, Sampler
from tests.performance.supervised import SupervisedBench
from tests.performance.traffic import Upload, milliseconds, passages, put

RATE = 50.0
SECONDS = 600.0
FLOOR_SHARE = 10
"""The floor gets the same rate for a so-manieth part of the time."""
SETTLED = 120.0
"""Seconds after which memory must not grow; a fifth of a run that is shorter than ten minutes."""
UPLOADERS = 32
LIMITS = {"p99": 1000.0, "growth": 10.0}
"""Milliseconds from when a PUT was due to its commit record; percent of memory."""


def load(bench: SupervisedBench, seconds: float = SECONDS, rate: float = RATE) -> dict[str, object]:
    """Measure, print the tables and give the figures."""
    bench.start(FLOOR)
    _steady(bench, FLOOR, 2, rate, "warm")
    floor = _spread(bench, _steady(bench, FLOOR, max(2, seconds / FLOOR_SHARE), rate, "steady"))
    bench.stop(FLOOR)
    _steady(bench, NORIA, 2, rate, "warm")
    notes.print(f"[dim]{rate:g} uploads a second for {seconds:g} s")
    with Sampler(bench.parts) as sampler:
        uploads = _steady(bench, NORIA, seconds, rate, "steady")
    bench.wait_answered(NORIA, timeout_s=300)
    ours = _spread(bench, uploads)
    settled = SETTLED if seconds >= 5 * SETTLED else seconds / 5
    grown = sampler.growth(settled)
    _show(ours, floor, grown, settled, rate)
    return {
        "uploads_per_second": rate,
        "seconds": seconds,
        "committed": asdict(ours),
        "floor": asdict(floor),
        "ratios": {"p50": ratio(ours.p50, floor.p50), "p99": ratio(ours.p99, floor.p99)},
        "settled_seconds": settled,
        "processes": [asdict(each) for each in grown],
        "samples": {name: [asdict(sample) for sample in samples] for name, samples in sampler.samples.items()},
        "targets": _targets(ours, grown),
    }


def spread_out(bench: SupervisedBench, who: Contestant, count: int, rate: float, tag: str) -> list[Upload]:
    """Upload ``count`` objects, each when it is due, however long the ones before it take.

    An upload counts as begun when it was due: a store that makes uploads wait must not hide what that costs.
    """
    begin = time.time() + 0.1

    def upload(number: int) -> Upload:
        due = begin + number / rate
        time.sleep(max(0.0, due - time.time()))
        return replace(put(bench, who, f"in/{tag}-{number:06}.bin"), began=due)

    with ThreadPoolExecutor(UPLOADERS) as threads:
        done = list(threads.map(upload, range(count)))
    bench.expect(who, count)
    return done


def _steady(bench: SupervisedBench, who: Contestant, seconds: float, rate: float, tag: str) -> list[Upload]:
    done = spread_out(bench, who, max(1, round(seconds * rate)), rate, tag)
    bench.wait_answered(who, timeout_s=300)
    return done


def _spread(bench: SupervisedBench, uploads: Sequence[Upload]) -> Spread:
    return Spread.of(milliseconds(passages(bench, uploads), lambda each: each.committed))


def _targets(ours: Spread, grown: Sequence[Growth]) -> list[dict[str, object]]:
    rows = [("PUT -> committed p99, ms", ours.p99, LIMITS["p99"])]
    rows += [(f"{each.name}: memory, % more", each.rss_percent, LIMITS["growth"]) for each in grown]
    return [
        {"target": name, "measured": measured, "below": limit, "holds": measured < limit}
        for name, measured, limit in rows
    ]


def _show(ours: Spread, floor: Spread, grown: Sequence[Growth], settled: float, rate: float) -> None:
    show_table(
        f"PUT due -> committed at {rate:g}/s (ms)",
        ["", "n", "p50", "p99", "worst"],
        [("noria", ours.count, ours.p50, ours.p99, ours.worst), (FLOOR.title, *asdict(floor).values())],
    )
    show_table(
        "noria / floor", ["", "p50", "p99"], [("committed", ratio(ours.p50, floor.p50), ratio(ours.p99, floor.p99))]
    )
    show_table(
        f"What the processes hold: {settled:g} s after the beginning, and at the end",
        ["", "RSS MB", "end", "% more", "files", "end", "threads", "end"],
        [(g.name, g.rss, g.rss_last, g.rss_percent, g.files, g.files_last, g.threads, g.threads_last) for g in grown],
    )
    show_table(
        "Targets",
        ["", "measured", "below", "holds"],
        [(t["target"], t["measured"], t["below"], "yes" if t["holds"] else "NO") for t in _targets(ours, grown)],
    )
