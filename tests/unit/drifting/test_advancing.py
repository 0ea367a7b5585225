"""A stream of events: what is kept, when data are collected, and how it begins anew."""

import numpy as np
import pytest

from functions.continuum.reading import read
from functions.drifting.advancing import Told, advance
from functions.drifting.configuration import Configuration
from functions.drifting.observations import Observation
from functions.drifting.state import Reset, State, reset
from functions.runtime.errors import Rejected

CONFIGURATION = """\
metrics:
  masks:
    count: {statistical_test: KSDrift, window: 30}
    error: {statistical_test: ADWIN+HDDM_W, direction: up}
data_collection_period: 2
"""
HOUR = 3600.0


def configuration(text: str = CONFIGURATION) -> Configuration:
    return read(text, Configuration, source="it")


def observations(parts: list[tuple[int, float, float]], *, start: float = 0.0, seed: int = 0) -> list[Observation]:
    """Give one observation a minute; parts have their number, the mean of count and the rate of error."""
    random = np.random.default_rng(seed)
    values = [
        {"count": float(random.normal(mean)), "error": float(random.random() < rate)}
        for number, mean, rate in parts
        for _ in range(number)
    ]
    return [Observation(start + 60.0 * place, each) for place, each in enumerate(values)]


def stepped(state: State, given: list[Observation], *, size: int = 1, text: str = CONFIGURATION) -> list[list[Told]]:
    """Take observations as so many events, each by a process of its own."""
    found = []
    for start in range(0, len(given), size):
        kept = State.model_validate_json(state.model_dump_json())
        found.append(advance(kept, configuration(text), given[start : start + size], source=f"object {start}"))
        state.metrics = kept.metrics
    return found


def test_a_drift_raises_one_alarm_and_then_data_are_collected_until_their_time_is_over() -> None:
    state = State(stream="bucket/folder")

    told = stepped(state, observations([(150, 0, 0), (300, 3, 0)]), size=10)

    alarms = [(place, alarm) for place, each in enumerate(told) for field in each for alarm in field.alarms]
    assert [(alarm.field, alarm.test, alarm.object) for _, alarm in alarms] == [("count", "KSDrift", "object 170")]
    place = alarms[0][0]
    statuses = [each[0].kept.status for each in told]
    assert statuses == [0] * place + [1] * 12 + [2] * (len(told) - place - 12)
    assert [each[0].collected for each in told].count(True) == 1
    assert state.statuses == {"masks": {"count": 2, "error": 0}}


def test_how_many_values_an_event_brings_changes_nothing() -> None:
    given = observations([(500, 0, 0.05), (150, 0, 0.7)])
    states = [State(stream="bucket/folder") for _ in range(3)]

    for state, size in zip(states, (25, 100, 10_000), strict=True):
        stepped(state, given, size=size)

    alarms = [[(a.field, a.at, a.after) for a in each.metrics["masks"]["error"].alarms] for each in states]
    assert len(alarms[0]) == 1
    assert alarms[0] == alarms[1] == alarms[2]
    assert len({each.metrics["masks"]["count"].model_dump_json() for each in states}) == 1


def test_after_a_reset_what_comes_next_is_the_reference() -> None:
    state = State(stream="bucket/folder")
    stepped(state, observations([(150, 0, 0), (60, 3, 0)]), size=10)
    assert state.is_drifted

    assert reset(state, Reset(stream="bucket/folder", metric="masks", field="count")) == ["masks count"]

    told = stepped(state, observations([(120, 3, 0)], start=300 * HOUR), size=10)
    assert not state.is_drifted
    looks = [look for each in told for field in each for look in field.looks]
    assert [each.number for each in looks] == [1, 2, 3]


def test_a_reset_of_what_is_not_watched_is_refused() -> None:
    state = State(stream="bucket/folder")
    stepped(state, observations([(10, 0, 0)]))

    with pytest.raises(Rejected, match="nothing called 'masks counts' is watched in bucket/folder") as refused:
        reset(state, Reset(stream="bucket/folder", metric="masks", field="counts"))
    assert refused.value.hint == "there are masks count, masks error"


def test_a_stream_that_renews_itself_takes_what_comes_after_the_collection_as_reference() -> None:
    state = State(stream="bucket/folder")
    text = f"{CONFIGURATION}after_collection: renew\n"

    told = stepped(state, observations([(150, 0, 0), (400, 3, 0)]), size=10, text=text)

    assert sum(len(field.alarms) for each in told for field in each) == 1
    kept = state.metrics["masks"]["count"]
    assert kept.status == 0
    assert len(kept.alarms) == 1
    assert kept.batch is not None
    assert kept.batch.looks >= 3


def test_a_field_whose_check_has_changed_begins_anew_and_the_others_go_on() -> None:
    state = State(stream="bucket/folder")
    stepped(state, observations([(70, 0, 0.1)]), size=10)

    stepped(state, observations([(10, 0, 0.1)]), text=CONFIGURATION.replace("window: 30", "window: 20"))

    count, error = state.metrics["masks"]["count"], state.metrics["masks"]["error"]
    assert count.batch is not None
    assert len(count.batch.reference) == 10
    assert error.detectors is not None
    assert error.detectors.count == 80


def test_observations_of_another_metric_or_without_the_field_are_not_taken() -> None:
    state = State(stream="bucket/folder")
    given = [
        Observation(0, {"count": 1.0}, "others"),
        Observation(0, {"error": 1.0}, "masks"),
        Observation(0, {"count": 1.0}),
    ]

    told = advance(state, configuration(), given, source="object")

    assert [each.seen for each in told] == [1, 1]
