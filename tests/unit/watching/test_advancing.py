"""The same runs lead to the same alerts, in whatever order and however often their records come."""

import random

import pytest

from functions.watching.advancing import Policy, advance, drop_old
from functions.watching.state import State
from tests.unit.watching.rows import BEGIN, POLICY, chain, of_file, row, told


def test_a_path_is_timed_from_the_first_job_that_was_queued_to_the_last_that_ended() -> None:
    state = State(application="masks")

    told(state, [*chain("a", 0, 0.5, 1.5), row("mask-detect", "a", 2, 0.75, id="second")])

    found = state.rules["global:whole"].figures
    assert found is not None
    assert (found.count, found.mean) == (1, 2.75)
    assert state.throughput == pytest.approx(1 / 60, abs=1e-6)


def test_figures_are_of_the_sessions_that_ended_in_the_window() -> None:
    state = State(application="masks")

    told(state, [each for place in range(100) for each in chain(str(place), place, 0.1, 1 + place / 10)])

    found = state.rules["global:whole"].figures
    assert found is not None
    ends = [place + 1.1 + place / 10 for place in range(100)]
    inside = [1.1 + place / 10 for place, end in enumerate(ends) if ends[-1] - 60 < end]
    assert found.count == len(inside)
    assert found.mean == pytest.approx(sum(inside) / len(inside), abs=1e-5)
    assert found.violations == len([each for each in inside if each > 3])
    assert found.ratio == pytest.approx(found.violations / found.count, abs=1e-6)
    assert found.p50 <= found.p95 <= found.p99 <= max(inside)
    session, seconds = found.worst[0]
    assert (session, round(seconds, 3)) == ("99", 11.0)


def test_a_violation_is_told_once_until_it_has_been_well_clear() -> None:
    slow = [chain(f"slow-{place}", 10 * place, 0.5, 3) for place in range(3)]
    band = [chain(f"band-{place}", 30 + 10 * place, 0.5, 2.4) for place in range(7)]
    again = [chain(f"again-{place}", 100 + 10 * place, 0.5, 3) for place in range(2)]
    quick = [chain(f"quick-{place}", 130 + 10 * place, 0.5, 0.5) for place in range(7)]
    anew = [chain("anew", 420, 0.5, 5)]
    state = State(application="masks")

    alerts = told(state, [each for part in (slow, band, again, quick, anew) for pair in part for each in pair])

    assert [(alert.rule.name, alert.at - BEGIN) for alert in alerts] == [("whole", 3.5), ("whole", 425.5)]
    first, second = state.rules["global:whole"].episodes
    assert first.cleared is not None
    assert second.cleared is None
    assert second.is_open(BEGIN + 430, 60)
    assert not second.is_open(BEGIN + 600, 60)


def test_failed_runs_are_no_times() -> None:
    state = State(application="masks")

    alerts = told(state, [row("blur-faces", "a", 0, 100, ok=False)])

    assert (alerts, state.rules["local:quick"].figures) == ([], None)


def test_order_and_repetition_change_nothing_that_is_known() -> None:
    given = [each for place in range(40) for each in chain(str(place), 7 * place, 0.5, 2 + place % 5)]
    shuffled = given * 2
    random.Random(3).shuffle(shuffled)
    one, other, whole = State(application="masks"), State(application="masks"), State(application="masks")

    first = told(one, given)
    second = told(other, shuffled)
    third = advance(whole, of_file(), POLICY, shuffled)

    assert one.rows == other.rows == whole.rows
    figures = [each.rules["global:whole"].figures for each in (one, other, whole)]
    assert figures[0] == figures[1] == figures[2]
    assert first
    assert third
    spans = one.rules["global:whole"].episodes
    assert all(any(each.covers(alert.at, 60) for each in spans) for alert in second)


def test_what_is_known_already_is_nothing_new() -> None:
    state = State(application="masks")
    given = [each for place in range(5) for each in chain(str(place), place, 0.5, 9)]
    assert len(advance(state, of_file(), POLICY, given) or []) == 1
    before = state.model_dump_json()

    found = advance(state, of_file(), POLICY, list(reversed(given)))

    assert found is None
    assert state.model_dump_json() == before


def test_a_site_that_was_cut_off_is_judged_by_its_own_times_and_told_once() -> None:
    state = State(application="masks")
    told(state, [each for place in range(50) for each in chain(f"here-{place}", 20_000 + place)])
    late = [each for place in range(50) for each in chain(f"there-{place}", 5_000 + place, 0.5, 4)]

    (alert,) = advance(state, of_file(), POLICY, late) or []
    again = advance(state, of_file(), POLICY, late)

    assert 5_000 <= alert.at - BEGIN <= 5_060
    assert again is None
    found = state.rules["global:whole"].figures
    assert found is not None
    assert (found.count, found.violations) == (50, 0)  # the newest window has nothing of it


def test_what_a_rule_has_seen_is_forgotten_when_its_threshold_changes() -> None:
    state = State(application="masks")
    told(state, chain("a", 0, 0.5, 9))
    changed = [each for each in of_file() if each.name == "quick"]

    advance(state, changed, POLICY, [row("blur-faces", "b", 100, 0.1)])

    assert [*state.rules] == ["local:quick"]


def test_old_and_surplus_runs_are_forgotten_but_not_before_they_are_tabled() -> None:
    state = State(application="masks")
    told(state, [row("blur-faces", str(place), place, 0.1) for place in range(30)])
    policy = Policy(window=60, most_rows=10, horizon=5)

    drop_old(state, policy)
    assert len(state.rows) == 30
    state.pending = []
    drop_old(state, policy)

    assert [each.session for each in state.rows] == [str(place) for place in range(25, 30)]


def test_the_least_number_of_sessions_and_the_statistic_are_respected() -> None:
    given = [each for place in range(10) for each in chain(str(place), place, 0.1, 9 if place == 9 else 0.1)]
    few = told(State(application="masks"), chain("a", 0, 0.5, 9), Policy(window=60, least=2))
    mean = told(State(application="masks"), given, Policy(window=60))
    tail = told(State(application="masks"), given, Policy(window=60, statistic="p95"))

    assert few == []
    assert mean == []
    assert [alert.rule.name for alert in tail] == ["whole"]
    assert tail[0].value > 3
