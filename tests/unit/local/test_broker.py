import asyncio
import json
import socket
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit

import nats
import pytest
from nats.errors import Error as NatsError
from nats.js import JetStreamContext
from nats.js.api import StreamConfig

from local.broker import ADVISORIES, EVENTS, PUBLISHER_PERMISSIONS, Broker, User, ensure_streams

pytestmark = pytest.mark.services

OPERATOR = User("operator", "operators-password")
PUBLISHER = User("publisher", "publishers-password", PUBLISHER_PERMISSIONS)
T = TypeVar("T")


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Broker]:
    broker = Broker(tmp_path / "broker", [OPERATOR, PUBLISHER], dies_with_parent=True)
    broker.start()
    broker.wait_until_ready()
    yield broker
    broker.kill()


def ask(
    broker: Broker, question: Callable[[JetStreamContext], Awaitable[T]], user: User = OPERATOR, *, patience: float = 60
) -> T:
    async def silent(_: Exception) -> None: ...

    async def connected() -> T:
        client = await nats.connect(
            broker.url,
            user=user.name,
            password=user.password,
            inbox_prefix=f"_INBOX.{user.name}",
            allow_reconnect=False,
            error_cb=silent,
        )
        try:
            return await question(client.jetstream(timeout=patience))
        finally:
            await client.close()

    return asyncio.run(connected())


def answer(broker: Broker, user: User) -> str:
    """What the server says to a name and a password, without a client (nats-py leaves its socket open when refused)."""
    address = urlsplit(broker.url)
    connect = json.dumps({"user": user.name, "pass": user.password, "verbose": False})
    with socket.create_connection((address.hostname, address.port), timeout=60) as stream:
        stream.sendall(f"CONNECT {connect}\r\nPING\r\n".encode())
        said = ""
        while not said.endswith(("PONG\r\n", "'Authorization Violation'\r\n")):
            said += stream.recv(4096).decode()
    return said.splitlines()[-1]


def test_an_acknowledged_event_is_on_the_disk(broker: Broker) -> None:
    config = json.loads((broker.folder / "nats.json").read_text())

    assert config["jetstream"]["sync_interval"] == "always"


def test_it_listens_on_this_machine_only_and_its_secrets_are_private(broker: Broker) -> None:
    config = json.loads((broker.folder / "nats.json").read_text())

    assert config["listen"].startswith("127.0.0.1:")
    assert config["http"].startswith("127.0.0.1:")
    assert broker.folder.stat().st_mode & 0o777 == 0o700
    assert (broker.folder / "nats.json").stat().st_mode & 0o777 == 0o600


def test_streams_are_made_once_and_brought_back_to_their_configuration(broker: Broker) -> None:
    async def bend(js: JetStreamContext) -> None:
        await ensure_streams(js)
        await js.update_stream(StreamConfig(name=EVENTS, subjects=["events.>"], duplicate_window=1, max_age=60))

    async def look(js: JetStreamContext) -> tuple[StreamConfig, StreamConfig]:
        await ensure_streams(js)
        await ensure_streams(js)
        return (await js.stream_info(EVENTS)).config, (await js.stream_info(ADVISORIES)).config

    ask(broker, bend)
    events, advisories = ask(broker, look)

    assert (events.storage, events.retention) == ("file", "limits")
    assert (events.duplicate_window, events.max_age) == (600, 7 * 24 * 3600)
    assert advisories.subjects == [
        "$JS.EVENT.ADVISORY.CONSUMER.MAX_DELIVERIES.EVENTS.>",
        "$JS.EVENT.ADVISORY.CONSUMER.MSG_TERMINATED.EVENTS.>",
    ]


def test_what_is_acknowledged_survives_a_kill(broker: Broker) -> None:
    async def publish(js: JetStreamContext) -> None:
        await ensure_streams(js)
        for n in range(10):
            await js.publish("events.photos", str(n).encode(), headers={"Nats-Msg-Id": str(n)})

    async def again(js: JetStreamContext) -> tuple[int, bool | None]:
        ack = await js.publish("events.photos", b"9", headers={"Nats-Msg-Id": "9"})
        return (await js.stream_info(EVENTS)).state.messages, ack.duplicate

    ask(broker, publish)
    url = broker.url
    broker.kill()
    broker.start()
    broker.wait_until_ready()

    assert broker.url == url
    assert ask(broker, again) == (10, True)


def test_a_stranger_is_refused(broker: Broker) -> None:
    assert answer(broker, OPERATOR) == "PONG"
    assert answer(broker, User("operator", "wrong")) == "-ERR 'Authorization Violation'"


def test_the_publisher_may_announce_and_no_more(broker: Broker) -> None:
    ask(broker, ensure_streams)

    async def announce(js: JetStreamContext) -> int:
        kv = await js.key_value("publisher")
        await kv.put("offset", b"1")
        assert (await kv.get("offset")).value == b"1"
        return (await js.publish("events.photos", b"{}")).seq

    assert ask(broker, announce, PUBLISHER) == 1
    forbidden: list[Callable[[JetStreamContext], Awaitable[object]]] = [
        lambda js: js.purge_stream(EVENTS),
        lambda js: js.get_msg(EVENTS, seq=1),
        lambda js: js.add_stream(name="MINE", subjects=["mine"]),
        lambda js: js.delete_stream("KV_publisher"),
        lambda js: js.publish("$JS.EVENT.ADVISORY.CONSUMER.MSG_TERMINATED.EVENTS.x", b"forged"),
    ]
    for attempt in forbidden:
        with pytest.raises(NatsError):
            ask(broker, attempt, PUBLISHER, patience=0.5)  # who may not is told nothing


def test_who_may_connect_changes_without_a_restart(broker: Broker) -> None:
    pid = broker.pid
    late = User("late", "lates-password")

    broker.allow([OPERATOR, late])

    deadline = time.monotonic() + 30
    while answer(broker, late) != "PONG":
        assert time.monotonic() < deadline
    assert answer(broker, PUBLISHER) == "-ERR 'Authorization Violation'"
    assert broker.pid == pid


def test_a_clean_stop_leaves_no_process(broker: Broker) -> None:
    pid = broker.pid

    assert broker.stop()

    assert not broker.alive
    assert not Path(f"/proc/{pid}").exists()
