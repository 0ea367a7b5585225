"""Detectors of a stream: what they find does not depend on who ran them, and how much of the stream at a time."""

import numpy as np
import pytest

from functions.drifting.configuration import Check, Detector
from functions.drifting.streaming import MOST, TRAIL, WARM_UP, Stream, StreamState

ALL: tuple[Detector, ...] = ("ADWIN", "PageHinkley", "DDM", "EDDM", "HDDM_A", "HDDM_W", "ADWIN+HDDM_W")


def errors(*parts: tuple[int, float], seed: int = 0) -> list[float]:
    """Give errors, 0 or 1, of a model: for each part their number and rate."""
    random = np.random.default_rng(seed)
    return [float(each) for count, rate in parts for each in random.random(count) < rate]


@pytest.mark.parametrize("test", ALL)
def test_errors_that_become_many_are_found_soon(test: Detector) -> None:
    values = errors((2000, 0.1), (1000, 0.5))

    found = Stream(StreamState(), Check(test=test)).feed_all(values)

    assert found is not None
    assert found[0] > 2000 or test == "EDDM"  # it is known for its false alarms
    assert found[0] < 2300


@pytest.mark.parametrize("test", ALL)
def test_another_process_after_every_few_values_finds_the_same(test: Detector) -> None:
    values = errors((MOST + 700, 0.1), (300, 0.5))
    whole, state, found = Stream(StreamState(), Check(test=test)), StreamState(), None

    for start in range(0, len(values), 1997):
        kept = StreamState.model_validate_json(state.model_dump_json())
        stream = Stream(kept, Check(test=test))
        found, state = stream.feed_all(values[start : start + 1997]), stream.state
        if found:
            found = (start + found[0], found[1])
            break

    assert found == whole.feed_all(values)
    assert state.count == whole.state.count
    assert state.values == whole.state.values


def test_what_is_kept_of_a_long_stream_stays_small() -> None:
    stream = Stream(StreamState(), Check(test="ADWIN"))

    stream.feed_all(errors((4 * MOST, 0.2)))

    assert len(stream.state.values["ADWIN"]) <= MOST
    assert len(stream.state.trail) == TRAIL
    assert len(stream.state.model_dump_json()) < 2 * MOST


@pytest.mark.parametrize("test", ["ADWIN", "HDDM_W"])
@pytest.mark.parametrize("late", [0, 5, 30])
def test_a_drift_just_when_older_values_are_forgotten_is_found(test: Detector, late: int) -> None:
    start = MOST - late

    found = Stream(StreamState(), Check(test=test)).feed_all(errors((start, 0.1), (500, 0.9)))

    assert found is not None
    assert start <= found[0] < start + 50


def test_one_value_at_a_time_finds_the_same_as_all_at_once() -> None:
    values = errors((700, 0.1), (700, 0.6))
    single = Stream(StreamState(), Check(test="ADWIN"))

    first = next(place for place, value in enumerate(values) if single.feed(value))

    whole = Stream(StreamState(), Check(test="ADWIN"))
    assert whole.feed_all(values) == (first, "ADWIN")
    assert whole.state == single.state


@pytest.mark.parametrize("test", ["ADWIN", "PageHinkley"])
def test_seconds_and_milliseconds_drift_at_the_same_value(test: Detector) -> None:
    random = np.random.default_rng(1)
    seconds = [*random.normal(0.02, 0.004, 1500), *random.normal(0.03, 0.004, 500)]

    found = [Stream(StreamState(), Check(test=test)).feed_all([each * unit for each in seconds]) for unit in (1, 1000)]

    assert found[0] == found[1]
    assert found[0] is not None
    assert 1500 <= found[0][0] < 1600


@pytest.mark.parametrize("test", ["ADWIN", "HDDM_A", "ADWIN+HDDM_W"])
def test_a_model_that_gets_better_is_no_drift_where_only_rises_are(test: Detector) -> None:
    better = errors((2000, 0.1), (1500, 0.005), seed=1)

    assert Stream(StreamState(), Check(test=test, direction="up")).feed_all(better) is None
    for direction in ("down", "both"):
        found = Stream(StreamState(), Check.model_validate({"test": test, "direction": direction})).feed_all(better)
        assert found is not None, direction
        assert 2000 < found[0] < 2600


def test_the_reference_alone_says_nothing() -> None:
    stream = Stream(StreamState(), Check(test="ADWIN"))

    assert stream.feed_all([0.5] * (WARM_UP - 1)) is None
    assert not stream.state.values
