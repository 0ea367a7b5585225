import pytest

from functions.scheduling import bounds
from functions.scheduling.checking import check
from functions.scheduling.exact import proven
from functions.scheduling.formulation import Formulation, windows
from functions.scheduling.generation import generated
from functions.scheduling.instance import Instance
from functions.scheduling.scheduling import schedule
from functions.scheduling.search import inserted
from tests.unit.scheduling.instances import cheapest, drawn

CASES = [(seed, fixed) for seed in range(8) for fixed in (False, True)]


@pytest.mark.parametrize(("seed", "fixed"), CASES)
def test_the_programme_finds_and_proves_what_trying_everything_finds(seed: int, fixed: bool) -> None:
    instance = drawn(seed, fixed=fixed)
    least = cheapest(instance)

    proof = proven(instance, inserted(instance).schedule(), bound=bounds.alone(instance), seconds=120)

    assert check(instance, proof.schedule).is_possible
    assert proof.cost == pytest.approx(least, rel=1e-6)
    assert proof.bound == pytest.approx(least, rel=1e-6)


@pytest.mark.parametrize("seed", range(3))
def test_the_programme_does_so_with_four_jobs_and_without_a_good_schedule_to_begin_with(seed: int) -> None:
    instance = drawn(100 + seed, jobs=4)
    least = cheapest(instance)

    formulation = Formulation(instance, windows(instance, bounds.alone(instance), 3 * least), 0.0)
    solution = formulation.programme.solve(seconds=120, seed=0, gap=1e-7, start={})

    assert solution.cost == pytest.approx(least, rel=1e-6)


def test_three_jobs_that_start_together_do_not_share_two_nodes_each() -> None:
    instance = generated(2, jobs=6, seed=1, arrivals="high")  # found by a programme without an order of all jobs

    answer = schedule(instance, seconds=60)

    assert answer.proven
    assert answer.method == "exact"
    assert answer.cost == pytest.approx(63.17168576666665)


@pytest.mark.parametrize(("seed", "fixed"), CASES[:6])
def test_no_bound_is_above_the_cheapest_schedule(seed: int, fixed: bool) -> None:
    instance = drawn(seed, fixed=fixed)
    least = cheapest(instance)
    start = inserted(instance)

    alone = bounds.alone(instance).cost
    priced = bounds.priced(instance, start.schedule(), cost=start.cost()).cost

    assert 0 < bounds.interrupted(instance).cost <= alone <= priced <= least * (1 + 1e-9)


def test_prices_raise_the_bound_where_nodes_are_scarce() -> None:
    crowded = generated(2, jobs=20, seed=1, arrivals="high")
    start = inserted(crowded)

    priced = bounds.priced(crowded, start.schedule(), cost=300.0)

    assert priced.cost > 1.15 * bounds.alone(crowded).cost
    assert len(priced.jobs) == len(crowded.jobs)


def test_a_job_may_meet_its_deadline_with_part_of_the_work_on_more_gpus_if_it_is_interrupted() -> None:
    instance = drawn(0, jobs=1)
    lone = Instance(instance.jobs, instance.nodes[:1])

    assert bounds.interrupted(lone).cost <= bounds.alone(lone).cost
