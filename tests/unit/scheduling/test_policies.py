import pytest

from functions.scheduling import bounds
from functions.scheduling.baselines import EDF, FIFO, ORDERS, PRIORITY, FirstPrinciple
from functions.scheduling.checking import check
from functions.scheduling.generation import ARRIVALS, Arrivals, generated
from functions.scheduling.greedy import Greedy
from functions.scheduling.instance import Instance, Node, Schedule
from functions.scheduling.simulation import Decision, Moment, simulated
from tests.unit.scheduling.instances import LARGE, SMALL, job

QUEUE = Instance(
    (
        job("first", (SMALL, 1, 4), submission=0, deadline=20, weight=1),
        job("light", (SMALL, 1, 4), submission=1, deadline=19, weight=1),
        job("urgent", (SMALL, 1, 4), submission=2, deadline=9, weight=2),
        job("heavy", (SMALL, 1, 4), submission=3, deadline=15, weight=9),
    ),
    (Node("n0", (SMALL,)),),
)


def in_order(schedule: Schedule) -> list[str]:
    return [piece.job for piece in schedule]


def test_each_first_principle_takes_the_queue_in_its_order_and_interrupts_nobody() -> None:
    assert in_order(simulated(QUEUE, FirstPrinciple(FIFO))) == ["first", "light", "urgent", "heavy"]
    assert in_order(simulated(QUEUE, FirstPrinciple(EDF))) == ["first", "urgent", "heavy", "light"]
    assert in_order(simulated(QUEUE, FirstPrinciple(PRIORITY))) == ["first", "heavy", "urgent", "light"]
    assert check(QUEUE, simulated(QUEUE, FirstPrinciple(FIFO))).is_possible


@pytest.mark.parametrize("arrivals", ARRIVALS)
@pytest.mark.parametrize("fixed", [False, True])
def test_every_policy_gives_possible_schedules_not_below_the_bound(arrivals: Arrivals, fixed: bool) -> None:
    instance = generated(3, jobs=15, seed=2, arrivals=arrivals, fixed=fixed)
    bound = bounds.interrupted(instance).cost

    for key in ORDERS.values():
        verdict = check(instance, simulated(instance, FirstPrinciple(key)))
        assert verdict.is_possible, verdict.faults
        assert verdict.cost >= bound
    for policy in (Greedy(), Greedy(5, seed=1)):
        verdict = check(instance, simulated(instance, policy), interruptions=True)
        assert verdict.is_possible, verdict.faults
        assert verdict.cost >= bound


def test_the_greedy_gives_idle_gpus_of_a_paid_node_to_the_job_on_it() -> None:
    alone = Instance((job("a", (LARGE, 1, 4), (LARGE, 2, 3), deadline=9),), (Node("n0", (LARGE,)),))

    schedule = simulated(alone, Greedy())

    assert [(piece.end, piece.setup.gpus) for piece in schedule] == [(3, 2)]


def test_the_greedy_makes_a_node_no_larger_than_it_need_be() -> None:
    alone = Instance((job("a", (SMALL, 1, 4), (LARGE, 1, 4), deadline=9),), (Node("n0", (LARGE, SMALL)),))

    schedule = simulated(alone, Greedy())

    assert [piece.setup.configuration for piece in schedule] == [SMALL]


def test_the_greedy_puts_a_job_aside_for_one_that_presses_more() -> None:
    instance = Instance(
        (
            job("patient", (SMALL, 1, 8), submission=0, deadline=30, weight=1),
            job("pressing", (SMALL, 1, 4), submission=2, deadline=6, weight=1),
        ),
        (Node("n0", (SMALL,)),),
    )

    schedule = simulated(instance, Greedy())

    assert [(piece.job, piece.start, piece.end) for piece in schedule] == [
        ("patient", 0, 2),
        ("pressing", 2, 6),
        ("patient", 6, 12),
    ]
    assert check(instance, schedule, interruptions=True).tardiness_cost == 0


def test_randomised_plans_save_what_the_greedy_loses_in_a_crowd_and_depend_on_the_seed_alone() -> None:
    instance = generated(2, jobs=20, seed=1, arrivals="high")
    greedy = check(instance, simulated(instance, Greedy()), interruptions=True).cost

    drawn = simulated(instance, Greedy(30, seed=5))

    assert drawn == simulated(instance, Greedy(30, seed=5))
    assert check(instance, drawn, interruptions=True).cost < greedy


def test_sharing_nodes_and_moving_jobs_save_thirty_percent_and_more_in_a_crowd() -> None:
    instance = generated(5, seed=1, arrivals="high")
    greedy = check(instance, simulated(instance, Greedy()), interruptions=True).cost

    baselines = [check(instance, simulated(instance, FirstPrinciple(key))).cost for key in ORDERS.values()]

    assert all(greedy < 0.7 * cost for cost in baselines), (greedy, baselines)


def test_a_policy_that_lets_everybody_wait_for_nothing_is_told() -> None:
    def idle(_: Moment) -> Decision:
        return Decision()

    with pytest.raises(RuntimeError, match="4 jobs wait"):
        simulated(QUEUE, idle)
