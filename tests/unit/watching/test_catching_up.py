"""Many records at once are told of as they would have been one by one; rules that change, values without end."""

import pytest

from functions.continuum.monitoring import read_monitoring
from functions.watching.advancing import Policy, advance
from functions.watching.observations import Observation
from functions.watching.rules import Rule, Statistic, rules
from functions.watching.state import State
from functions.watching.windows import Windows, figures, samples, spans
from tests.unit.watching.rows import BEGIN, POLICY, of_file, row

ABOVE = [Rule("faces", "custom", metric=("masks", "no_masks_count"), low=0, open_low=True)]
MONITORING = """\
monitoring:
  alerts:
    share:
      condition: {metric: {name: masks, field: share}, threshold: {type: "DIRECTION", value: 5}}
"""


def alarms(
    given: list[Observation], found: list[Rule], policy: Policy, at_once: int
) -> tuple[list[tuple[str, float, float]], State]:
    state = State(application="masks")
    parts = [given[place : place + at_once] for place in range(0, len(given), at_once)]
    told = [alert for part in parts for alert in advance(state, found, policy, part) or []]
    return [(alert.rule.id, round(alert.at - BEGIN, 6), alert.value) for alert in told], state


def test_one_value_among_a_thousand_is_told_of_whether_they_come_one_by_one_or_at_once() -> None:
    counted = [{"no_masks_count": float(place == 501)} for place in range(1000)]
    given = [row("f", str(place), place / 10, 0.05, metrics=counts) for place, counts in enumerate(counted)]

    single, one = alarms(given, ABOVE, POLICY, 1)
    whole, other = alarms(given, ABOVE, POLICY, 1000)

    assert single == whole == [("custom:faces", 50.15, 1)]
    assert one.model_dump(exclude={"sequence"}) == other.model_dump(exclude={"sequence"})


def test_of_two_values_of_one_moment_both_are_looked_at() -> None:
    given = [row("f", name, 0, 1, metrics={"no_masks_count": value}) for name, value in (("a", 2.0), ("b", 0.0))]

    (whole, _), (turned, _) = alarms(given, ABOVE, POLICY, 2), alarms(given[::-1], ABOVE, POLICY, 1)

    assert whole == turned == [("custom:faces", 1, 2)]


@pytest.mark.parametrize("statistic", ["mean", "p50", "p95", "p99"])
def test_windows_that_violate_for_a_moment_are_told_of_at_once_as_one_by_one(statistic: Statistic) -> None:
    bursts = [(10.007 * burst + place / 100, 0.05 if place else 2.5) for burst in range(4) for place in range(70)]
    given = [row("blur-faces", str(place), end - took, took) for place, (end, took) in enumerate(bursts)]
    policy = Policy(window=2, statistic=statistic)

    (single, one), (whole, other) = alarms(given, of_file(), policy, 1), alarms(given, of_file(), policy, 280)

    assert [at for _, at, _ in single] == [0, 10.007, 20.014, 30.021]
    assert single == whole
    assert one.rules == other.rules


@pytest.mark.parametrize("statistic", ["mean", "p50", "p95", "p99"])
def test_windows_one_after_the_other_have_the_figures_of_each(statistic: Statistic) -> None:
    rule = of_file()[0]
    given = [row("blur-faces", str(place), place / 3, 0.1 + place * 7 % 31 / 9) for place in range(300)]
    ordered = samples(rule, given, spans(given), 20)
    windows = Windows(ordered, 20)

    for each in ordered[::5]:
        alone = figures(rule, ordered, each.at, 20)
        assert alone is not None
        assert windows.until(each.at) == alone.count
        assert windows.of(statistic) == pytest.approx(getattr(alone, statistic), abs=2e-6)


def test_a_rule_whose_direction_was_corrected_begins_anew() -> None:
    above, below = (rules(None, read_monitoring(MONITORING.replace("DIRECTION", sign), source="m")) for sign in "><")
    state = State(application="masks")
    assert advance(state, above, POLICY, [row("f", "a", 0, 1, metrics={"share": 6.0})])

    (alert,) = advance(state, below, POLICY, [row("f", "b", 5, 1, metrics={"share": 1.0})]) or []

    assert alert.value == 1
    (since,) = (each.since for each in state.rules["custom:share"].episodes)
    assert since == BEGIN + 6


def test_a_rule_that_stays_as_it_is_goes_on() -> None:
    state = State(application="masks")
    assert advance(state, ABOVE, POLICY, [row("f", "a", 0, 1, metrics={"no_masks_count": 6.0})])
    state = State.model_validate_json(state.model_dump_json())

    assert advance(state, ABOVE, POLICY, [row("f", "b", 5, 1, metrics={"no_masks_count": 1.0})]) == []


def test_values_near_the_end_of_the_range_are_told_of_and_end_nothing() -> None:
    ends = [("a", 1.7e308), ("b", 1.7e308), ("c", -1.7e308)]
    given = [row("f", name, 0, 1, metrics={"no_masks_count": value}) for name, value in ends]

    told, state = alarms(given, ABOVE, POLICY, 3)

    assert told == [("custom:faces", 1, 1e300)]
    found = State.model_validate_json(state.model_dump_json()).rules["custom:faces"].figures
    assert found is not None
    assert found.mean == pytest.approx(1e300 / 3)
