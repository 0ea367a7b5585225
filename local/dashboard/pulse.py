"""The pulse: what waits in the stream for each service, asked of the broker while somebody looks."""

import asyncio
import logging
import time
from collections.abc import Mapping, Sequence
from types import MappingProxyType

from nats.aio.client import Client
from nats.errors import Error as NatsError

from functions.runtime.configuration import Configuration
from functions.runtime.hosts.jetstream.consumer import connect
from local.backlog import Backlog, backlog_of
from local.dashboard.attention import Attention

log = logging.getLogger("noria.dashboard")
EVERY = 1.0
"""Seconds between two questions."""
OLD = 5.0
"""Seconds after which an answer is not shown any more."""
PATIENCE = 1.0
"""Seconds that a page waits for the first answer."""


class Pulse:
    """The backlogs as they were a second ago; ``run`` keeps them so, in the event loop of the server."""

    def __init__(self, given: Configuration, services: Sequence[str], attention: Attention) -> None:
        self._given = given
        self._services = services
        self._attention = attention
        self._known: Mapping[str, Backlog] = MappingProxyType({})
        self._at = float("-inf")

    def backlogs(self, *, patience: float = PATIENCE) -> Mapping[str, Backlog]:
        """Give what waits for each service, as far as the broker tells; call it from any thread but the loop's."""
        began = time.monotonic()
        while (is_old := time.monotonic() - self._at > OLD) and time.monotonic() - began < patience:
            time.sleep(0.01)
        return {} if is_old else self._known

    async def run(self) -> None:
        """Ask again and again while somebody looks, until cancelled."""
        client: Client | None = None
        try:
            while True:
                await self._attention.begin()
                client = await self._ask(client)
                await asyncio.sleep(EVERY)
        finally:
            if client:
                await client.close()

    async def _ask(self, client: Client | None) -> Client | None:
        """Note the backlogs; gives the connection as long as it serves."""
        try:
            async with asyncio.timeout(5):
                client = client or await connect(self._given, patient=False)
                known = {name: await backlog_of(client, self._given.stream, name) for name in self._services}
        except (NatsError, OSError, TimeoutError, ValueError) as error:
            log.warning("the broker does not answer", extra={"reason": f"{type(error).__name__}: {error}"})
            if client:
                await client.close()
            return None
        self._known, self._at = known, time.monotonic()
        return client
