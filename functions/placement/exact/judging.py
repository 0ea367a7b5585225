"""The best placement so far: only what the exact evaluator finds feasible counts."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from functions.placement.evaluation import Evaluator
from functions.placement.system import Placement, System
from functions.placement.verdict import Evaluation, Rule

NODES_MEND: frozenset[Rule] = frozenset({"utilisation", "local", "path"})
"""Rules that more nodes may help with."""
STEPS = 200
"""Times that nodes are added to mend one placement."""


@dataclass(frozen=True)
class Found:
    """A feasible placement, and who found it."""

    placement: Placement
    evaluation: Evaluation
    method: str


class Judge:
    """Judges placements and keeps the cheapest feasible one.

    Attributes:
        best: It, if there is one.
    """

    def __init__(self, system: System) -> None:
        self.system = system
        self.evaluator = Evaluator(system)
        self.best: Found | None = None

    def consider(self, placement: Placement, *, method: str) -> Evaluation:
        """Judge a placement; keep it, or what it becomes with more nodes, if that is the best so far."""
        verdict = evaluation = self.evaluator.evaluate(placement)
        for _ in range(STEPS):
            if evaluation.feasible or not self._may_mend(evaluation):
                break
            more = self._more_nodes(placement, evaluation)
            if more is None:
                break
            placement, evaluation = more, self.evaluator.evaluate(more)
        if evaluation.feasible and self._is_cheaper(evaluation):
            self.best = Found(placement, evaluation, method)
        return verdict

    def consider_all(self, placements: Iterable[Placement], *, method: str) -> None:
        """Judge several."""
        for placement in placements:
            self.consider(placement, method=method)

    def _is_cheaper(self, evaluation: Evaluation) -> bool:
        return self.best is None or evaluation.cost < self.best.evaluation.cost

    def _may_mend(self, evaluation: Evaluation) -> bool:
        return self._is_cheaper(evaluation) and all(each.rule in NODES_MEND for each in evaluation.violations)

    def _more_nodes(self, placement: Placement, evaluation: Evaluation) -> Placement | None:
        """Add nodes, an eighth more but at least one, to the resource that is used most and has any left."""
        left = {
            name: evaluation.utilisation[name]
            for name, nodes in placement.nodes.items()
            if nodes < self.system.resources[name].nodes
        }
        if not left:
            return None
        name = max(left, key=left.__getitem__)
        nodes = min(placement.nodes[name] + max(placement.nodes[name] // 8, 1), self.system.resources[name].nodes)
        return replace(placement, nodes={**placement.nodes, name: nodes})
