"""The services' consumers: made by the plane, and made again when somebody deletes one; their workers may not."""

import asyncio
import logging
import threading
from collections.abc import Sequence
from dataclasses import dataclass

from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.errors import Error as NatsError
from nats.js import JetStreamContext

from fdl import Service
from functions.runtime.configuration import Configuration
from functions.runtime.hosts.jetstream.consumer import connect, ensure_consumer
from local.broker import ensure_streams

log = logging.getLogger("noria.consumers")
LOOK = 0.5
"""Seconds between looks at whether to stop, and at whether the broker was away."""


@dataclass(frozen=True)
class Consumers:
    """Streams and consumers of ``services``, made as whoever ``given`` says."""

    given: Configuration
    services: Sequence[Service]

    async def make(self, js: JetStreamContext) -> None:
        """Make what is not there, or not as the FDL says.

        Raises:
            nats.errors.Error: The broker does not do it.
        """
        await ensure_streams(js, replicas=self.given.replicas, keep=self.given.keep)
        for service in self.services:
            await ensure_consumer(js, service, told(service, self.given))

    def start(self, stop: threading.Event) -> threading.Thread:
        """Keep them there in a thread of its own until ``stop`` is set."""
        thread = threading.Thread(target=lambda: asyncio.run(self._keep(stop)), name="consumers", daemon=True)
        thread.start()
        return thread

    async def _keep(self, stop: threading.Event) -> None:
        client = await connect(self.given)
        lost = asyncio.Event()

        async def hear(_: Msg) -> None:
            lost.set()

        await client.subscribe(f"$JS.EVENT.ADVISORY.CONSUMER.DELETED.{self.given.stream}.*", cb=hear)
        try:
            while not stop.is_set():
                connections = client.stats["reconnects"]
                await self._again(client, lost)
                while not (stop.is_set() or lost.is_set() or client.stats["reconnects"] > connections):
                    await asyncio.sleep(LOOK)
        finally:
            await client.close()

    async def _again(self, client: Client, lost: asyncio.Event) -> None:
        lost.clear()
        try:
            await self.make(client.jetstream())
        except NatsError as error:
            log.warning("no consumers", extra={"reason": f"{type(error).__name__}: {error}"})
            lost.set()
            await asyncio.sleep(1)


def told(service: Service, given: Configuration) -> Configuration:
    """Give the settings with what the service's FDL says to its own workers."""
    own = Configuration.read({name: value for name, value in service.environment.items() if name.startswith("NORIA_")})
    return given.model_copy(update={name: getattr(own, name) for name in own.model_fields_set})
