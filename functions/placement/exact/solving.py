"""The cheapest placement, proven: HiGHS on the linear part, and only those response times that turn out to matter.

Round by round the linear programme is solved to the end, so that its bound holds for the whole problem; the exact
evaluator looks at what comes out, and each limit that is broken gets its rows (``times``), each time that was
underestimated its tangent. Where a row is there and HiGHS' tolerance let something through, that one combination is
excluded. Each round excludes a placement for good, and there are finitely many.
"""

import math
import time
from collections.abc import Mapping
from typing import Any

from functions.placement.answer import Answer, Relaxation, digest, gap_between
from functions.placement.evaluation import TOLERANCE
from functions.placement.exact import elastic, network
from functions.placement.exact.figures import Figures
from functions.placement.exact.formulation import Formulation
from functions.placement.exact.judging import Judge
from functions.placement.exact.leeway import Leeway
from functions.placement.exact.limits import limits
from functions.placement.exact.programme import ROW_TOLERANCE, Outcome, Programme, version
from functions.placement.exact.refinement import Refinement
from functions.placement.heuristics import incumbent
from functions.placement.system import Placement, System

GAP = 1e-6
"""Relative difference of cost and bound at which a placement counts as proven."""
SOLUTIONS = 20
"""Of one round that are judged; the best come first."""
FINER = 8
"""By how much more the counts of nodes go on where they turn out to end too soon."""
MANY = 1200
"""Places of partitions in all, from which on it pays to look for a good placement before the second round..."""
FAR = 0.01
"""...if the gap is larger than this."""
LOOKING = 5.0
"""Seconds that looking for a first placement may take at most, and a quarter of what is left."""
LOOKS = 60
"""Rounds of it: nothing depends on the machine's speed where they suffice."""
CONFIRMED = 2e-6
"""Share by which the costs lie below the bound that are asked for again."""
LEAST_CONFIRMING = 5.0
"""Seconds that asking again may take, or as many as everything before it took."""
DISAGREEMENTS = 3
"""Of HiGHS with itself, after which it is not asked again."""
EXPLANATION = 5.0
"""Seconds that finding the least changes may take at least."""


def solve(
    system: System,
    *,
    seconds: float = 60.0,
    start: Placement | None = None,
    gap: float = GAP,
    keep: Mapping[str, str] | None = None,
    seed: int = 0,
    explain: bool = True,
) -> Answer:
    """Find the cheapest placement, or prove that there is none and say what is the least to change.

    Args:
        system: What to place, where.
        seconds: Of wall clock; then the best placement so far is given, with the bound so far.
        start: A placement to begin with, such as the present one; it need not be feasible.
        gap: Relative difference of cost and bound at which to stop.
        keep: Layer -> the only one of its resources that may be used, such as the devices that are there.
        seed: Of HiGHS. The same gives the same answer, unless time runs out.
        explain: Whether to look, past the time if need be, for what to change if there is no placement.
    """
    return _Search(system, keep=keep or {}, gap=gap, seed=seed, seconds=seconds).run(start, explain=explain)


class _Search:
    """One search: rounds of solving and learning until cost and bound meet or time runs out."""

    def __init__(self, system: System, *, keep: Mapping[str, str], gap: float, seed: int, seconds: float) -> None:
        self.began = time.monotonic()
        self.system, self.keep, self.gap, self.seed, self.seconds = system, keep, gap, seed, seconds
        self.figures = Figures(system, keep)
        self.judge = Judge(system)
        self.bound = 0.0
        self.rounds = 0
        self.finer = 1.0
        self.presolve = True
        self.confirmed = False
        self.disagreements = 0
        self.refinement = self._write()

    def run(self, start: Placement | None, *, explain: bool) -> Answer:
        """Search, then answer."""
        if start and self._keeps(start):
            self.judge.consider(start, method="the placement given to start with")
        while self.left > 0 and not self.confirmed:
            before = self._known()
            if not (self._confirm() if self._is_proven() else self._round()) or self._known() == before:
                break
            if self.rounds == 1 and len(self.refinement.formulation.options) > MANY and self._is_far():
                self._look_around()
        relaxation = None
        if math.isinf(self.bound):
            relaxation = self._explain() if explain else Relaxation(elastic.NOT_TOLD)
        return self._answer(relaxation)

    @property
    def left(self) -> float:
        """Seconds."""
        return self.began + self.seconds - time.monotonic()

    def _look_around(self) -> None:
        """Look for a feasible placement by local search, where HiGHS and more nodes have not come to a good one."""
        found = incumbent(self.system, seconds=min(LOOKING, self.left / 4), seed=self.seed, rounds=LOOKS)
        if found and self._keeps(found):
            self.judge.consider(found, method="local search")

    def _write(self) -> Refinement:
        """Write the linear part down."""
        formulation = Formulation.of(self.figures, Leeway(Programme()), limits(self.system).values(), finer=self.finer)
        network.exclude_unjoined(formulation)
        return Refinement(formulation)

    def _round(self) -> bool:
        """Solve what is known of the problem and learn from the answer; tell whether to go on."""
        self.rounds += 1
        formulation = self.refinement.formulation
        known = formulation.start(self.judge.best.placement) if self.judge.best else None
        outcome = formulation.programme.solve(
            seconds=self.left, gap=self.gap / 2, seed=self.seed, start=known, presolve=self.presolve
        )
        if outcome.infeasible:
            self.bound = math.inf
            return True
        self.bound = max(self.bound, outcome.bound)
        return self._learn(outcome) and outcome.optimal

    def _learn(self, outcome: Outcome) -> bool:
        """Judge what was found, and learn from the best of it if it breaks a rule; tell whether there was anything."""
        formulation = self.refinement.formulation
        placements = [formulation.placement(each) for each in outcome.solutions[:SOLUTIONS]]
        self.judge.consider_all(placements[1:], method="HiGHS")
        if not placements:
            return False
        verdict = self.judge.consider(placements[0], method="HiGHS")
        if not verdict.feasible:
            self.refinement.learn(placements[0], verdict.violations)
        if self.refinement.is_coarse:
            self.finer *= FINER
            self.refinement = self._write()
        return True

    def _confirm(self) -> bool:
        """Ask HiGHS another way whether anything costs less than the bound; tell whether to go on.

        On about one of 10,000 small programmes HiGHS 1.15.1 calls a dear solution optimal or finds none where there is
        one, with presolve or without it; on none was it seen to be wrong both ways. Where the two differ, the solution
        that one of them has is what counts.
        """
        below = None if math.isinf(self.bound) else self.bound * (1 - CONFIRMED)
        outcome = self.refinement.formulation.programme.solve(
            seconds=min(self.left, max(time.monotonic() - self.began, LEAST_CONFIRMING)),
            gap=self.gap / 2,
            seed=self.seed + 1,
            presolve=not self.presolve,
            below=below,
        )
        if outcome.infeasible and below is None and self.judge.best:
            self.bound = 0.0  # wrong both ways
            return False
        self.confirmed = outcome.infeasible or self.bound <= 0
        if self.confirmed or not outcome.solutions:
            return False
        self.disagreements += 1
        self.presolve = not self.presolve
        self.bound = outcome.bound if math.isfinite(outcome.bound) else 0.0
        return self._learn(outcome) and self.disagreements < DISAGREEMENTS

    def _known(self) -> tuple[object, ...]:
        """What a round may change; one that changes nothing would be repeated for ever."""
        best = self.judge.best
        rows = len(self.refinement.formulation.programme.low)
        return self.bound, best and best.evaluation.cost, rows, self.finer, self.disagreements

    def _keeps(self, placement: Placement) -> bool:
        """Tell whether a placement uses no other resource of a layer than the one that is kept."""
        used = (self.system.resources[name] for name in placement.resources.values() if name in self.system.resources)
        return all(self.keep.get(each.layer, each.name) == each.name for each in used)

    def _gap(self) -> float:
        best = self.judge.best
        return gap_between(best.evaluation.cost, self.bound) if best else math.inf

    def _is_far(self) -> bool:
        return math.isfinite(self.bound) and self._gap() > FAR

    def _is_proven(self) -> bool:
        """Whether HiGHS says, one way or both, that nothing is cheaper, or that there is no placement at all."""
        return math.isinf(self.bound) or self._gap() <= self.gap

    def _explain(self) -> Relaxation | None:
        """Say why there is no placement; if there turns out to be one after all, take it, with no bound."""
        relaxation = elastic.explain(self.figures, seconds=max(self.left, EXPLANATION), seed=self.seed)
        if relaxation.placement and not relaxation.changes:
            self.bound = 0.0
            self.judge.consider(relaxation.placement, method="HiGHS, with every limit elastic")
            return None
        return relaxation

    def _answer(self, relaxation: Relaxation | None) -> Answer:
        found = self.judge.best
        seconds = time.monotonic() - self.began
        if not found:
            infeasible = relaxation is not None and (self.confirmed or relaxation.proven)
            self.bound = math.inf if infeasible else 0.0 if math.isinf(self.bound) else self.bound
            certificate = self._certificate(seconds, proven=infeasible)
            return Answer(
                feasible=False if infeasible else None,
                placement=None,
                evaluation=None,
                cost=None,
                bound=self.bound,
                gap=None,
                seconds=seconds,
                proven=infeasible,
                method="HiGHS",
                relaxation=relaxation if infeasible else None,
                certificate=certificate,
            )
        return Answer(
            feasible=True,
            placement=found.placement,
            evaluation=found.evaluation,
            cost=found.evaluation.cost,
            bound=min(self.bound, found.evaluation.cost),
            gap=gap_between(found.evaluation.cost, self.bound),
            seconds=seconds,
            proven=self._is_proven(),
            method=found.method,
            certificate=self._certificate(seconds, proven=self._is_proven()),
        )

    def _certificate(self, seconds: float, *, proven: bool) -> dict[str, Any]:
        """Give everything that a second look needs; numbers that are not finite as None, as JSON has none."""
        found = self.judge.best
        cost = found.evaluation.cost if found else None
        return {
            "cost": cost,
            "bound": min(self.bound, cost if cost is not None else math.inf) if math.isfinite(self.bound) else None,
            "gap": gap_between(cost, self.bound) if cost is not None else None,
            "proven": proven,
            "confirmed": self.confirmed,
            "seconds": round(seconds, 3),
            "rounds": self.rounds,
            "solver": {"name": "HiGHS", "version": version(), "threads": 1, "seed": self.seed},
            "tolerances": {"gap": self.gap, "rows": ROW_TOLERANCE, "evaluator": TOLERANCE},
            "utilisation_limit": self.system.utilisation_limit,
            "kept": dict(self.keep),
            "system": digest(self.system),
            "placement": digest(found.placement) if found else None,
            "evaluator": {"feasible": found is not None, "violations": []},
        }
