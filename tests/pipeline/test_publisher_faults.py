"""Every crash of the publisher, the store and the broker: nothing may be lost, nothing may come twice."""

import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest
from nats.js import JetStreamContext
from nats.js.api import StreamConfig

from local.broker import DUPLICATE_WINDOW_S, EVENTS
from tests.pipeline.conftest import Announced, Plane
from tests.waiting import eventually

pytestmark = pytest.mark.services


def put_many(plane: Plane, keys: list[str], *, threads: int = 4) -> None:
    """Upload until the store has acknowledged all."""

    def put(key: str) -> None:
        deadline = time.monotonic() + 60
        while True:
            try:
                plane.s3.put_object(Bucket="photos", Key=key, Body=key.encode())
            except Exception:  # noqa: BLE001
                assert time.monotonic() < deadline
                time.sleep(0.05)
            else:
                return

    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(put, keys))


def assert_once_each(announced: list[Announced], keys: list[str]) -> None:
    counts = Counter(one.event.key for one in announced)
    assert [key for key in keys if counts[key] == 0] == [], "lost"
    assert {key: n for key, n in counts.items() if n > 1} == {}, "twice"


def test_a_killed_publisher_loses_nothing_and_repeats_nothing(own_plane: Plane) -> None:
    keys = [f"in/{n:03}" for n in range(300)]
    own_plane.start_publisher()

    with ThreadPoolExecutor(1) as pool:
        uploads = pool.submit(put_many, own_plane, keys)
        for killed_at in (60, 160):
            eventually(lambda at=killed_at: len(own_plane.announced()) > at)  # type: ignore[misc]
            assert own_plane.publisher is not None
            own_plane.publisher.kill()
            own_plane.start_publisher()
        uploads.result()

    assert_once_each(own_plane.await_keys(keys), keys)


def test_what_a_killed_store_forgot_to_log_is_announced_all_the_same(own_plane: Plane) -> None:
    own_plane.start_publisher().kill()
    keys = [f"in/{n:03}" for n in range(100)]
    put_many(own_plane, keys)

    own_plane.store.kill()
    own_plane.store.start()
    own_plane.store.wait_until_ready()
    own_plane.start_publisher()

    assert_once_each(own_plane.await_keys(keys), keys)


def test_a_store_killed_under_the_publisher_is_followed_again(own_plane: Plane) -> None:
    own_plane.start_publisher()
    before, after = [f"in/{n:03}" for n in range(50)], [f"in/{n:03}" for n in range(50, 100)]
    put_many(own_plane, before)

    own_plane.store.kill()
    own_plane.store.start()
    own_plane.store.wait_until_ready()
    put_many(own_plane, after)

    assert_once_each(own_plane.await_keys([*before, *after]), [*before, *after])
    assert own_plane.publisher is not None
    assert own_plane.publisher.alive


def test_a_store_that_is_stopped_in_good_order_ends_soon(own_plane: Plane) -> None:
    own_plane.start_publisher()
    put_many(own_plane, ["in/before"])
    started = time.monotonic()

    clean = own_plane.store.stop()
    stopped_s = time.monotonic() - started
    own_plane.store.start()
    own_plane.store.wait_until_ready()
    put_many(own_plane, ["in/after"])

    assert clean
    assert stopped_s < 10
    assert_once_each(own_plane.await_keys(["in/before", "in/after"]), ["in/before", "in/after"])


def test_a_broker_that_goes_and_comes_back_gets_everything(own_plane: Plane) -> None:
    keys = [f"in/{n:03}" for n in range(200)]
    own_plane.start_publisher()

    with ThreadPoolExecutor(1) as pool:
        uploads = pool.submit(put_many, own_plane, keys)
        for end in (own_plane.broker.kill, own_plane.broker.stop):
            time.sleep(0.3)
            end()
            time.sleep(0.5)
            own_plane.broker.start()
            own_plane.broker.wait_until_ready()
        uploads.result()

    assert_once_each(own_plane.await_keys(keys), keys)


def test_a_start_long_after_a_stop_repeats_nothing(own_plane: Plane) -> None:
    def remember_ids(seconds: float) -> None:
        async def update(js: JetStreamContext) -> None:
            config = (await js.stream_info(EVENTS)).config
            await js.update_stream(StreamConfig(name=EVENTS, subjects=config.subjects, duplicate_window=seconds))

        own_plane.ask(update)

    publisher = own_plane.start_publisher()
    keys = [f"in/{n:03}" for n in range(20)]
    put_many(own_plane, keys)
    own_plane.await_keys(keys)

    assert publisher.stop(60)
    assert publisher.exit_code == 0
    remember_ids(0.5)  # only now: a publisher that waits too long for an answer publishes again
    time.sleep(1)
    own_plane.start_publisher()
    eventually(lambda: '"reconciled"' in own_plane.said())
    remember_ids(DUPLICATE_WINDOW_S)
    put_many(own_plane, ["in/late"])

    assert_once_each(own_plane.await_keys(["in/late"]), [*keys, "in/late"])
