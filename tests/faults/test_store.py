"""A store that is killed in the middle of uploads, alone and together with the publisher that reads its log."""

import os
import time
from concurrent.futures import Future, ThreadPoolExecutor

from local.weed import Weed
from tests.faults.conftest import times
from tests.faults.history import Upload
from tests.faults.rig import Rig
from tests.waiting import eventually

STORE = "weed"
LARGE = 3 * 2**20
"""Bytes: long enough under way to be killed in the middle."""


def large(rig: Rig, name: str) -> Upload:
    return rig.upload_content(name, f"copy\n{name}\n".encode() + os.urandom(LARGE))


def large_ones(rig: Rig, name: str) -> list[Upload]:
    """Upload one large object after the other, until the store does not take one."""
    uploads: list[Upload] = []
    while not uploads or uploads[-1].outcome == "ok":
        uploads.append(large(rig, f"{name}-{len(uploads)}.bin"))
    return uploads


def restart(rig: Rig) -> None:
    rig.await_restart(STORE, rig.kill(STORE))
    await_store(rig)


def await_store(rig: Rig) -> None:
    """Wait until it serves what it has."""

    def serves() -> bool:
        try:
            rig.s3.list_objects_v2(Bucket="inbox", MaxKeys=1)
        except Exception:  # noqa: BLE001
            return False
        return Weed(rig.home.store, ()).alive

    eventually(serves)


def assert_whole(rig: Rig) -> None:
    """Hold every object that can be seen against what was sent."""
    sent = {(upload.key, upload.etag): len(upload.content) for upload in rig.history.uploads}
    seen = {(stat.key, stat.etag): stat.size for stat in rig.store.list("inbox", "in")}
    assert seen.items() <= sent.items()


def test_a_store_killed_while_it_is_written_to_shows_no_partial_object_and_nothing_becomes_a_dead_letter(
    rig: Rig,
) -> None:
    kills = times(10, 1)
    uploads: list[Future[list[Upload]]] = []

    with ThreadPoolExecutor(4) as pool:
        for kill in range(kills):
            sent = len(rig.history.uploads)
            uploads += [pool.submit(large_ones, rig, f"large-{kill}-{n}") for n in range(4)]
            eventually(lambda sent=sent: len(rig.history.uploads) > sent)  # type: ignore[misc]
            time.sleep(0.05 + 0.02 * kill)
            restart(rig)
            rig.upload([f"after-{kill}-{n}.txt" for n in range(5)])
    outcomes = [upload.outcome for each in uploads for upload in each.result()]
    rig.settle(60)

    assert "unknown" in outcomes, "no kill came in the middle of an upload"
    assert_whole(rig)
    assert rig.judge()["committed"] >= 5 * kills


def test_a_store_killed_under_its_handlers_makes_them_try_again(rig: Rig) -> None:
    kills, count = times(5, 1), 40

    for kill in range(kills):
        rig.upload([f"handled-{kill}-{n:02}.txt" for n in range(count)], threads=8)
        restart(rig)
        rig.settle(60)

    assert rig.judge()["committed"] >= kills * count


def test_objects_that_neither_the_publisher_saw_nor_the_killed_store_logged_are_found_all_the_same(rig: Rig) -> None:
    kills, count = times(5, 1), 25

    for kill in range(kills):
        with rig.down("publisher"):
            rig.upload([f"unlogged-{kill}-{n:02}.txt" for n in range(count)])
            restart(rig)
        rig.settle(60)

    assert rig.judge()["committed"] >= kills * count
