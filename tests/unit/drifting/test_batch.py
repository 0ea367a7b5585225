"""Windows of values against their reference: when they are tested, and how often they may err."""

import numpy as np
import pytest

from functions.drifting.batch import HOUR, TOLD, BatchState, Look, add
from functions.drifting.configuration import Check


def fed(check: Check, values: list[float], *, every: float = 60.0, state: BatchState | None = None) -> list[Look]:
    """Feed values that come ``every`` so many seconds, and give the tests."""
    state = state if state is not None else BatchState()
    looks = (
        add(state, check, (value,), at=place * every, interval=1, name="metric field")
        for place, value in enumerate(values)
    )
    return [each for each in looks if each]


def normal(*parts: tuple[int, float], seed: int = 0) -> list[float]:
    random = np.random.default_rng(seed)
    return [float(each) for count, mean in parts for each in random.normal(mean, size=count)]


def test_the_first_window_is_the_reference_and_each_next_one_is_tested_once() -> None:
    check = Check(test="KSDrift", window=50)

    state = BatchState()

    looks = fed(check, normal((50 * 5, 0)), state=state)

    assert [each.number for each in looks] == [1, 2, 3, 4]
    assert len(state.window) == 50  # what was tested last can be drawn
    assert not fed(check, normal((49, 0)), state=state)
    assert {(each.reference, each.window) for each in looks} == {(50, 50)}


def test_windows_in_hours_are_tested_every_interval_once_the_first_is_over() -> None:
    check = Check(test="KSDrift", period=2)

    looks = fed(check, normal((60 * 7, 0)), every=60)

    assert [each.at / HOUR for each in looks] == [4, 5, 6]
    assert all(each.reference == 120 for each in looks)
    assert all(abs(each.window - 120) <= 1 for each in looks)


def test_a_quiet_metric_is_not_tested_with_too_few_values() -> None:
    check = Check(test="KSDrift", period=1, least=30)

    looks = fed(check, normal((100, 0)), every=HOUR / 3)

    assert looks
    assert min(each.window for each in looks) == 30
    assert looks[0].reference == 30


def test_a_drift_is_found_in_the_first_window_after_it() -> None:
    looks = fed(Check(test="CVMDrift", window=100), normal((400, 0), (100, 1)))

    assert [each.drifted for each in looks] == [False, False, False, True]


def test_the_probability_of_a_false_alarm_is_shared_by_the_tests() -> None:
    check = Check(test="KSDrift", window=50, threshold=0.2, looks=40)

    looks = fed(check, normal((200, 0)))

    assert [each.level for each in looks] == pytest.approx([0.2 / 40] * 3)


def test_a_certain_but_small_effect_raises_no_alarm_where_it_does_not_matter() -> None:
    values = [*([0.0] * 450 + [1.0] * 50), *([0.0] * 350 + [1.0] * 150)]
    certain = fed(Check(test="FETDrift", window=500), values)

    small = fed(Check(test="FETDrift", window=500, least_effect=0.3), values)

    assert [each.drifted for each in certain] == [True]
    assert certain[0].effect == pytest.approx(0.2)
    assert [(each.p, each.drifted) for each in small] == [(certain[0].p, False)]


def test_the_same_values_give_the_same_p_values_in_another_process() -> None:
    check = Check(test="MMDDrift", window=40)
    values = normal((200, 0), seed=3)
    state = BatchState()

    first = fed(check, values)

    second: list[Look] = []
    for place, value in enumerate(values):
        state = BatchState.model_validate_json(state.model_dump_json())
        look = add(state, check, (value,), at=place * 60.0, interval=1, name="metric field")
        second += [look] if look else []
    assert second == first


def test_what_is_kept_of_many_tests_stays_small() -> None:
    state = BatchState()

    fed(Check(test="FETDrift", window=10), [0.0, 1.0] * 5 * (TOLD + 50), state=state)

    assert len(state.told) == TOLD
    assert state.looks == TOLD + 49
    assert len(state.reference) == 10
