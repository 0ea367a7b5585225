"""One standing request for messages, for as many as the worker has free places (JetStream's pull protocol, ADR-13).

nats-py's own ``fetch(1)`` costs a request a message, and its ``fetch(n)`` waits for all n; a standing request delivers
each message as it comes, and the broker's heartbeats on it tell when it has fallen silent (nats.py#504).
"""

import asyncio
import json
import time
from collections.abc import Callable

from nats.aio.client import Client
from nats.aio.msg import Msg

EXPIRY, HEARTBEAT = 10.0, 1.0
"""Seconds: how long one request stands, and how often the broker says that it still does."""
SILENCE = 2.5


class Pull:
    """Keeps a request open for ``free()`` messages of a consumer, and gives each to ``take``.

    Args:
        client: Connected, or connecting again.
        consumer: ``<stream>.<durable>``.
        free: How many more messages the worker can take now.
        take: Called with each message; must not block.
    """

    def __init__(self, client: Client, consumer: str, free: Callable[[], int], take: Callable[[Msg], None]) -> None:
        self._client = client
        self._subject = f"$JS.API.CONSUMER.MSG.NEXT.{consumer}"
        self._free = free
        self._take = take
        self._open = 0
        self._heard = 0.0
        self._gone = False
        self._changed = asyncio.Event()

    def more(self) -> None:
        """Tell that a place has become free."""
        self._changed.set()

    async def run(self, stop: asyncio.Event) -> None:
        """Ask for messages until ``stop`` is set, the broker is silent or the consumer is gone; drops no message."""
        inbox = self._client.new_inbox()
        subscription = await self._client.subscribe(inbox, cb=self._hear)
        self._open, self._heard = 0, time.monotonic()
        connection = self._client.stats["reconnects"]
        try:
            while not (stop.is_set() or self._gone or self._is_silent()):
                if self._client.stats["reconnects"] != connection:
                    return  # requests die with their connection
                await self._top_up(inbox)
                self._changed.clear()
                try:
                    await asyncio.wait_for(self._changed.wait(), HEARTBEAT / 2)
                except TimeoutError:
                    continue
        finally:
            await subscription.drain()  # type: ignore[no-untyped-call]

    def _is_silent(self) -> bool:
        return self._open > 0 and time.monotonic() - self._heard > SILENCE

    async def _top_up(self, inbox: str) -> None:
        want = self._free() - self._open
        if want <= 0 or (self._open and want < self._open):
            return  # few and large requests cost less than many small ones
        if not self._open:
            self._heard = time.monotonic()
        self._open += want
        request = {"batch": want, "expires": int(EXPIRY * 1e9), "idle_heartbeat": int(HEARTBEAT * 1e9)}
        await self._client.publish(self._subject, json.dumps(request).encode(), reply=inbox)

    async def _hear(self, message: Msg) -> None:
        self._heard = time.monotonic()
        status = (message.headers or {}).get("Status") if not message.data else None
        if status is None:
            self._open = max(0, self._open - 1)
            self._take(message)
        elif status != "100":  # a request has ended: expired, or the broker had nothing to serve it with
            self._gone = status == "503" or "Deleted" in (message.headers or {}).get("Description", "")
            unserved = (message.headers or {}).get("Nats-Pending-Messages", "")
            self._open = max(0, self._open - int(unserved)) if unserved.isdigit() else 0
            self._changed.set()
