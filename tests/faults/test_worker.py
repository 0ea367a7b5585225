"""Workers that are killed, wherever they are."""

import pytest

from tests.faults.conftest import times
from tests.faults.rig import Rig
from tests.faults.worker import POINTS


@pytest.mark.parametrize("point", POINTS)
def test_a_worker_killed_anywhere_costs_time_and_nothing_else(rig: Rig, point: str) -> None:
    names = [f"{point}/{point}-{number:02}.txt" for number in range(times(20, 2))]

    rig.upload([name for each in names for name in (each, f"{point}/beside-{each.rpartition('-')[2]}")], pause=0.2)

    rig.settle()
    rig.judge()
