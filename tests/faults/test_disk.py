"""Disks that are full: of the workers, of the broker, of the store. Nothing dies of it, and room cures it."""

import itertools
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from local.weed import DATABASES, PROBE_BUCKET, Identity, Weed, database_of
from tests.faults.conftest import FULL, times
from tests.faults.quota import mounting, small_disk
from tests.faults.rig import Rig, pipeline
from tests.pipeline.conftest import s3_client
from tests.waiting import eventually

PATIENT = {"NORIA_BACKOFF": "1,1,2,4,8,16,32", "FAULTS_WATCHDOG": "3"}
"""Seconds in which room must have been made (a person has 13 minutes), and until a stuck server is started again."""
MOST = 180
"""Seconds until all is done: a store looks once a minute whether there is room, and a run waits for half a minute."""


def pids(rig: Rig) -> list[int | None]:
    return [rig.pid(part) for part in ("weed", "nats-server", "publisher", "worker-faulty-0", "worker-faulty-1")]


def reasons(rig: Rig) -> Counter[str]:
    return Counter(failure.reason for run in rig.runs().values() for failure in run.failures)


@mounting
def test_a_full_work_folder_makes_events_wait_and_kills_no_worker(tmp_path: Path) -> None:
    count = times(100, 20)
    work = tmp_path / "small"
    with small_disk(work, 32) as disk, Rig(tmp_path, environ={**PATIENT, "NORIA_WORK": str(work)}) as rig:
        before = pids(rig)
        disk.fill()
        rig.upload([f"full-{n:03}.txt" for n in range(count)])
        eventually(lambda: sum("No space left on device" in reason for reason in reasons(rig)) > 0, 30)
        time.sleep(times(10, 2))

        disk.free()
        rig.settle(MOST)

        assert rig.judge()["committed"] == count
        assert pids(rig) == before
        assert [path.name for path in work.iterdir()] == []


@mounting
def test_a_full_disk_under_the_broker_delays_announcements_and_loses_none(tmp_path: Path) -> None:
    count = times(100, 20)
    with ExitStack() as stack:
        disk = stack.enter_context(small_disk(tmp_path / ".noria" / "broker", 96))
        rig = stack.enter_context(Rig(tmp_path, environ=PATIENT))
        rig.upload([f"before-{n:03}.txt" for n in range(10)])
        rig.settle()
        disk.fill()
        rig.upload([f"full-{n:03}.txt" for n in range(count)])
        time.sleep(times(15, 3))
        workers = pids(rig)[3:]
        assert len(rig.runs()) < count + 10, "the disk was not full"

        disk.free()
        rig.settle(MOST)

        assert rig.judge()["committed"] == count + 10
        assert pids(rig)[3:] == workers


@mounting
def test_a_full_disk_under_the_store_refuses_uploads_and_keeps_what_it_took(tmp_path: Path) -> None:
    count = times(100, 20)
    slow = pipeline(FAULTY_SECONDS="0.2")
    with ExitStack() as stack:
        disk = stack.enter_context(small_disk(tmp_path / ".noria" / "store", 768))
        rig = stack.enter_context(Rig(tmp_path, [slow], environ=PATIENT))
        rig.upload([f"before-{n:03}.txt" for n in range(count)])
        disk.fill()
        refused = rig.upload([f"full-{n:03}.txt" for n in range(count)])
        assert "unknown" in {upload.outcome for upload in refused}, "the disk was not full"
        time.sleep(times(15, 3))
        workers = pids(rig)[3:]

        disk.free()
        rig.settle(MOST)
        rig.upload([f"after-{n:03}.txt" for n in range(5)])
        rig.settle(MOST)

        assert rig.judge()["committed"] >= count + 5
        assert pids(rig)[3:] == workers


@mounting
def test_a_store_that_takes_names_in_some_folders_only_after_a_full_disk_is_seen_not_to_work(tmp_path: Path) -> None:
    buckets = [f"bucket-{n}" for n in range(64)]
    bucket = next(each for each in buckets if database_of(each) not in map(database_of, (PROBE_BUCKET, "")))
    with small_disk(tmp_path / "store", 64) as disk, running_store(tmp_path / "store", bucket) as (store, taken):
        eventually(lambda: all(store.works() for _ in range(DATABASES)))
        disk.fill()
        eventually(lambda: not taken())

        disk.free()

        assert not taken()
        assert store.is_ready()
        assert not all(store.works() for _ in range(DATABASES))
        assert not store.works()
        store.kill()
        store.start()
        store.wait_until_ready()
        assert taken()
        assert all(store.works() for _ in range(DATABASES))


@contextmanager
def running_store(folder: Path, bucket: str) -> Iterator[tuple[Weed, Callable[[], bool]]]:
    """Start a store, and give it with what tells whether it takes an empty object with a long name into a bucket."""
    admin = Identity.generate("admin", ["Admin"])
    store = Weed(folder, [admin], buckets=[bucket], dies_with_parent=True)
    numbers = itertools.count()

    def takes() -> bool:
        try:
            s3_client(store.endpoint, admin).put_object(Bucket=bucket, Key=f"{next(numbers):0250}")
        except ClientError:
            return False
        return True

    try:
        store.start()
        store.wait_until_ready()
        yield store, takes
    finally:
        store.kill()


@pytest.mark.skipif(not FULL, reason="make test-faults runs it")
@mounting
def test_a_server_that_dies_while_its_disk_is_full_is_started_when_there_is_room(tmp_path: Path) -> None:
    with ExitStack() as stack:
        disk = stack.enter_context(small_disk(tmp_path / ".noria" / "broker", 96))
        rig = stack.enter_context(Rig(tmp_path, environ=PATIENT))
        supervisor = rig.supervisor.pid
        disk.fill()
        rig.upload([f"full-{n:03}.txt" for n in range(5)])
        rig.kill("nats-server")
        time.sleep(times(10, 2))
        assert rig.pid("nats-server") is None

        disk.free()
        rig.settle(MOST)

        assert rig.judge()["committed"] == 5
        assert rig.supervisor.pid == supervisor
