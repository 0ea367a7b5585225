"""A bad network between the workers and their servers: slow, narrow, cut, silent."""

import os
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from local.broker import Broker
from local.weed import Weed
from tests.faults.conftest import FULL, times
from tests.faults.proxy import Proxy, Weather
from tests.faults.rig import Rig, pipeline

SLOW = Weather(delay=0.1, jitter=0.05)
NARROW = Weather(rate=64 * 1024)
FINE = Weather()
LARGE = 128 * 1024
"""Bytes: two seconds of a narrow network, each way."""
SPARE = 24
"""Threads by which a worker may differ from itself: those of its pool and of obstore; a leak is one an event."""


class Network:
    """A plane whose workers reach store and broker through a proxy each."""

    def __init__(self, folder: Path) -> None:
        home = folder / ".noria"
        self.store = Proxy(lambda: address(Weed(home / "store", ()).endpoint))
        self.broker = Proxy(lambda: address(Broker(home / "broker", ()).url))
        self.folder = folder

    def __enter__(self) -> "Network":
        self.store.__enter__()
        self.broker.__enter__()
        urls = {
            "NORIA_STORE_URL": f"http://127.0.0.1:{self.store.port}",
            "NORIA_NATS_URL": f"nats://127.0.0.1:{self.broker.port}",
        }
        self.rig = Rig(self.folder, [pipeline(**urls)])
        self.rig.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.rig.close()
        self.broker.__exit__()
        self.store.__exit__()

    def threads(self) -> list[int]:
        """Count the threads of each worker."""
        pids = [self.rig.pid(f"worker-faulty-{number}") for number in range(self.rig.workers)]
        return [len(list(Path(f"/proc/{pid}/task").iterdir())) for pid in pids]

    def pass_through(self, name: str, count: int, *, size: int = 0) -> None:
        """Upload, and wait until all is done, in whatever weather; one of the objects has so many bytes."""
        if size:
            self.rig.upload_content(f"{name}-large.bin", f"copy\n{name}\n".encode() + os.urandom(size))
        self.rig.upload([f"{name}-{n:03}.txt" for n in range(count)])
        self.rig.settle(120)


def address(url: str) -> tuple[str, int]:
    parts = urlsplit(url)
    assert parts.hostname
    assert parts.port
    return parts.hostname, parts.port


@pytest.fixture(scope="module")
def network(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Network]:
    with Network(tmp_path_factory.mktemp("network")) as network:
        network.pass_through("before", 40)
        yield network


@pytest.fixture(autouse=True)
def fine_weather(network: Network) -> Iterator[None]:
    yield
    network.store.weather = network.broker.weather = FINE


@pytest.mark.parametrize("weather", [SLOW, NARROW], ids=["slow", "narrow"])
def test_a_bad_network_makes_events_late_and_nothing_else(network: Network, weather: Weather) -> None:
    threads, count = network.threads(), times(300, 30)
    network.store.weather = network.broker.weather = weather

    network.pass_through(f"late-{weather.delay:g}", count, size=times(8, 1) * LARGE)

    assert network.rig.judge()["committed"] >= count
    assert [now <= before + SPARE for now, before in zip(network.threads(), threads, strict=True)] == [True, True]


def test_connections_cut_in_the_middle_of_anything_leave_no_trace(network: Network) -> None:
    threads, count = network.threads(), times(500, 60)
    network.store.weather = network.broker.weather = Weather(delay=0.005, jitter=0.005)

    network.rig.upload([f"cut-{n:03}.txt" for n in range(count)])
    for _ in range(times(40, 6)):
        time.sleep(0.25)
        network.store.cut()
        network.broker.cut()
    network.rig.settle(120)

    assert network.rig.judge()["committed"] >= count
    assert [now <= before + SPARE for now, before in zip(network.threads(), threads, strict=True)] == [True, True]


@pytest.mark.skipif(not FULL, reason="takes 20 seconds; make test-faults runs it")
def test_a_broker_whose_connection_died_without_a_word_is_connected_to_again(network: Network) -> None:
    frozen = network.broker.freeze()

    network.pass_through("half-open-broker", 20)

    assert frozen >= network.rig.workers
    assert network.rig.judge()["committed"] >= 20


def test_a_store_that_says_nothing_for_a_while_costs_time_and_nothing_else(network: Network) -> None:
    network.store.weather = Weather(silent=True)

    network.rig.upload([f"silent-{n:02}.txt" for n in range(20)])
    time.sleep(times(15, 3))
    network.store.weather = FINE
    network.rig.settle(120)

    assert network.rig.judge()["committed"] >= 20


@pytest.mark.skipif(not FULL, reason="takes a minute; make test-faults runs it")
def test_a_store_whose_connections_died_without_a_word_is_connected_to_again(network: Network) -> None:
    network.rig.upload([f"half-open-{n:02}.txt" for n in range(20)])
    frozen = network.store.freeze()
    network.rig.settle(120)

    assert frozen
    assert network.rig.judge()["committed"] >= 20
