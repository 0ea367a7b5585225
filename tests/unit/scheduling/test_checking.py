import pytest

from functions.scheduling.checking import check
from functions.scheduling.instance import Instance, Node, Piece
from tests.unit.scheduling.instances import LARGE, SMALL, job

ONE, TWO = job("a", (LARGE, 1, 4), (LARGE, 2, 2), deadline=3), job("b", (SMALL, 1, 4), (LARGE, 1, 4), submission=1)
INSTANCE = Instance((ONE, TWO), (Node("n0", (LARGE, SMALL)), Node("n1", (SMALL,))))
BESIDE_ONE, FAST_ONE = ONE.setups
BESIDE_TWO, SMALL_TWO = TWO.setups


def test_a_node_is_paid_for_while_anything_runs_on_it_and_only_once() -> None:
    schedule = (Piece(0, 4, "a", "n0", BESIDE_ONE), Piece(1, 5, "b", "n0", BESIDE_TWO))

    verdict = check(INSTANCE, schedule)

    assert verdict.is_possible
    assert verdict.node_cost == pytest.approx(5 * 1.75)
    assert verdict.tardiness_cost == pytest.approx(1 * 2)


def test_a_node_without_work_between_two_jobs_costs_nothing_then() -> None:
    schedule = (Piece(0, 2, "a", "n0", FAST_ONE), Piece(5, 9, "b", "n0", SMALL_TWO))

    verdict = check(INSTANCE, schedule)

    assert verdict.is_possible
    assert verdict.cost == pytest.approx(2 * 1.75 + 4 * 1.0)


def test_work_done_before_an_interruption_counts() -> None:
    halves = (Piece(0, 1, "a", "n0", FAST_ONE), Piece(2, 4, "a", "n0", BESIDE_ONE), Piece(1, 5, "b", "n1", SMALL_TWO))

    verdict = check(INSTANCE, halves, interruptions=True)

    assert verdict.is_possible
    assert check(INSTANCE, halves).faults == ("a is interrupted",)


@pytest.mark.parametrize(
    ("schedule", "fault"),
    [
        ((Piece(0, 2, "a", "n0", FAST_ONE),), "b never runs"),
        (
            (Piece(0, 2, "a", "n0", FAST_ONE), Piece(0, 4, "b", "n1", SMALL_TWO)),
            "b starts at 0, before it is submitted",
        ),
        ((Piece(0, 2, "a", "n0", FAST_ONE), Piece(1, 4, "b", "n1", SMALL_TWO)), "b is done 0.75"),
        ((Piece(0, 2, "a", "n1", FAST_ONE), Piece(2, 6, "b", "n1", SMALL_TWO)), "n1 cannot be"),
        ((Piece(0, 2, "a", "n0", FAST_ONE), Piece(1, 5, "b", "n0", BESIDE_TWO)), "n0 gives 3 of its 2 GPUs at 1"),
        ((Piece(0, 4, "a", "n0", BESIDE_ONE), Piece(1, 5, "b", "n0", SMALL_TWO)), "n0 has two configurations at 1"),
        ((Piece(0, 2, "a", "n0", FAST_ONE), Piece(2, 6, "b", "n9", SMALL_TWO)), "b on n9 from 2 to 6 is not of this"),
        ((Piece(0, 4, "a", "n0", SMALL_TWO), Piece(4, 8, "b", "n0", SMALL_TWO)), "a has no such setup"),
        (
            (
                Piece(0, 1, "a", "n0", FAST_ONE),
                Piece(0.5, 2.5, "a", "n0", BESIDE_ONE),
                Piece(4, 8, "b", "n1", SMALL_TWO),
            ),
            "a is in two places at 0.5",
        ),
    ],
)
def test_each_thing_that_cannot_be_is_found(schedule: tuple[Piece, ...], fault: str) -> None:
    verdict = check(INSTANCE, schedule, interruptions=True)

    assert any(each.startswith(fault) for each in verdict.faults), verdict.faults
