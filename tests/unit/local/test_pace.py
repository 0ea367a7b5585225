"""So many a second at most, by a clock that the test moves."""

import asyncio

from local.pace import Pace


class Clock:
    """A clock that goes on only when somebody sleeps, or works."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.now += seconds


def turns(rate: float, count: int, *, work: float = 0, rest: float = 0) -> list[float]:
    """Take ``count`` turns with ``work`` seconds after each, and one rest after the first; gives when each began."""
    clock, began = Clock(), []

    async def take() -> None:
        pace = Pace(rate, clock, clock.sleep)
        for number in range(count):
            await pace.turn()
            began.append(round(clock.now - 100, 6))
            clock.now += work + (0 if number else rest)

    asyncio.run(take())
    return began


def test_turns_come_evenly_and_the_first_at_once() -> None:
    assert turns(4, 5) == [0, 0.25, 0.5, 0.75, 1]


def test_work_that_is_slower_than_the_rate_waits_for_nothing() -> None:
    assert turns(4, 3, work=1) == [0, 1, 2]


def test_a_rest_is_not_made_up_for_by_a_burst() -> None:
    assert turns(4, 4, rest=10) == [0, 10, 10.25, 10.5]
