"""Which of two models is better, and whether that may be chance."""

import numpy as np
import pytest
from scipy.stats import binomtest  # type: ignore[import-untyped]

from functions.succession.scores import compared, level_of, losses_of, sign_test


@pytest.mark.parametrize(("wins", "losses"), [(0, 0), (1, 0), (3, 5), (40, 22), (900, 870), (5000, 4800)])
def test_the_sign_test_gives_what_scipy_s_exact_binomial_test_does(wins: int, losses: int) -> None:
    expected = binomtest(wins, wins + losses, alternative="greater").pvalue if wins + losses else 1

    assert sign_test(wins, losses) == pytest.approx(expected, rel=1e-9)


def test_alike_models_are_taken_for_better_no_more_often_than_the_level_says() -> None:
    draw = np.random.default_rng(3)
    found = [
        compared((draw.random(80) < 0.2).astype(float), (draw.random(80) < 0.2).astype(float), "binary")
        for _ in range(2000)
    ]

    swapped = sum(each.is_better and each.p <= 0.05 for each in found)
    assert swapped <= 0.05 * 2000


def test_a_share_is_better_when_it_is_greater_and_an_error_when_it_is_smaller() -> None:
    good, bad = np.zeros(30), np.ones(30)

    classes, numbers = compared(good, bad, "multiclass"), compared(good, bad, "regression")

    assert (classes.measure, classes.candidate, classes.current, classes.is_better) == ("share", 1, 0, True)
    assert (numbers.measure, numbers.candidate, numbers.current, numbers.is_better) == ("error", 0, 1, True)
    assert (classes.wins, classes.losses) == (30, 0)
    assert not compared(bad, good, "regression").is_better


def test_chances_scores_and_values_cost_what_they_should() -> None:
    chances = np.array([[0.9], [0.2], [0.4]], np.float32)
    scores = np.array([[2.0], [0.4], [-3.0]], np.float32)
    classes = np.array([[0.1, 0.8, 0.1], [0.5, 0.2, 0.3]], np.float32)
    values = np.array([[1.0], [2.0]], np.float32)

    assert losses_of(chances, np.array([1, 1, 0]), "binary").tolist() == [0, 1, 0]
    assert losses_of(scores, np.array([1, 1, 0]), "binary").tolist() == [0, 0, 0]
    assert losses_of(chances, np.array([[0.7], [0.5], [0.1]], np.float32), "binary").tolist() == [0, 1, 0]
    assert losses_of(classes, np.array([1, 2]), "multiclass").tolist() == [0, 1]
    assert losses_of(values, np.array([1.5, 0.0], np.float32), "regression").tolist() == [0.5, 2]


def test_the_levels_of_any_number_of_comparisons_add_up_to_the_level_at_most() -> None:
    levels = [level_of(0.05, n) for n in range(1, 10_000)]

    assert 0.0499 < sum(levels) < 0.05
    assert levels[0] == 0.025
