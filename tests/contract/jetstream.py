"""A real nats-server and one worker; each message's end is read from what the server tells of it."""

import asyncio
import json
import sys
import threading
from collections.abc import Coroutine
from typing import Any, TypeVar

import nats
from nats.aio.client import Client
from nats.aio.msg import Msg

from functions.runtime.configuration import Configuration
from functions.runtime.hosts.jetstream.consumer import consumer_of
from local.broker import EVENTS, Broker, User, ensure_streams
from tests.contract.driver import Answer, begin, kill
from tests.contract.world import INPUT, SERVICE, World

T = TypeVar("T")
ADVISORY = f"$JS.EVENT.ADVISORY.CONSUMER.MSG_TERMINATED.{EVENTS}.{SERVICE}"
METRIC = f"$JS.EVENT.METRIC.CONSUMER.ACK.{EVENTS}.{SERVICE}"


class JetStreamDriver:
    """Publishes, and hears which messages were acknowledged and which terminated."""

    host = "jetstream"
    width = 16

    def __init__(self, world: World) -> None:
        self._world = world
        user = User("operator", "operators-password")
        self.broker = Broker(world.folder / "broker", [user], dies_with_parent=True)
        self.broker.start()
        self.broker.wait_until_ready()
        self._environ = {"NORIA_NATS_URL": self.broker.url, "NORIA_NATS_USER": user.name}
        self._environ |= {"NORIA_NATS_PASSWORD": user.password, **world.environ("jetstream")}
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._ends: dict[int, asyncio.Future[Answer]] = {}
        self._client = self._ask(self._connected(user))
        self.log = world.folder / "jetstream.log"
        self.start()

    def start(self) -> None:
        """Start the worker, for the first time or again."""
        command = [sys.executable, "-m", "functions.runtime.hosts.jetstream"]
        environ = {**self._environ, "PATH": "/usr/bin:/bin"}
        self.process = begin([*command, self._world.pipeline_file("jetstream"), SERVICE], environ, log=self.log)

    def lose(self) -> None:
        """Let the machine fail, and another one take its place."""
        kill(self.process)
        self.start()

    def deliver(self, document: bytes) -> Answer:
        """Publish, and wait until the server says what became of it."""
        return self._ask(self._delivered(document))

    async def _connected(self, user: User) -> Client:
        client = await nats.connect(self.broker.url, user=user.name, password=user.password)
        js = client.jetstream()
        await ensure_streams(js)
        service = self._world.service("jetstream")
        wanted = consumer_of(service, Configuration.read(self._environ))
        wanted.sample_freq = "100%"  # so that the server tells of every acknowledgement
        await js.add_consumer(EVENTS, wanted)
        await client.subscribe(ADVISORY, cb=self._hear)
        await client.subscribe(METRIC, cb=self._hear)
        await client.flush()
        return client

    async def _hear(self, message: Msg) -> None:
        told = json.loads(message.data)
        verdict = "dead" if message.subject == ADVISORY else "done"
        end = self._end(told["stream_seq"])
        if not end.done():
            end.set_result(Answer(verdict, told["deliveries"]))

    def _end(self, sequence: int) -> "asyncio.Future[Answer]":
        return self._ends.setdefault(sequence, self._loop.create_future())

    async def _delivered(self, document: bytes) -> Answer:
        stored = await self._client.jetstream().publish(f"events.{INPUT}", document)
        return await asyncio.wait_for(self._end(stored.seq), 200)

    def _ask(self, question: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(question, self._loop).result(240)

    def close(self) -> None:
        """End worker and server."""
        self._ask(self._client.close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()
        kill(self.process)
        self.broker.kill()
