"""A host's machine fails in the middle of a run: what is delivered again goes on, and ends the same everywhere."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import pytest

from events.wire import minio_document
from functions.runtime.runs import WORKER_LOST, run_id
from tests.contract.conftest import DRIVERS, MISSING, need
from tests.contract.world import HOSTS, SERVICE, World


@dataclass
class Left:
    """What the run left behind."""

    verdict: str
    record: dict[str, Any]
    results: int


@pytest.fixture(scope="module")
def left(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Left]]:
    """Lose every host once, all at the same time."""
    world = World.begin(tmp_path_factory.mktemp("lost"))
    hosts = [host for host in DRIVERS if not MISSING.get(host)]
    try:
        with ThreadPoolExecutor(len(hosts)) as threads:
            yield dict(zip(hosts, threads.map(lambda host: _lose(world, host), hosts), strict=True))
    finally:
        world.close()


def _lose(world: World, host: str) -> Left:
    event = world.put("in/lost/a.txt", b"hang once\n")
    run, document = run_id(SERVICE, event), minio_document(event)
    driver = DRIVERS[host](world)
    try:
        with ThreadPoolExecutor(1) as threads:
            first = threads.submit(driver.deliver, document)
            world.running(host, run)
            driver.lose()
            answer = driver.deliver(document) if first.exception(200) else first.result()
        return Left(answer.verdict, world.record(host, run) or {}, len(world.results(host)))
    finally:
        driver.close()


@pytest.mark.parametrize("host", HOSTS)
def test_a_run_whose_machine_failed_is_done_again_once(left: dict[str, Left], host: str) -> None:
    need(host)

    found = left[host]

    assert found.verdict == "done"
    assert (found.record["state"], found.record["attempt"], found.results) == ("committed", 2, 2)
    assert [failure["error"] for failure in found.record["failures"]] == [WORKER_LOST]


def test_its_record_is_the_same_on_every_host(left: dict[str, Left]) -> None:
    records = [each.record for each in left.values()]

    assert all(record == records[0] for record in records)
