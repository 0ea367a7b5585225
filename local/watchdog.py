"""The watchdog: a broker that lives and does not answer is told to die, so that the supervisor starts it again.

nats-server 2.15 takes no message any more after its disk was full once, though there is room again and its health
check is content. It loses nothing by a restart.
"""

import asyncio
import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from nats.errors import Error as NatsError

from functions.runtime.configuration import Configuration
from functions.runtime.hosts.jetstream.consumer import connect
from local.broker import PUBLISHER_KV

EVERY, PATIENCE = 4.0, 15.0
"""Seconds between questions, and without an answer after which the broker counts as stuck."""
log = logging.getLogger("noria.watchdog")


@dataclass
class Watchdog:
    """Asks the broker for its stream again and again; ``bite`` is called when it has not answered for too long."""

    given: Configuration
    bite: Callable[[], object]
    patience: float = PATIENCE

    def start(self, stop: threading.Event) -> threading.Thread:
        """Work in a thread of its own until ``stop`` is set."""
        thread = threading.Thread(target=lambda: asyncio.run(self._watch(stop)), name="watchdog", daemon=True)
        thread.start()
        return thread

    async def _watch(self, stop: threading.Event) -> None:
        answered = time.monotonic()
        while not stop.is_set():
            if await self._answers():
                answered = time.monotonic()
            elif time.monotonic() - answered > self.patience:
                log.warning("the broker does not answer, it is started again")
                self.bite()
                answered = time.monotonic()
            await asyncio.sleep(EVERY)

    async def _answers(self) -> bool:
        """Have a message kept, and ask for the events' stream: either may be stuck."""
        try:
            client = await connect(self.given, patient=False)
            try:
                js = client.jetstream(timeout=EVERY)
                await js.publish(f"$KV.{PUBLISHER_KV}.pulse", b"")
                await js.stream_info(self.given.stream)
            finally:
                await client.close()
        except (NatsError, OSError, TimeoutError):
            return False
        return True
