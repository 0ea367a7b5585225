"""``placement``: the 80 published systems and larger ones made of them, each solved with its proof.

Published costs are those of the solutions that SPACE4AI-R's repository has for the load of 1.8 requests a second. How
they were found, and in what time, is not said there.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from statistics import mean, median

from functions.placement import system_json
from functions.placement.answer import Answer
from functions.placement.evaluation import evaluate
from functions.placement.exact import solve
from functions.placement.exact.solving import GAP
from functions.placement.system import System
from tests.performance.anew import anew
from tests.performance.bench import BenchError
from tests.performance.figures import notes, show_table
from tests.performance.folding import fold

CASES = Path(__file__).parents[3] / "shared" / "cases" / "space4ai"
LOAD = 1.8
"""Requests a second."""
ROUNDING = 1e-4
"""Share; published costs have few digits."""
LONGEST = 60.0
"""Seconds of wall clock that one system may take."""
FOLDED = (
    ("Light/15Components/Ins1", 2, 60.0, 1e-6),
    ("Strict/15Components/Ins1", 2, 60.0, 1e-6),
    ("Light/15Components/Ins1", 4, 300.0, 0.1),
    ("Strict/15Components/Ins1", 4, 300.0, 0.1),
)
"""System, copies of it, seconds of wall clock that it may take, gap that it has to reach."""
COLUMNS = ("system", "cost", "published", "saving", "bound", "gap", "s", "rounds", "checked")
SET_COLUMNS = ("set", "systems", "proven", "cheaper", "mean saving", "most", "median s", "most s")


@dataclass(frozen=True)
class Solved:
    """A system, what was published for it, and the answer.

    Attributes:
        gap: That was asked for.
        clean: What a fresh evaluator says of the placement.
    """

    name: str
    published: float | None
    answer: Answer
    gap: float
    clean: bool

    @property
    def saving(self) -> float:
        """Share of the published cost."""
        return 1 - (self.answer.cost or 0.0) / self.published if self.published else float("nan")

    @property
    def is_good(self) -> bool:
        """Whether it is as good as was asked for, breaks no rule, and is never dearer than published."""
        gap = self.answer.gap
        return self.clean and gap is not None and gap <= self.gap and not self.saving < -ROUNDING


def placement(*, count: int | None = None, seconds: float | None = None) -> dict[str, object]:
    """Solve the published systems, or the first ``count`` of each set of ten, each within ``seconds``.

    Raises:
        BenchError: A system took too long, was not proven, is dearer than published, or breaks a rule.
    """
    if not CASES.is_dir():
        raise BenchError(f"the published systems are not here: {CASES}")
    sets = {folder: [_published(each, seconds or LONGEST) for each in _systems(folder, count)] for folder in _sets()}
    solved = [each for found in sets.values() for each in found]
    folded = [] if count else [_folded(name, times, longest, gap) for name, times, longest, gap in FOLDED]
    show_table("Published systems", COLUMNS, map(_row, [*solved, *folded]))
    show_table("By set", SET_COLUMNS, [_summary(name, found) for name, found in sets.items()])
    if bad := [each.name for each in (*solved, *folded) if not each.is_good]:
        raise BenchError(f"not proven in time, dearer than published or breaking a rule: {', '.join(bad)}")
    largest = [each for folder in _sets()[3::4] for each in _systems(folder, count or 2)]
    return {
        "systems": [_figures(each) for each in solved],
        "folded": [_figures(each) for each in folded],
        "anew": anew((each, _read(each)) for each in largest),
    }


def _sets() -> list[str]:
    return [f"{kind}/{size}Components" for kind in ("Light", "Strict") for size in (5, 7, 10, 15)]


def _systems(folder: str, count: int | None) -> list[str]:
    return [f"{folder}/Ins{number}" for number in range(1, (count or 10) + 1)]


def _read(name: str) -> System:
    return system_json.read(CASES / name / "system_description.json", load=LOAD)


def _published(name: str, seconds: float) -> Solved:
    cost = json.loads((CASES / name / "best_sol_1.8.json").read_text())["total_cost"]
    return _solve(name, _read(name), seconds=seconds, gap=GAP, published=float(cost))


def _folded(name: str, times: int, seconds: float, gap: float) -> Solved:
    return _solve(f"{name} x {times}", fold(_read(name), times), seconds=seconds, gap=gap)


def _solve(name: str, system: System, *, seconds: float, gap: float, published: float | None = None) -> Solved:
    notes.print(name, end="\r" if notes.is_terminal else "\n")
    answer = solve(system, seconds=seconds)
    clean = answer.placement is not None and evaluate(system, answer.placement).feasible
    return Solved(name, published, answer, gap, clean)


def _row(solved: Solved) -> list[object]:
    answer = solved.answer
    cost, gap = (float("nan") if each is None else each for each in (answer.cost, answer.gap))
    return [
        solved.name,
        f"{cost:.4f}",
        f"{solved.published:.4f}" if solved.published else "-",
        f"{solved.saving:.1%}" if solved.published else "-",
        f"{answer.bound:.4f}",
        "0" if gap < ROUNDING * GAP else f"{gap:.0e}",
        f"{answer.seconds:.1f}",
        answer.certificate["rounds"],
        "yes" if solved.is_good else "NO",
    ]


def _summary(name: str, found: list[Solved]) -> list[object]:
    savings = [each.saving for each in found]
    seconds = [each.answer.seconds for each in found]
    return [
        name,
        len(found),
        sum(each.answer.proven for each in found),
        sum(each.saving > ROUNDING for each in found),
        f"{mean(savings):.1%}",
        f"{max(savings):.1%}",
        f"{median(seconds):.1f}",
        f"{max(seconds):.1f}",
    ]


def _figures(solved: Solved) -> dict[str, object]:
    certificate = {
        key: value for key, value in solved.answer.certificate.items() if key not in {"solver", "tolerances"}
    }
    return {"name": solved.name, "published": solved.published, "checked": solved.is_good, **certificate}
