"""A broker of three servers: what is lost with one of them, and what nobody may do there."""

import asyncio
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from nats.aio.client import Client
from nats.errors import Error as NatsError
from nats.errors import TimeoutError as NatsTimeoutError
from nats.js.api import ConsumerConfig

import fdl
from functions.runtime.configuration import Configuration
from functions.runtime.store import Store
from local.broker import EVENTS, PUBLISHER_KV, ensure_streams
from local.connection import operator
from local.consumers import Consumers
from tests.pipeline.nats_cluster import Servers
from tests.pipeline.noria import Noria
from tests.pipelines import pipelines
from tests.waiting import eventually

FLOWS = {"copy": ("inbox/in", "outbox/out"), "other": ("secrets/in", "secrets/out")}
UPLOADS = 60


@pytest.fixture(scope="module")
def pipeline(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("fdl") / "copy.yaml"
    file.write_text(pipelines(FLOWS))
    return file


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory, pipeline: Path) -> Iterator[Servers]:
    made = Servers(tmp_path_factory.mktemp("cluster"), fdl.load(pipeline).services)
    try:
        made.start()
        made.ask("operator", lambda client: ensure_streams(client.jetstream(), replicas=3))
        yield made
    finally:
        made.close()


async def copies(client: Client) -> dict[str, int | None]:
    js = client.jetstream()
    return {name: (await js.stream_info(name)).config.num_replicas for name in (EVENTS, f"KV_{PUBLISHER_KV}")}


def test_who_wants_one_copy_takes_none_of_three_away(servers: Servers) -> None:
    servers.ask("operator", lambda client: ensure_streams(client.jetstream()))

    assert set(servers.ask("operator", copies).values()) == {3}


def test_the_stream_keeps_events_as_long_as_is_asked_and_a_consumer_has_as_many_in_flight(
    servers: Servers, pipeline: Path
) -> None:
    given = Configuration.read({"NORIA_KEEP": "3600", "NORIA_IN_FLIGHT": "7", "NORIA_REPLICAS": "3"})
    service = fdl.load(pipeline).services[1]

    async def made(client: Client) -> tuple[float | None, int | None, int | None]:
        js = client.jetstream()
        await Consumers(given, [service]).make(js)
        stream, consumer = await js.stream_info(EVENTS), await js.consumer_info(EVENTS, service.name)
        await js.delete_consumer(EVENTS, service.name)
        return stream.config.max_age, stream.config.num_replicas, consumer.config.max_ack_pending

    assert servers.ask("operator", made) == (3600, 3, 7)


def test_a_store_announces_objects_and_hears_of_nothing_else(servers: Servers) -> None:
    async def announced(client: Client) -> tuple[str, float | None]:
        js = client.jetstream()
        acknowledged = await js.publish("events.secrets", b"{}", headers={"Nats-Msg-Id": "store"})
        info = await js.stream_info(EVENTS)  # RustFS looks first
        return acknowledged.stream, info.config.duplicate_window

    async def curious(client: Client) -> list[bytes]:
        heard = []
        listening = await client.subscribe(">")
        with pytest.raises((NatsError, asyncio.TimeoutError)):
            await client.jetstream().add_consumer(EVENTS, ConsumerConfig(durable_name="curious"))
        await servers_publish()
        try:
            while True:
                heard.append((await listening.next_msg(timeout=0.5)).data)
        except NatsTimeoutError:
            return heard

    async def servers_publish() -> None:
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(None, servers.ask, "publisher", publish)

    async def publish(client: Client) -> None:
        await client.jetstream().publish("events.secrets", b"something secret")

    stream, window = servers.ask("store", announced)

    assert (stream, window) == (EVENTS, 600.0)
    assert b"something secret" not in servers.ask("store", curious)


def test_a_worker_takes_from_its_own_consumer_and_from_no_other(servers: Servers) -> None:
    async def made(client: Client) -> None:
        for name in FLOWS:
            subject = f"events.{FLOWS[name][0].partition('/')[0]}"
            config = ConsumerConfig(durable_name=name, filter_subject=subject, ack_policy="explicit")  # type: ignore[arg-type]
            await client.jetstream().add_consumer(EVENTS, config)
        await client.jetstream().publish("events.inbox", b"mine")
        await client.jetstream().publish("events.secrets", b"not mine")

    async def taken(client: Client, consumer: str, timeout_s: float) -> list[bytes]:
        pull = await client.jetstream().pull_subscribe_bind(consumer, EVENTS)
        try:
            messages = await pull.fetch(1, timeout=timeout_s)
        except NatsTimeoutError:
            return []
        return [message.data for message in messages]

    servers.ask("operator", made)

    assert servers.ask("copy", lambda client: taken(client, "copy", 20)) == [b"mine"]
    assert servers.ask("copy", lambda client: taken(client, "other", 1)) == []


def states(noria: Noria) -> list[str]:
    """Give how the runs stand."""
    return [run["state"] for run in noria.json("runs", "--limit", str(2 * UPLOADS))]


def test_nothing_is_lost_and_nothing_done_twice_when_one_of_three_servers_is_killed_in_the_middle(
    servers: Servers, pipeline: Path, tmp_path: Path
) -> None:
    # What was on its way from the killed server to a worker comes again after NORIA_ACK_WAIT.
    environ = {**servers.environ("operator"), "NORIA_REPLICAS": "3", "NORIA_ACK_WAIT": "3"}
    noria = Noria(tmp_path / ".noria", environ)
    servers.write_credentials(noria.home / "credentials.json")
    try:
        noria("up", "--detach", pipeline)
        store = Store(operator({"NORIA_HOME": str(noria.home), **servers.environ("operator")}))
        for number in range(UPLOADS):
            store.write("inbox", f"in/{number:03}.txt", b"hello")
            if number == UPLOADS // 3:
                killed = servers.leader()
                servers.processes[killed].kill()
        eventually(lambda: len(list(store.list("outbox", "out"))) == UPLOADS)
        eventually(lambda: states(noria) == ["committed"] * UPLOADS)
        eventually(lambda: {"publisher", *FLOWS} <= servers.users(), 60)  # each with the permissions of its own
        found = noria.json("doctor", pipeline)
    finally:
        for part in ("supervisor", "weed"):  # noria down would wait ten seconds for the store
            with suppress(AssertionError):
                noria.kill(part)

    assert servers.leader() != killed
    silent = [each["what"] for each in found if each["detail"].startswith("does not answer")]
    assert silent == [
        url for url, node in zip(servers.url.split(","), servers.nodes, strict=True) if node.name == killed
    ]
    assert Configuration().reconcile is None, "it would come a minute later, and is not what found them"
