"""``scheduling``: training jobs on GPU nodes: what planning saves over FIFO, EDF and priority, and how sure that is.

Instances as ANDREAS's generator draws them (``functions/scheduling/generation.py``): its paper says 30 to 62 % on
average. Costs are the checker's; seconds are wall time of this machine as it was.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import mean

from functions.scheduling.answer import ScheduleAnswer
from functions.scheduling.generation import Arrivals, generated
from functions.scheduling.scheduling import schedule
from tests.performance.figures import show_table

SMALL: tuple[tuple[int, int, Arrivals, int], ...] = (
    (2, 6, "high", 1),
    (2, 6, "high", 2),
    (2, 6, "together", 1),
    (2, 8, "high", 1),
    (3, 10, "high", 1),
    (3, 12, "mixed", 1),
)
"""Nodes, jobs, arrivals, seed."""
ANDREAS: tuple[Arrivals, ...] = ("high", "low", "mixed", "exponential")
NODES = (3, 4, 5)
SEEDS = (1, 2, 3)
LARGE: tuple[tuple[int, int, Arrivals], ...] = ((100, 400, "high"), (100, 400, "together"), (50, 500, "high"))
BASELINES = ("FIFO", "EDF", "Priority")
WORTHWHILE = 0.30
"""Share saved on average, ANDREAS's lower figure. With ``low`` arrivals hardly anybody waits: the bounds leave 3 %."""
QUICK = 5.0
"""Seconds for 100 nodes and 400 jobs: STS's figure."""


@dataclass(frozen=True)
class Measured:
    """One answer, and what it is an answer to."""

    name: str
    answer: ScheduleAnswer

    def saved(self, baseline: str) -> float:
        """Give the share of the baseline's cost that is saved."""
        return 1 - self.answer.cost / self.answer.baselines[baseline].cost

    def figures(self) -> dict[str, object]:
        """Give what goes into the file."""
        return {
            "name": self.name,
            "method": self.answer.method,
            "interruptions": self.answer.interruptions,
            "cost": self.answer.cost,
            "bound": self.answer.bound,
            "gap": self.answer.gap,
            "seconds": self.answer.seconds,
            "stopped": self.answer.stopped,
            "saved": {baseline: self.saved(baseline) for baseline in BASELINES},
        }


def scheduling() -> dict[str, object]:
    """Measure, print the tables and give the figures."""
    small = [_measured(nodes, jobs, arrivals, seed=seed, seconds=60) for nodes, jobs, arrivals, seed in SMALL]
    _show("Small: exact, without interruptions, 60 s at most", small)
    large = [_measured(nodes, jobs, arrivals, seconds=QUICK - 0.5) for nodes, jobs, arrivals in LARGE]
    _show(f"Large: without interruptions, {QUICK - 0.5:g} s", large)
    series = {arrivals: _series(arrivals) for arrivals in ANDREAS}
    rows = [(f"{arrivals}, {way}", *_means(own)) for arrivals, ways in series.items() for way, own in ways.items()]
    columns = ("arrivals", *(f"saved on {name} %" for name in BASELINES), "mean gap %", "slowest s")
    show_table(f"As ANDREAS: {NODES} nodes, 10 jobs a node, {len(SEEDS)} seeds each, means", columns, rows)
    met = _targets(large, series)
    show_table("Goals", ("goal", "measured", "limit", "met"), met)
    return {
        "small": [each.figures() for each in small],
        "large": [each.figures() for each in large],
        "andreas": {a: {way: [m.figures() for m in own] for way, own in ways.items()} for a, ways in series.items()},
        "goals": [list(row) for row in met],
    }


def _measured(
    nodes: int, jobs: int, arrivals: Arrivals, *, seconds: float, seed: int = 1, method: str = "best"
) -> Measured:
    instance = generated(nodes, jobs, seed=seed, arrivals=arrivals)
    return Measured(f"{nodes}/{jobs} {arrivals} {seed}", schedule(instance, seconds=seconds, method=method))


def _series(arrivals: Arrivals) -> dict[str, list[Measured]]:
    every = [(nodes, 10 * nodes, seed) for nodes in NODES for seed in SEEDS]
    return {
        method: [_measured(nodes, jobs, arrivals, seed=seed, seconds=20, method=method) for nodes, jobs, seed in every]
        for method in ("Greedy", "RandomGreedy", "search")
    }


def _means(own: Sequence[Measured]) -> tuple[float, ...]:
    saved = [100 * mean(each.saved(baseline) for each in own) for baseline in BASELINES]
    return (*saved, 100 * mean(each.answer.gap for each in own), max(each.answer.seconds for each in own))


def _show(title: str, measured: Iterable[Measured]) -> None:
    columns = ("nodes/jobs", "cost", "bound", "gap %", "seconds", *(f"saved on {name} %" for name in BASELINES))
    rows = [
        (
            each.name,
            each.answer.cost,
            each.answer.bound,
            100 * each.answer.gap,
            each.answer.seconds,
            *(100 * each.saved(name) for name in BASELINES),
        )
        for each in measured
    ]
    show_table(title, columns, rows)


def _targets(
    large: Sequence[Measured], series: dict[Arrivals, dict[str, list[Measured]]]
) -> list[tuple[str, float, float, str]]:
    rows = []
    for what, chosen in (("all arrivals", ANDREAS), ("all but low", tuple(each for each in ANDREAS if each != "low"))):
        for baseline in BASELINES:
            saved = mean(each.saved(baseline) for arrivals in chosen for each in series[arrivals]["RandomGreedy"])
            rows.append((f"saved on {baseline}, {what}", saved, WORTHWHILE, "yes" if saved >= WORTHWHILE else "NO"))
    slowest = max(each.answer.seconds for each in large if each.name.startswith("100/400"))
    rows.append(("seconds for 100 nodes, 400 jobs", slowest, QUICK, "yes" if slowest < QUICK else "NO"))
    return rows
