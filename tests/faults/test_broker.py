"""A broker that is killed, restarted for hours, or away while uploads go on."""

import itertools
import json
import time
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from threading import Event

from functions.runtime.errors import TryAgain
from local.broker import EVENTS, Broker
from local.outside import pulling
from local.process import ServiceError
from tests.faults.conftest import times
from tests.faults.rig import Rig
from tests.waiting import eventually

BROKER = "nats-server"
AWAKE = times(5, 40)
"""Seconds after the broker is back until a worker asks again, or an object is processed; the short run is patient."""


def restart(rig: Rig) -> float:
    """Kill the broker; gives when it was back (``time.monotonic``)."""
    rig.await_restart(BROKER, rig.kill(BROKER))
    Broker(rig.home.broker, ()).wait_until_ready()
    return time.monotonic()


def is_pulling(rig: Rig) -> bool:
    try:
        return bool(pulling(rig.given, ["faulty"]))
    except (ServiceError, TryAgain):
        return False


def stream(rig: Rig, count: int, over: Event) -> None:
    """Upload 50 objects a second, ``count`` at least, until it is over."""
    for first in itertools.count(step=25):
        if first >= count and over.is_set():
            return
        rig.upload([f"burst-{n:05}.txt" for n in range(first, first + 25)], pause=0.075)


def test_an_acknowledged_event_is_on_the_disk_and_a_repeated_one_is_known_for_minutes(rig: Rig) -> None:
    with urllib.request.urlopen(f"{Broker(rig.home.broker, ()).monitoring}/jsz?config=true") as answer:
        running = json.load(answer)["config"]
    stream = rig.ask(lambda js: js.stream_info(EVENTS)).config

    assert running["sync_always"] is True
    assert (stream.duplicate_window or 0) >= 274  # what RustFS asks for


def test_a_broker_killed_in_a_stream_of_uploads_loses_nothing_and_its_workers_ask_again(rig: Rig) -> None:
    kills, count = times(20, 2), times(2000, 150)
    silent = []
    over = Event()

    with ThreadPoolExecutor(1) as pool:
        uploads = pool.submit(stream, rig, count, over)
        for _ in range(kills):
            time.sleep(0.5)
            back = restart(rig)
            eventually(lambda: is_pulling(rig))
            silent.append(time.monotonic() - back)
        over.set()
        uploads.result()
    rig.settle(120)

    assert max(silent) < AWAKE, silent
    assert rig.judge()["committed"] >= count


def test_however_often_an_idle_broker_is_restarted_the_next_object_is_processed_at_once(rig: Rig) -> None:
    restarts = times(100, 5)

    for number in range(restarts):  # nats.py#504: silent after a restart
        back = restart(rig)
        rig.upload([f"idle-{number:03}.txt"])
        rig.settle(60)
        assert time.monotonic() - back < AWAKE, f"silent after restart {number + 1}"

    assert rig.judge()["committed"] >= restarts


def test_what_is_uploaded_while_the_broker_is_away_is_done_soon_after_it_is_back(rig: Rig) -> None:
    count = times(600, 60)

    with rig.down(BROKER):
        began = time.monotonic()
        rig.upload([f"away-{n:04}.txt" for n in range(count)], pause=0.35)
        time.sleep(max(0.0, times(60, 6) - (time.monotonic() - began)))
    rig.settle(60)

    assert rig.judge()["committed"] >= count
