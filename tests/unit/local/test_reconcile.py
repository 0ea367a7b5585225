"""The reconciler goes on, whatever happens to one service or one look; the real thing is in tests/pipeline."""

import asyncio
import threading
from dataclasses import dataclass, field
from typing import Any

import pytest

import fdl
from functions.runtime.configuration import Configuration
from local import reconcile
from local.reconcile import Reconciler
from tests.pipelines import pipeline


class Client:
    """A broker that has nothing to say."""

    def jetstream(self) -> None:
        """Give nothing: nobody here asks it."""

    async def close(self) -> None:
        """Do nothing."""


@dataclass(frozen=True)
class Scripted(Reconciler):
    """Rings as ``script`` says by service: a number of objects, or an exception."""

    script: dict[str, Any] = field(default_factory=dict)

    async def _ring(self, js: Any, service: fdl.Service) -> int:
        found = self.script[service.name]
        if isinstance(found, Exception):
            raise found
        return int(found)


@pytest.fixture
def services(monkeypatch: pytest.MonkeyPatch) -> list[fdl.Service]:
    async def connect(*_: Any, **__: Any) -> Client:
        return Client()

    monkeypatch.setattr(reconcile, "connect", connect)
    return [fdl.loads(pipeline(name, f"inbox/{name}", "outbox/out")).services[0] for name in ("one", "two")]


def test_a_service_that_fails_keeps_no_other_from_its_turn(services: list[fdl.Service]) -> None:
    reconciler = Scripted(Configuration(), services, 1, script={"one": KeyError("unforeseen"), "two": 3})

    assert asyncio.run(reconciler.once()) == 3


def test_nothing_unforeseen_ends_the_thread(services: list[fdl.Service], monkeypatch: pytest.MonkeyPatch) -> None:
    looks = threading.Semaphore(0)

    async def connect(*_: Any, **__: Any) -> Client:
        looks.release()
        raise KeyError("unforeseen")

    monkeypatch.setattr(reconcile, "connect", connect)
    stop = threading.Event()
    thread = Reconciler(Configuration(), services, 0.01).start(stop)

    assert all(looks.acquire(timeout=60) for _ in range(3))

    stop.set()
    thread.join(60)
