"""``event-path``: from the start of a PUT to the handler and to the committed result, and events a second."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from statistics import median

from tests.performance.bench import Bench
from tests.performance.contestants import FLOOR, NORIA, Contestant
from tests.performance.figures import Spread, notes, out, ratio, readable, show_table
from tests.performance.stages import stages
from tests.performance.traffic import Passage, backlog, milliseconds, one_by_one, paced, passages

RATE = 15.0
"""Uploads a second, for all contestants together: each event is alone in the machine."""
WARM_UP = 5
SLOW_SHARE = 25
"""A slow contestant gets one event in so many, and 20 at least."""
ROUNDS = 3


@dataclass
class Result:
    """A contestant's figures: milliseconds from the start of the PUT, and events a second of each round."""

    title: str
    handler: Spread
    committed: Spread
    rates: list[float] = field(default_factory=list)

    @property
    def rate(self) -> float:
        """Events a second, the median of the rounds."""
        return median(self.rates) if self.rates else float("nan")


def event_path(bench: Bench, count: int) -> dict[str, object]:
    """Measure every contestant, print the tables and give the figures."""
    passed = _latencies(bench, count)
    results = {
        who.name: Result(
            who.title,
            Spread.of(milliseconds(passed[who.name], lambda each: each.handler)),
            Spread.of(milliseconds(passed[who.name], lambda each: each.committed)),
        )
        for who in bench.contestants
    }
    for round_ in range(ROUNDS):
        for who in bench.contestants:
            if not who.is_slow or round_ == 0:
                results[who.name].rates.append(_rate(bench, who, _share(who, count), f"backlog{round_}"))
    _show(results)
    way = stages(bench, passed[NORIA.name])
    return {
        "uploads_per_second": RATE,
        "contestants": {name: asdict(each) | {"rate": each.rate} for name, each in results.items()},
        "ratios": {name: _ratios(results[NORIA.name], each) for name, each in results.items() if name != NORIA.name},
        "targets": _targets(results),
        "noria_stages_ms": way,
    }


def _share(who: Contestant, count: int) -> int:
    return max(20, count // SLOW_SHARE) if who.is_slow else count


def _latencies(bench: Bench, count: int) -> dict[str, list[Passage]]:
    """Upload for the quick ones in turn, then for the slow one by one; everyone is stopped at the end."""
    quick = [who for who in bench.contestants if not who.is_slow]
    for who in quick:
        bench.start(who)
    paced(bench, quick, WARM_UP, RATE, "warm")
    notes.print(f"[dim]{count} uploads for each of {len(quick)}, {RATE:g}/s in all")
    uploads = paced(bench, quick, count, RATE, "paced")
    for who in quick:
        bench.stop(who)
    for who in bench.contestants:
        if who.is_slow:
            notes.print(f"[dim]{_share(who, count)} uploads for {who.name}, one by one")
            bench.start(who)
            one_by_one(bench, who, 1, "warm")
            uploads += one_by_one(bench, who, _share(who, count), "single")
            bench.stop(who)
    found = passages(bench, uploads)
    return {who.name: [each for each in found if each.upload.who == who] for who in bench.contestants}


def _rate(bench: Bench, who: Contestant, count: int, tag: str) -> float:
    """Committed events a second of one worker that finds a backlog, from its first result to its last."""
    uploads = backlog(bench, who, count, tag)
    bench.process(who).start()
    bench.wait_answered(who, timeout_s=300)
    bench.stop(who)
    committed = [each.committed for each in passages(bench, uploads)]
    rate = (count - 1) / (max(committed) - min(committed))
    notes.print(f"[dim]{who.name}: {rate:.0f} events/s")
    return rate


def _ratios(ours: Result, theirs: Result) -> dict[str, float]:
    return {
        "handler_p50": ratio(ours.handler.p50, theirs.handler.p50),
        "handler_p99": ratio(ours.handler.p99, theirs.handler.p99),
        "committed_p50": ratio(ours.committed.p50, theirs.committed.p50),
        "committed_p99": ratio(ours.committed.p99, theirs.committed.p99),
        "rate": ratio(ours.rate, theirs.rate),
    }


def _targets(results: dict[str, Result]) -> list[dict[str, object]]:
    ours = results[NORIA.name]
    rows: list[tuple[str, float, float, bool]] = [
        ("PUT -> handler p50, ms", ours.handler.p50, 25, ours.handler.p50 <= 25),
        ("PUT -> handler p99, ms", ours.handler.p99, 150, ours.handler.p99 <= 150),
        ("PUT -> committed p50, ms", ours.committed.p50, 80, ours.committed.p50 <= 80),
        ("PUT -> committed p99, ms", ours.committed.p99, 400, ours.committed.p99 <= 400),
        ("events/s of one worker", ours.rate, 150, ours.rate >= 150),
    ]
    if FLOOR.name in results:
        ratios = _ratios(ours, results[FLOOR.name])
        rows += [(f"{name.replace('_', ' ')} / floor", ratios[name], 3, ratios[name] <= 3) for name in list(ratios)[:4]]
        slower = ratio(1, ratios["rate"])
        rows.append(("floor's events/s / noria's", slower, 3, slower <= 3))
    return [{"target": name, "measured": value, "limit": limit, "holds": holds} for name, value, limit, holds in rows]


def _show(results: dict[str, Result]) -> None:
    columns = ["", "n", "handler p50", "p99", "committed p50", "p99", "events/s", "rounds"]
    show_table("PUT start -> handler start, -> committed (ms)", columns, [_row(each) for each in results.values()])
    ours = results[NORIA.name]
    rows: list[Sequence[object]] = [
        (each.title, *_ratios(ours, each).values()) for name, each in results.items() if name != NORIA.name
    ]
    show_table("noria / other (events/s: more is better)", ["", *columns[2:7]], rows)
    show_table(
        "Targets",
        ["", "measured", "limit", "holds"],
        [(t["target"], t["measured"], t["limit"], "yes" if t["holds"] else "NO") for t in _targets(results)],
    )
    out.print("A peer's handler begins before it reads its input, noria's after the claim and the download.")


def _row(result: Result) -> Sequence[object]:
    handler, committed = result.handler, result.committed
    rounds = " ".join(readable(each) for each in result.rates)
    return (result.title, handler.count, handler.p50, handler.p99, committed.p50, committed.p99, result.rate, rounds)
