"""Tests of two windows: exact, whatever the values are like, and with the size of the effect."""

import numpy as np
import pytest
from scipy import stats  # type: ignore[import-untyped]

from functions.drifting.configuration import BatchTest
from functions.drifting.permutations import STOP, p_value
from functions.drifting.two_sample import Compared, Row, compare

NUMERIC: tuple[BatchTest, ...] = ("KSDrift", "CVMDrift", "MMDDrift")


def rows(values: object) -> list[Row]:
    return [(float(each),) for each in np.asarray(values, float)]


def compared(test: BatchTest, first: object, second: object, *, level: float = 1e-3, seed: int = 0) -> Compared:
    return compare(test, rows(first), rows(second), level=level, random=np.random.default_rng(seed))


@pytest.mark.parametrize("test", [*NUMERIC, "FETDrift", "ChiSquareDrift"])
def test_without_drift_p_values_are_not_small_more_often_than_they_say(test: BatchTest) -> None:
    random = np.random.default_rng(1)
    draws = 150

    found = []
    for seed in range(draws):
        values = np.round(random.exponential(size=60), 1) if test in NUMERIC else random.random(60) < 0.3  # many ties
        found.append(compared(test, values[:30], values[30:], level=0.01, seed=seed).p)

    for level in (0.05, 0.1, 0.2):
        most = stats.binom.ppf(0.999, draws, level)
        assert sum(p <= level for p in found) <= most, level


@pytest.mark.parametrize("test", NUMERIC)
def test_a_shift_of_one_standard_deviation_is_found_at_a_quarter_of_the_level(test: BatchTest) -> None:
    random = np.random.default_rng(2)

    found = compared(test, random.normal(size=150), random.normal(loc=1, size=150))

    assert found.p <= 1e-3 / 4
    assert found.shift == pytest.approx(1, abs=0.3)
    assert found.effect > 0.3


def test_wider_values_of_the_same_mean_are_found_where_only_the_mean_would_not_tell() -> None:
    random = np.random.default_rng(3)

    found = compared("KSDrift", random.normal(size=300), random.normal(scale=2.5, size=300))

    assert found.p <= 1e-3
    assert abs(found.shift or 0) < 0.3


def test_fields_that_only_together_have_changed_are_found_by_mmd() -> None:
    random = np.random.default_rng(4)
    cov = [[1, 0.9], [0.9, 1]]
    first = [tuple(map(float, each)) for each in random.normal(size=(200, 2))]
    second = [tuple(map(float, each)) for each in random.multivariate_normal([0, 0], cov, size=200)]

    found = compare("MMDDrift", first, second, level=1e-3, random=random)

    assert found.p <= 1e-3
    assert compared("KSDrift", [row[0] for row in first], [row[0] for row in second]).p > 0.01


def test_the_greatest_distance_is_that_of_scipy() -> None:
    random = np.random.default_rng(5)
    first, second = random.integers(0, 9, 80), random.integers(2, 12, 50)

    assert compared("KSDrift", first, second).effect == pytest.approx(stats.ks_2samp(first, second).statistic)


def test_dominance_is_that_of_the_rank_sum() -> None:
    random = np.random.default_rng(6)
    first, second = random.integers(0, 9, 80), random.integers(2, 12, 50)
    share = stats.mannwhitneyu(second, first).statistic / (80 * 50)

    assert compared("CVMDrift", first, second).effect == pytest.approx(abs(2 * share - 1))


def test_permuted_p_values_are_near_those_of_the_formulas_where_these_hold() -> None:
    random = np.random.default_rng(7)
    first, second = random.normal(size=200), random.normal(loc=0.1, size=200)
    exact = {
        "KSDrift": stats.ks_2samp(first, second).pvalue,
        "CVMDrift": stats.cramervonmises_2samp(first, second).pvalue,
    }

    for test, wanted in exact.items():
        found = np.mean([compared(test, first, second, seed=seed).p for seed in range(10)])  # type: ignore[arg-type]
        assert found == pytest.approx(wanted, rel=0.4), test


def test_shares_of_words_are_compared_and_words_need_no_order() -> None:
    first = [("cat",)] * 60 + [("dog",)] * 40
    same, other = [("dog",)] * 40 + [("cat",)] * 60, [("cat",)] * 20 + [("cow",)] * 80

    random = np.random.default_rng(8)

    assert compare("ChiSquareDrift", first, same, level=1e-3, random=random).p == 1
    found = compare("ChiSquareDrift", first, other, level=1e-3, random=random)
    assert found.p <= 1e-3
    assert found.shift is None
    assert 0 < found.effect <= 1


@pytest.mark.parametrize("test", [*NUMERIC, "FETDrift", "ChiSquareDrift"])
def test_values_that_are_all_the_same_have_not_drifted(test: BatchTest) -> None:
    found = compared(test, [1] * 30, [1] * 30)

    assert found.p == 1
    assert found.effect == pytest.approx(0, abs=1e-9)


def test_drawing_ends_early_where_nothing_is_to_be_found() -> None:
    drawn = []

    def statistic(labels: np.ndarray) -> np.ndarray:
        drawn.append(len(labels))
        return np.zeros(len(labels))

    assert p_value(statistic, np.array([1.0, 0.0] * 5), level=1e-6, random=np.random.default_rng(0)) == 1
    assert sum(drawn) < 10 * STOP
