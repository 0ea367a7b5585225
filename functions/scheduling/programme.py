"""A mixed-integer linear programme on HiGHS: variables and rows are given one by one, numbers come back."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import inf

import highspy
import numpy as np

Terms = Sequence[tuple[int, float]]
"""(variable, coefficient)."""


@dataclass(frozen=True)
class Solution:
    """What HiGHS found: ``values`` is empty if nothing, ``bound`` holds in any case."""

    status: str
    values: tuple[float, ...]
    cost: float
    bound: float


@dataclass
class Programme:
    """Minimise the sum of the variables' costs subject to the rows."""

    costs: list[float] = field(default_factory=list)
    lower: list[float] = field(default_factory=list)
    upper: list[float] = field(default_factory=list)
    whole: list[bool] = field(default_factory=list)
    rows: list[tuple[float, float, Terms]] = field(default_factory=list)

    def variable(self, lower: float, upper: float, *, cost: float = 0.0, whole: bool = False) -> int:
        """Add a variable and give its number."""
        self.costs.append(cost)
        self.lower.append(lower)
        self.upper.append(upper)
        self.whole.append(whole)
        return len(self.costs) - 1

    def binary(self, *, at: int | None = None) -> int:
        """Add a variable that is 0 or 1, or fixed."""
        return self.variable(at or 0, 1 if at is None else at, whole=True)

    def at_least(self, terms: Terms, limit: float) -> None:
        """Add a row ``sum >= limit``."""
        self.rows.append((limit, inf, terms))

    def at_most(self, terms: Terms, limit: float) -> None:
        """Add a row ``sum <= limit``."""
        self.rows.append((-inf, limit, terms))

    def equal(self, terms: Terms, value: float) -> None:
        """Add a row ``sum == value``."""
        self.rows.append((value, value, terms))

    def solve(self, *, seconds: float, seed: int, gap: float, start: Mapping[int, float]) -> Solution:
        """Solve it on one thread.

        Args:
            seconds: Wall time at most.
            seed: HiGHS's.
            gap: Relative gap at which it is solved.
            start: Values of some variables of a solution that is known, the whole ones at least.
        """
        solver = highspy.Highs()  # type: ignore[no-untyped-call]
        options = {
            "output_flag": False,
            "threads": 1,
            "random_seed": seed,
            "time_limit": seconds,
            "mip_rel_gap": gap,
            "mip_abs_gap": 0.0,
            "mip_feasibility_tolerance": 1e-9,
            "primal_feasibility_tolerance": 1e-9,
        }
        for name, value in options.items():
            solver.setOptionValue(name, value)
        solver.passModel(self._model())
        if start:
            solver.setSolution(len(start), np.array(list(start), np.int32), np.array(list(start.values()), float))
        solver.run()
        info = solver.getInfo()
        found = info.primal_solution_status == int(highspy.SolutionStatus.kSolutionStatusFeasible)
        return Solution(
            solver.modelStatusToString(solver.getModelStatus()),
            tuple(solver.getSolution().col_value) if found else (),
            float(info.objective_function_value) if found else inf,
            float(info.mip_dual_bound),
        )

    def _model(self) -> highspy.HighsLp:
        model = highspy.HighsLp()
        model.num_col_, model.num_row_ = len(self.costs), len(self.rows)
        model.col_cost_ = np.array(self.costs)
        model.col_lower_, model.col_upper_ = np.array(self.lower), np.array(self.upper)
        model.row_lower_ = np.array([row[0] for row in self.rows])
        model.row_upper_ = np.array([row[1] for row in self.rows])
        terms = [_gathered(row[2]) for row in self.rows]
        model.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
        model.a_matrix_.start_ = np.cumsum([0, *(len(each) for each in terms)], dtype=np.int32)
        model.a_matrix_.index_ = np.array([each for row in terms for each in row], np.int32)
        model.a_matrix_.value_ = np.array([value for row in terms for value in row.values()], float)
        kinds = (highspy.HighsVarType.kContinuous, highspy.HighsVarType.kInteger)
        model.integrality_ = [kinds[each] for each in self.whole]
        return model


def _gathered(terms: Terms) -> dict[int, float]:
    gathered: dict[int, float] = {}
    for variable, value in terms:
        gathered[variable] = gathered.get(variable, 0.0) + value
    return gathered
