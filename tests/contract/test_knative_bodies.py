"""A request whose body never ends holds no place: the next one is answered."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, MutableMapping
from typing import Any

import pytest

from events.wire import http_cloudevent
from functions.runtime.assembly import assembled
from functions.runtime.hosts.knative import application
from functions.runtime.hosts.knative.application import KnativeHost
from tests.contract.world import World

Message = MutableMapping[str, Any]


@pytest.fixture
def host(world: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[KnativeHost]:
    """A host with one place, that waits a moment for a body."""
    monkeypatch.setattr(application, "PATIENCE", 0.2)
    made = assembled(world.service("knative"), {**world.environ("knative"), "NORIA_CONCURRENCY": "1"}, host="knative")
    yield KnativeHost(made)
    made.engine.close()


async def post(host: KnativeHost, headers: dict[str, str], receive: Callable[[], Awaitable[Message]]) -> Message:
    """Make one request as a server does, and give the head of its answer."""
    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    raw = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
    scope = {"type": "http", "method": "POST", "path": "/", "query_string": b"", "headers": raw}
    await host.application(scope, receive, send)
    return sent[0]


async def never() -> Message:
    """Wait for the rest of a body that a lost client does not send."""
    await asyncio.Event().wait()
    raise AssertionError


def test_a_body_that_never_ends_is_given_up_and_its_place_is_free_again(world: World, host: KnativeHost) -> None:
    headers, body = http_cloudevent(world.put("in/bodies/a.txt", b"plain\n"))

    async def whole() -> Message:
        return {"type": "http.request", "body": body}

    async def requests() -> tuple[Message, Message]:
        async with asyncio.timeout(60):
            return await post(host, headers, never), await post(host, headers, whole)

    given_up, next_one = asyncio.run(requests())

    assert (given_up["status"], next_one["status"]) == (408, 204)
    assert (b"connection", b"close") in given_up["headers"]
