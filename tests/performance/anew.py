"""How soon a system is placed anew when the load changes: what an event has to wait for."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass

from functions.placement.evaluation import evaluate, with_load
from functions.placement.exact import solve
from functions.placement.system import System
from functions.redeployment.reoptimise import SECONDS, reoptimise
from tests.performance.bench import BenchError
from tests.performance.figures import show_table

LOADS = (1.2, 2.4)
"""Requests a second, after 1.8."""
MOST = SECONDS * 1.2
"""Seconds of wall clock."""
COLUMNS = ("system", "load", "cost", "gap", "s")


@dataclass(frozen=True)
class Anew:
    """One answer; ``gap`` is its share above the bound, none where nothing was found."""

    name: str
    load: float
    cost: float | None
    gap: float | None
    seconds: float
    clean: bool


def anew(systems: Iterable[tuple[str, System]]) -> list[dict[str, object]]:
    """Place systems for their own load, then anew for others.

    Raises:
        BenchError: It took too long, or the placement breaks a rule.
    """
    found = [each for name, system in systems for each in _anew(name, system)]
    rows = [[each.name, each.load, each.cost, each.gap, f"{each.seconds:.2f}"] for each in found]
    show_table("Placed anew", COLUMNS, rows)
    if bad := [f"{each.name} at {each.load}" for each in found if each.seconds > MOST or not each.clean]:
        raise BenchError(f"not placed anew within {MOST:g} s, or breaking a rule: {', '.join(bad)}")
    return [asdict(each) for each in found]


def _anew(name: str, system: System) -> Iterable[Anew]:
    current = solve(system).placement
    if current is None:
        raise BenchError(f"{name} has no placement to begin with")
    for load in LOADS:
        answer = reoptimise(system, current, load=load)
        clean = answer.placement is None or evaluate(with_load(system, load), answer.placement).feasible
        yield Anew(name, load, answer.cost, answer.gap, answer.seconds, clean)
