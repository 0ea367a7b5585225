"""A mixed-integer linear programme that grows by columns and rows, solved by HiGHS on one thread."""

import math
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

Terms = Mapping[int, float]
"""Column -> its coefficient."""
Values = NDArray[np.float64]
"""One value a column."""

LEAST_SECONDS = 0.01
WITHOUT_ENUMERATION = 1 << 16
"""The rule of HiGHS' presolve that is left out: since 1.14 it calls programmes infeasible that are not."""
ROW_TOLERANCE = 1e-7
"""By how much HiGHS may violate a row; its own default, 1e-6, let wrong response times through."""


@dataclass(frozen=True)
class Outcome:
    """What HiGHS says.

    Attributes:
        infeasible: Proven to have no solution.
        optimal: Proven optimal within the gap asked for.
        bound: No solution costs less.
        solutions: All that were found, the best first; each with a value a column.
    """

    infeasible: bool
    optimal: bool
    bound: float
    solutions: tuple[Values, ...]


@dataclass
class Programme:
    """Minimise ``costs @ x`` under rows ``low <= A x <= high``; columns are binary unless said otherwise."""

    costs: list[float] = field(default_factory=list)
    lower: list[float] = field(default_factory=list)
    upper: list[float] = field(default_factory=list)
    integer: list[bool] = field(default_factory=list)
    low: list[float] = field(default_factory=list)
    high: list[float] = field(default_factory=list)
    starts: list[int] = field(default_factory=lambda: [0])
    columns: list[int] = field(default_factory=list)
    coefficients: list[float] = field(default_factory=list)

    def column(self, cost: float = 0.0, *, lower: float = 0.0, upper: float = 1.0, integer: bool = True) -> int:
        """Add a column; give its number."""
        self.costs.append(cost)
        self.lower.append(lower)
        self.upper.append(upper)
        self.integer.append(integer)
        return len(self.costs) - 1

    def row(self, terms: Terms, *, low: float = -math.inf, high: float = math.inf) -> None:
        """Add ``low <= sum of coefficient x column <= high``."""
        for column, coefficient in terms.items():
            if coefficient:
                self.columns.append(column)
                self.coefficients.append(coefficient)
        self.starts.append(len(self.columns))
        self.low.append(low)
        self.high.append(high)

    def solve(
        self,
        *,
        seconds: float,
        gap: float,
        seed: int,
        start: Terms | None = None,
        presolve: bool = True,
        below: float | None = None,
    ) -> Outcome:
        """Run HiGHS for at most ``seconds``.

        Args:
            seconds: Of wall clock.
            gap: Relative difference of cost and bound at which it may stop.
            seed: Of HiGHS; the same gives the same answer unless the time runs out.
            start: Values of integer columns of a known solution; HiGHS finds those of the others.
            presolve: Whether HiGHS may simplify the programme first.
            below: Look only for solutions that cost at most this.
        """
        highspy = _highspy()
        solver, scale = highspy.Highs(), self._scale()
        options = _options(seconds=seconds, gap=gap, seed=seed) | ({} if presolve else {"presolve": "off"})
        for name, value in options.items():
            solver.setOptionValue(name, value)
        solver.passModel(self._model(highspy, scale))
        if below is not None:
            costs = np.array(self.costs) * scale
            dear = np.flatnonzero(costs).astype(np.int32)
            solver.addRow(-math.inf, below * scale, len(dear), dear, costs[dear])
        if start:
            numbers = np.fromiter(start.keys(), dtype=np.int32, count=len(start))
            solver.setSolution(len(start), numbers, np.fromiter(start.values(), dtype=np.float64, count=len(start)))
        solver.run()
        return _outcome(highspy, solver, scale)

    def solve_surely(self, *, seconds: float, gap: float, seed: int, start: Terms | None = None) -> Outcome:
        """Solve; where there is no solution with presolve, ask without: either alone was seen to be wrong."""
        deadline = time.monotonic() + seconds
        outcome = self.solve(seconds=seconds, gap=gap, seed=seed, start=start)
        if not outcome.infeasible:
            return outcome
        return self.solve(seconds=deadline - time.monotonic(), gap=gap, seed=seed, start=start, presolve=False)

    def _scale(self) -> float:
        """Give a power of two that brings the greatest cost to about 100: HiGHS' tolerances are absolute."""
        greatest = max(map(abs, self.costs), default=0.0)
        return 2.0 ** round(math.log2(100 / greatest)) if greatest > 0 else 1.0

    def _model(self, highspy: Any, scale: float) -> Any:  # noqa: ANN401 - highspy has no types
        model = highspy.HighsLp()
        model.num_col_, model.num_row_ = len(self.costs), len(self.low)
        model.col_cost_ = np.array(self.costs) * scale
        model.col_lower_, model.col_upper_ = np.array(self.lower), np.array(self.upper)
        model.row_lower_, model.row_upper_ = np.array(self.low), np.array(self.high)
        kinds = highspy.HighsVarType
        model.integrality_ = [kinds.kInteger if each else kinds.kContinuous for each in self.integer]
        model.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
        model.a_matrix_.start_ = np.array(self.starts, dtype=np.int32)
        model.a_matrix_.index_ = np.array(self.columns, dtype=np.int32)
        model.a_matrix_.value_ = np.array(self.coefficients, dtype=np.float64)
        return model


def version() -> str:
    """Give HiGHS' version."""
    return str(_highspy().Highs().version())


def _highspy() -> Any:  # noqa: ANN401 - it has no types
    """Import HiGHS, which is in the group optimize only."""
    import highspy

    return highspy


def _options(*, seconds: float, gap: float, seed: int) -> dict[str, bool | int | float | str]:
    return {
        "output_flag": False,
        "threads": 1,
        "random_seed": seed,
        "time_limit": max(seconds, LEAST_SECONDS),
        "mip_rel_gap": gap,
        "mip_abs_gap": 0.0,
        "mip_feasibility_tolerance": ROW_TOLERANCE,
        "mip_improving_solution_save": True,
        "presolve_rule_off": WITHOUT_ENUMERATION,
    }


def _outcome(highspy: Any, solver: Any, scale: float) -> Outcome:  # noqa: ANN401
    statuses = highspy.HighsModelStatus
    status = solver.getModelStatus()
    information = solver.getInfo()
    found: list[Values] = []
    if math.isfinite(information.objective_function_value) and information.primal_solution_status:
        found.append(np.array(solver.getSolution().col_value))
        found += [np.array(each.col_value) for each in reversed(solver.getSavedMipSolutions()[:-1])]
    optimal = status == statuses.kOptimal
    bound = information.mip_dual_bound
    if optimal and not math.isfinite(bound):  # solved without a tree
        bound = information.objective_function_value
    return Outcome(
        infeasible=status == statuses.kInfeasible,
        optimal=optimal,
        bound=bound / scale,
        solutions=tuple(found),
    )
