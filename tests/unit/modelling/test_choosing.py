import numpy as np
import pytest

from functions.modelling.choosing import choose, fitted
from functions.modelling.families import Family, families
from functions.modelling.fitting import fit
from functions.modelling.intervals import LEVEL, Interval
from functions.modelling.model import Model
from functions.modelling.requests import Request, Validation
from functions.modelling.sample import Sample
from functions.modelling.table_reading import read_table
from functions.modelling.validation import above, between, beyond, folds, held_out, mape
from functions.runtime.errors import Rejected
from tests.unit.modelling.tables import INPUTS, SERIAL, law, measured, sample_of

shared = pytest.mark.skipif(not INPUTS.exists(), reason="../shared is not here")


def named(sample: Sample, name: str) -> Family:
    return next(each for each in families(sample) if each.name == name)


def test_amdahl_s_law_is_found_again_with_its_serial_share() -> None:
    sample = sample_of(measured(noise=0.02))

    choice = choose(sample, purpose="beyond")
    model = fitted(choice.family, sample)

    assert choice.family.name.startswith("Amdahl")
    assert dict(model.facts)["serial share of cores"] == pytest.approx(SERIAL, abs=0.03)
    far = np.array([[16.0, 8.0], [32.0, 16.0]])
    assert mape(model.predict(far), law(far[:, 0], far[:, 1])) < 8


def test_configurations_are_never_on_both_sides_of_a_test() -> None:
    sample = sample_of(measured(repeats=4))

    for split in folds(sample):
        known = {tuple(row) for row in sample.x[~split.held]}
        assert not known & {tuple(row) for row in sample.x[split.held]}
    assert sum(split.held for split in folds(sample)).tolist() == [1] * len(sample)  # type: ignore[union-attr]


def test_what_is_held_out_is_beyond_all_that_is_fitted() -> None:
    sample = sample_of(measured())

    splits = beyond(sample)

    assert [split.name for split in splits] == ["cores > 3", "cores > 6", "data_size > 4", "data_size > 8"]
    for split in splits[:2]:
        assert sample.x[split.held, 0].min() > sample.x[~split.held, 0].max()
    assert above(sample, {0: 4}).held.sum() == 30
    assert between(sample, {0: [3]}).held.sum() == 15
    assert between(sample, {0: 2}).held.sum() == 45


def test_the_rows_that_a_model_is_tested_on_have_no_say_in_its_choice() -> None:
    table = measured()
    seen: list[np.ndarray] = []

    def fit_it(sample: Sample, quick: bool) -> Model:
        seen.append(sample.x[:, 0])
        return named(sample, "polynomial 1, squared errors").fit(sample, quick)

    spy = (Family("spy", fit_it),)
    calls = []
    for bounds in ({"cores": 4.0}, {"cores": 100.0}):
        seen.clear()
        request = Request(validation=Validation(above=bounds), families=spy)
        if bounds["cores"] == 100:
            with pytest.raises(Rejected, match="held out"):
                next(iter(fit(table, request)))
            continue
        card = next(iter(fit(table, request))).card
        calls = [x.max() for x in seen]
        assert card.errors.tested is not None
        assert card.errors.tested_on == "cores > 4"
    tested = calls[: calls.index(8.0)]
    assert len(tested) >= 5
    assert max(tested) <= 4


def test_few_rows_are_enough_for_something_and_too_few_are_refused() -> None:
    sample = sample_of(measured(repeats=1, cores=(1, 2)))

    assert choose(sample.rows(np.arange(5))).family.name.startswith("polynomial 1")
    with pytest.raises(Rejected, match="too few"):
        choose(sample.rows(np.arange(3)))


def test_a_lone_configuration_is_its_mean() -> None:
    sample = Sample(("cores",), np.full((12, 1), 4.0), np.exp(np.linspace(-0.1, 0.1, 12)), scale=(0,))

    model = fitted(choose(sample).family, sample)

    assert model.predict(np.array([[4.0]]))[0] == pytest.approx(1, abs=0.05)


def test_the_choice_is_the_same_each_time() -> None:
    sample = sample_of(measured(noise=0.1))

    first, second = choose(sample), choose(sample)

    assert first.scores == second.scores
    assert first.scores[0].family == first.family.name


def test_the_law_of_functions_is_taken_where_it_holds_and_not_where_it_does_not() -> None:
    from functions.modelling.sample import FunctionTimes
    from functions.placement.faas import response_time

    load, warm = np.geomspace(0.05, 3, 40), np.linspace(0.3, 1.2, 40)
    x = np.column_stack([load, warm, warm * 3, np.full(40, 600.0)])
    truth = response_time(load, warm=warm, cold=warm * 3, idle=600.0)
    columns = ("load", "warm_time", "cold_time", "idle_time")
    times = FunctionTimes(1, 2, 0, 3)

    right = choose(Sample(columns, x, truth, beyond=(0,), function=times))
    wrong = choose(Sample(columns, x, 5 * load**0.3, beyond=(0,), function=times))

    assert right.family.name == "steady state"
    assert wrong.family.name != "steady state"


def test_intervals_hold_as_many_new_measurements_as_they_say() -> None:
    shares = []
    for seed in range(8):
        sample = sample_of(measured(noise=0.15, seed=seed, repeats=8))
        new = sample_of(measured(noise=0.15, seed=seed + 100, repeats=40))
        choice = choose(sample, purpose="inside", among=[named(sample, "Amdahl 1, absolute errors")])
        interval = Interval.of(sample.x, inside=choice.inside, beyond=choice.beyond)

        lower, upper = interval.around(new.x, fitted(choice.family, sample).predict(new.x))

        shares.append(np.mean((new.y >= lower) & (new.y <= upper)))
        assert interval.level == LEVEL
        # Errors upwards are the larger ones, and the interval knows.
        assert interval.high > -interval.low
    assert 0.87 < np.mean(shares) < 0.93
    assert min(shares) > 0.78


def test_few_measurements_promise_less() -> None:
    few = Interval.of(np.ones((5, 1)), inside=np.array([-0.2, -0.1, 0.0, 0.1, 0.3]), beyond=np.empty(0))

    assert few.level == pytest.approx(4 / 6)
    assert (few.low, few.high) == (-0.2, 0.3)
    assert (few.low_beyond, few.high_beyond) == (-0.4, 0.6)


@shared
def test_stereomatch_s_held_out_rows_are_predicted_better_than_by_amllibrary() -> None:
    sample = sample_of(read_table(INPUTS / "stereomatch_itr_100.csv"))
    split = held_out(sample, share=0.2, seed=0)
    left, held = sample.rows(~split.held), sample.rows(split.held)

    choice = choose(left, purpose="inside")
    model = fitted(choice.family, left)
    interval = Interval.of(left.x, inside=choice.inside, beyond=choice.beyond)

    assert mape(model.predict(held.x), held.y) <= 6.3
    lower, upper = interval.around(held.x, model.predict(held.x))
    assert 0.87 < np.mean((held.y >= lower) & (held.y <= upper)) < 0.94


@shared
def test_stereomatch_on_more_threads_than_were_measured_is_predicted_within_9_1_percent() -> None:
    sample = sample_of(read_table(INPUTS / "stereomatch_itr_100.csv"))
    split = above(sample, {3: 4})
    left, held = sample.rows(~split.held), sample.rows(split.held)

    model = fitted(choose(left, purpose="beyond").family, left)

    assert mape(model.predict(held.x), held.y) <= 9.1


@shared
def test_published_functions_are_predicted_exactly() -> None:
    sample = sample_of(read_table(INPUTS / "faas_test.csv"))
    split = held_out(sample, share=0.2, seed=0)
    left, held = sample.rows(~split.held), sample.rows(split.held)

    model = fitted(choose(left, purpose="inside").family, left)

    assert mape(model.predict(held.x), held.y) <= 0.0033
