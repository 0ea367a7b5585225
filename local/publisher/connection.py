"""The connection to the broker, for as long as it takes."""

import asyncio
import logging
import ssl
from collections.abc import Awaitable, Callable
from typing import TypeVar

from nats.aio.client import Client
from nats.errors import Error as NatsError

from functions.runtime.configuration import Configuration
from functions.runtime.hosts.jetstream.consumer import PING, identification, servers_of
from functions.runtime.hosts.jetstream.encryption import EncryptedClient, NotTrustedError, tls_of, told

RECONNECT_S = 0.1
BACKOFF_S = (0.1, 0.2, 0.5, 1.0, 2.0)

T = TypeVar("T")

log = logging.getLogger(__name__)


class RefusedError(Exception):
    """The broker does not know this name and password: no use in trying again."""


class Connection:
    """Knows whether the broker is there, and whether it wants us."""

    def __init__(self, given: Configuration) -> None:
        self._given = given
        self._closing = False
        self._distrust = ""
        self.there = asyncio.Event()
        self.refused = asyncio.Event()

    async def open(self) -> Client:
        """Connect, however long the broker is away; from then on reconnects go on for ever."""
        tls = tls_of(self._given)
        client = EncryptedClient() if tls else Client()
        await client.connect(
            servers_of(self._given),
            **identification(self._given),
            tls=tls,
            name="noria-publisher",
            max_reconnect_attempts=-1,
            ping_interval=PING,
            max_outstanding_pings=2,
            reconnect_time_wait=RECONNECT_S,  # type: ignore[arg-type] # any number will do
            error_cb=self._on_error,
            disconnected_cb=self._on_disconnect,
            reconnected_cb=self._on_reconnect,
        )
        self.there.set()
        return client

    async def close(self, client: Client) -> None:
        """Hang up."""
        self._closing = True
        await client.close()

    async def _on_error(self, error: Exception) -> None:
        # nats-py would try the wrong password ten times a second for ever.
        if "authorization violation" in str(error).lower():
            self.refused.set()
        if isinstance(error, ssl.SSLError | NotTrustedError):
            self._warn_of(told(error))
            return
        level = logging.WARNING if isinstance(error, NatsError) and self.there.is_set() else logging.DEBUG
        log.log(level, "broker error", extra={"error": repr(error)})

    def _warn_of(self, distrust: str) -> None:
        """Say once why the broker is not believed; a certificate may be mended while we wait."""
        if distrust != self._distrust:
            log.warning("broker not trusted", extra={"error": distrust})
        self._distrust = distrust

    async def _on_disconnect(self) -> None:
        if not self._closing and self.there.is_set():
            log.warning("broker lost")
        self.there.clear()

    async def _on_reconnect(self) -> None:
        log.info("broker back")
        self.there.set()


async def retried(ask: Callable[[], Awaitable[T]]) -> T:
    """The broker's answer, however long it is away."""
    attempt = 0
    while True:
        try:
            return await ask()
        except (NatsError, OSError) as error:
            if attempt % 10 == 0:
                log.warning("broker not ready", extra={"error": repr(error)})
            await asyncio.sleep(BACKOFF_S[min(attempt, len(BACKOFF_S) - 1)])
            attempt += 1
