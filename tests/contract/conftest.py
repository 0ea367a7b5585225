"""Every host plays the cases once a session, all hosts at the same time; tests then look at what is left."""

import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.contract import aws_lambda, oscar
from tests.contract.aws_lambda import LambdaDriver
from tests.contract.cases import CASES, Case
from tests.contract.driver import Driver
from tests.contract.jetstream import JetStreamDriver
from tests.contract.knative import KnativeDriver
from tests.contract.oscar import OscarDriver
from tests.contract.playing import Played, play
from tests.contract.world import World

DRIVERS: dict[str, Callable[[World], Driver]] = {
    "oscar": OscarDriver,
    "aws_lambda": LambdaDriver,
    "knative": KnativeDriver,
    "jetstream": JetStreamDriver,
}
MISSING = {"oscar": oscar.MISSING, "aws_lambda": aws_lambda.MISSING}


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """The store of all hosts."""
    made = World.begin(tmp_path_factory.mktemp("contract"))
    try:
        yield made
    finally:
        made.close()


@pytest.fixture(scope="session")
def played(world: World, request: pytest.FixtureRequest) -> dict[str, dict[str, Played]]:
    """What every case that a test asks for left behind on every host that can run here."""
    asked = (parameters(item).get("case") for item in request.session.items)
    wanted = {case.name for case in asked if isinstance(case, Case)}
    cases = {case.name: case for case in CASES if case.name in wanted}
    announced = {name: case.announcing(world, case) for name, case in cases.items()}
    found: dict[str, dict[str, Played]] = {}

    def through(host: str) -> None:
        driver = DRIVERS[host](world)
        try:
            found[host] = play(world, driver, cases, announced)
        finally:
            driver.close()

    threads = [threading.Thread(target=through, args=(host,)) for host in DRIVERS if not MISSING.get(host)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found


def parameters(item: pytest.Item) -> dict[str, Any]:
    """Give what a test was made for."""
    found: dict[str, Any] = item.callspec.params if hasattr(item, "callspec") else {}
    return found


def need(host: str) -> None:
    """Skip where a host's platform cannot be had."""
    if MISSING.get(host):
        pytest.skip(MISSING[host])
