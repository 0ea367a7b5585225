from time import monotonic

import pytest

from functions.scheduling.checking import check
from functions.scheduling.generation import generated
from functions.scheduling.search import improved, inserted
from tests.unit.scheduling.instances import cheapest, drawn


@pytest.mark.parametrize("fixed", [False, True])
def test_the_cost_under_construction_is_the_checkers(fixed: bool) -> None:
    instance = generated(3, seed=4, arrivals="high", fixed=fixed)

    timeline, _ = improved(inserted(instance), iterations=200, until=monotonic() + 60, seed=1)
    verdict = check(instance, timeline.schedule())

    assert verdict.is_possible
    assert timeline.cost() == pytest.approx(verdict.cost, rel=1e-12)


def test_search_saves_most_of_what_insertion_wastes_in_a_crowd() -> None:
    instance = generated(2, jobs=20, seed=1, arrivals="high")
    start = inserted(instance).cost()

    timeline, _ = improved(inserted(instance), iterations=800, until=monotonic() + 60, seed=3)

    assert timeline.cost() < 0.5 * start


def test_equal_seeds_give_equal_schedules_and_others_others() -> None:
    instance = generated(2, jobs=12, seed=2, arrivals="high")

    def searched(seed: int) -> object:
        return improved(inserted(instance), iterations=150, until=monotonic() + 60, seed=seed)[0].schedule()

    assert searched(1) == searched(1)
    assert any(searched(1) != searched(seed) for seed in (2, 3, 4))


def test_search_finds_the_cheapest_of_most_small_instances() -> None:
    instances = [drawn(seed) for seed in range(10)]
    found = [improved(inserted(each), iterations=300, until=monotonic() + 60, seed=0)[0].cost() for each in instances]

    exact = [cost == pytest.approx(cheapest(each)) for cost, each in zip(found, instances, strict=True)]

    assert sum(exact) >= 8


def test_the_search_stops_when_its_time_is_over() -> None:
    instance = generated(5, seed=1, arrivals="high")

    _, late = improved(inserted(instance), iterations=10**9, until=monotonic() + 0.3, seed=0)

    assert late
