import math

import pytest

from functions.placement.exact.programme import Programme

# Columns: costs of the binary ones, upper bounds of the others.
COSTS = [7.2, 14.4, 21.6, 32.76, 65.52, 98.28, 131.04, 0, 6.22, *[0] * 10]
UPPER = [1.35, 1, 0.99, 0.99, 0.99, 1.98, 1.99, 1.97, 0.82, 0.76, 0, 1.16, 0.31, 0.99, 0, 0.37]
ROWS: list[tuple[dict[int, float], float, float]] = [
    ({7: -1, 8: 1, 9: 1, 10: 1}, 0, 0),
    ({11: -1, 12: 1}, 0, 0),
    ({7: 1, 11: 1}, 1, 1),
    ({2: -1, 9: 1}, -math.inf, 0),
    ({6: -1, 12: 1}, -math.inf, 0),
    ({13: -1, 14: 1, 15: 1}, 0, 0),
    ({16: -1, 18: 1}, 0, 0),
    ({13: 1, 16: 1}, 1, 1),
    ({0: -0.99, 1: -1.99, 2: -2.98, 9: 1.37, 15: 0.46, 17: 0.24, 18: 0.91}, -math.inf, 0),
    ({9: -1, 15: 1, 17: 1}, -math.inf, 0),
    ({17: -1, 18: 1}, -math.inf, 0),
    ({0: -0.99, 21: 1}, -math.inf, 0),
    ({1: -0.99, 22: 1}, -math.inf, 0),
    ({0: -1, 1: -1, 2: -1, 20: 1, 21: 1, 22: 1, 23: 1}, -math.inf, 0),
    ({9: -1.37, 15: -0.46, 17: -0.24, 18: -0.91, 21: 1, 22: 2, 23: 3}, 0, math.inf),
    ({0: -2, 1: -2, 2: -2, 20: 1.1, 25: 1.41}, 0, math.inf),
    ({0: 6.2, 1: 6.2, 2: 6.2, 9: -6.2, 19: 1.89, 24: -3.12}, 0, math.inf),
    ({0: -0.01, 1: -0.01, 2: -0.01, 9: -0.39, 20: 1}, 0, math.inf),
    ({3: 12.3, 4: 12.3, 5: 12.3, 6: 12.3, 14: -12.3, 26: -6.25, 30: 5.07}, 0, math.inf),
    ({0: -0.01, 1: -0.01, 2: -0.01, 15: -0.25, 20: 1}, 0, math.inf),
    ({9: 0.27, 15: -0.27, 17: -0.27, 34: 1}, 0, math.inf),
    ({9: 0.28, 12: 0.01, 15: -0.28, 17: -0.28, 34: 1}, 0, math.inf),
    ({8: 0.4, 19: 1, 27: 1, 28: 0.7, 29: 0.7, 30: 1, 31: 1, 32: 1, 33: 1, 34: 1}, -math.inf, 1.57),
]


def test_a_programme_that_highs_calls_infeasible_when_it_enumerates_is_solved() -> None:
    programme = Programme()
    for cost in COSTS:
        programme.column(cost)
    for upper in UPPER:
        programme.column(upper=upper, integer=False)
    for terms, low, high in ROWS:
        programme.row(terms, low=low, high=high)

    outcome = programme.solve(seconds=60, gap=1e-6, seed=0)

    assert outcome.optimal
    assert outcome.bound == pytest.approx(32.76)
    x = outcome.solutions[0]
    for terms, low, high in ROWS:
        assert low - 1e-6 <= sum(each * x[column] for column, each in terms.items()) <= high + 1e-6


def test_a_programme_without_a_solution_is_infeasible_and_its_bound_is_none() -> None:
    programme = Programme()
    column = programme.column(1.0)
    programme.row({column: 2.0}, low=1.0, high=1.5)

    outcome = programme.solve(seconds=60, gap=1e-6, seed=0)

    assert outcome.infeasible
    assert outcome.solutions == ()


@pytest.mark.parametrize("price", [1e-9, 1.0, 1e9])
def test_what_is_best_does_not_depend_on_the_unit_of_money(price: float) -> None:
    programme = Programme()
    columns = [programme.column(cost * price) for cost in (3.0, 2.0, 2.5)]
    programme.row(dict(zip(columns, (2.0, 1.0, 1.0), strict=True)), low=2.0)

    outcome = programme.solve(seconds=60, gap=1e-6, seed=0)

    assert outcome.bound == pytest.approx(3.0 * price)
    assert list(outcome.solutions[0]) == pytest.approx([1.0, 0.0, 0.0])
