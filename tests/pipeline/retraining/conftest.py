"""A store of its own for the tests of one module, and swap-model on it."""

import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

import fdl
from functions.runtime.configuration import Configuration
from functions.runtime.engine import Engine
from functions.runtime.function import load
from functions.runtime.ledger import Ledger
from functions.runtime.runner import InProcess
from functions.runtime.store import Store
from tests.pipeline.retraining.shop import Shop
from tests.pipeline.single_store import single_store
from tests.pipelines import pipeline


@pytest.fixture(scope="module")
def given(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Configuration]:
    with single_store(tmp_path_factory.mktemp("store"), ack_wait=20) as given:
        yield given


@pytest.fixture
def shop(given: Configuration, tmp_path: Path) -> Shop:
    """Give a store with swap-model at work on it, and with names that nobody else has."""
    return at_work("swap-model", given, tmp_path, stream="in/{model}")


@pytest.fixture
def barn(given: Configuration, tmp_path: Path) -> Shop:
    """Give a store with gather-drifted at work on it."""
    return at_work("gather-drifted", given, tmp_path, rows=40, least_kept=10)


def at_work(name: str, given: Configuration, work: Path, *, folder: str = "", **settings: object) -> Shop:
    """Give a store with a function at work on it, in a folder of its own or in one that is there already."""
    folder = folder or uuid.uuid4().hex[:8]
    text = pipeline(
        f"{name}-{folder}", f"inbox/{folder}", f"outbox/{folder}", function=name, suffixes=(), NORIA_FLAT="true"
    )
    service = fdl.loads(text).services[0]
    store, function = Store(given), load(name)
    environ = {f"{function.name}_{key}".upper(): str(value) for key, value in settings.items()}
    runner = InProcess(function, function.settings.from_environment(function.name, environ))
    engine = Engine(service, runner, store, given.model_copy(update={"work": work}), host="test")
    return Shop(store, Ledger(store, given.ledger, lease=20), given, engine, folder)
