"""A publisher that is killed in the middle of a burst."""

import time
from concurrent.futures import ThreadPoolExecutor

from tests.faults.conftest import times
from tests.faults.rig import Rig


def test_a_publisher_killed_in_a_burst_announces_everything_and_nothing_runs_twice(rig: Rig) -> None:
    kills, count = times(10, 1), times(1000, 100)

    with ThreadPoolExecutor(1) as pool:
        uploads = pool.submit(rig.upload, [f"burst-{n:04}.txt" for n in range(count)], pause=0.03)
        for _ in range(kills):
            time.sleep(0.4)
            rig.await_restart("publisher", rig.kill("publisher"))
        uploads.result()
    rig.settle(60)

    assert rig.judge()["committed"] == count
