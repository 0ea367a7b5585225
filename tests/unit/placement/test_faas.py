import csv
import itertools
import time
from pathlib import Path

import numpy as np
import pytest

from functions.placement.faas import response_time

TRUTH = Path(__file__).parents[4] / "shared" / "cases" / "amllibrary" / "inputs" / "faas_predict.csv"
GRID = np.array(
    list(
        itertools.product(
            [1e-4, 1e-3, 0.01, 0.05, 0.2, 1.0, 1.8, 5.0, 20.0], [0.01, 0.5, 5.0], [0.1, 3.0, 8.0], [10.0, 600.0, 1800.0]
        )
    )
)
"""Loads, warm and cold seconds, idle seconds."""


def _ours(points: np.ndarray) -> np.ndarray:
    load, warm, cold, idle = points.T
    return response_time(load, warm=warm, cold=cold, idle=idle)


def test_times_equal_those_of_pacsltk() -> None:
    perfmodel = pytest.importorskip("pacsltk.perfmodel")
    chosen = GRID[::3]

    theirs = [perfmodel.get_sls_warm_count_dist(*point)[0]["avg_resp_time"] for point in chosen.tolist()]

    np.testing.assert_allclose(_ours(chosen), theirs, rtol=1e-9)


def test_times_equal_a_thousand_that_were_published() -> None:
    if not TRUTH.exists():
        pytest.skip("../shared is not here")
    with TRUTH.open() as file:
        rows = np.array([[float(value) for value in row] for row in itertools.islice(csv.reader(file), 1, None)])

    np.testing.assert_allclose(_ours(rows[:, :4]), rows[:, 4], rtol=1e-9)


def test_a_thousand_points_take_less_than_a_hundredth_of_pacsltk_s_time() -> None:
    perfmodel = pytest.importorskip("pacsltk.perfmodel")
    points = np.tile([1.8, 2.0, 3.0, 600.0], (1000, 1)) * np.linspace(0.9, 1.1, 1000)[:, None]
    _ours(points)

    started = time.process_time()
    _ours(points)
    ours = (time.process_time() - started) / len(points)
    started = time.process_time()
    for point in points[:20].tolist():
        perfmodel.get_sls_warm_count_dist(*point)
    theirs = (time.process_time() - started) / 20

    assert ours < theirs / 100


def test_the_steady_state_solves_the_balance_of_the_birth_and_death_process() -> None:
    load, warm, cold, idle = 0.2, 1.0, 4.0, 30.0
    blocked = [1.0]
    for count in range(1, 40):
        blocked.append(load * warm * blocked[-1] / (count + load * warm * blocked[-1]))
    up = [1 / (1 / (load * each) + cold) for each in blocked]
    down = list(itertools.accumulate(_ends(load * (a - b), warm, idle) for a, b in itertools.pairwise(blocked)))
    rates = np.zeros((31, 31))
    for count in range(30):
        rates[count, count + 1], rates[count + 1, count] = up[count], down[count]
    rates -= np.diag(rates.sum(axis=1))

    steady = np.linalg.lstsq(np.vstack([rates.T, np.ones(31)]), np.array([*np.zeros(31), 1.0]), rcond=None)[0]

    expected = sum(share * (b * cold + (1 - b) * warm) for share, b in zip(steady, blocked, strict=False))
    assert response_time(load, warm=warm, cold=cold, idle=idle) == pytest.approx(expected, rel=1e-9)


def _ends(rate: float, warm: float, idle: float) -> float:
    """Give how often a second an instance ends: after a geometric number of requests, each within the idle time."""
    span = idle + warm
    spacing = (1 - np.exp(-rate * span)) / rate - span * np.exp(-rate * span)
    return float(1 / (idle + (np.exp(rate * idle) - 1) * spacing))


def test_without_load_every_request_is_cold() -> None:
    assert response_time([0.0, 1e-12], warm=1.0, cold=4.0, idle=600.0) == pytest.approx([4.0, 4.0], abs=1e-6)


def test_instances_that_are_never_kept_are_always_cold() -> None:
    assert response_time(3.0, warm=1.0, cold=4.0, idle=0.0) == pytest.approx(4.0)


def test_instances_that_are_kept_for_ever_are_warm() -> None:
    assert response_time(3.0, warm=1.0, cold=4.0, idle=1e9) == pytest.approx(1.0)


def test_extreme_loads_give_a_time_between_warm_and_cold() -> None:
    load = np.geomspace(1e-9, 5e3, 60)

    seconds = response_time(load, warm=0.3, cold=2.0, idle=300.0)

    assert np.all((seconds >= 0.3 - 1e-12) & (seconds <= 2.0))
    assert np.all(np.isfinite(seconds))
