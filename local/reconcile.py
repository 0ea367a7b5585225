"""Reconcile: what was never announced, or was and is no longer thought of, is rung for again, whoever forgot it.

With a store that announces nothing (any S3 by its endpoint) this is how events begin.
"""

import asyncio
import hashlib
import logging
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from nats.js import JetStreamContext
from nats.js.errors import NotFoundError

from fdl import Service
from functions.runtime.configuration import Configuration
from functions.runtime.hosts.jetstream.consumer import connect, ensure_consumer
from functions.runtime.kernel import give_memory_back
from functions.runtime.ledger import Ledger
from functions.runtime.store import Store
from local.backlog import oldest_waiting
from local.backstop import bury
from local.bell import ring
from local.consumers import told
from local.forgotten import Forgotten, Look
from local.litter import Litter

PAUSE = 4
"""Times as long as a look took, at least, until the next one."""
MARGIN = timedelta(seconds=5)
"""By which the clocks of the store and of the broker may differ."""
log = logging.getLogger("noria.reconcile")


@dataclass(frozen=True)
class Reconciler:
    """Looks at every watched folder and at every unfinished run again and again, ``seconds`` apart."""

    given: Configuration
    services: Sequence[Service]
    seconds: float
    _looks: dict[str, Forgotten] = field(default_factory=dict)

    def start(self, stop: threading.Event) -> threading.Thread:
        """Work in a thread of its own until ``stop`` is set."""
        thread = threading.Thread(target=self._work, args=(stop,), name="reconcile", daemon=True)
        thread.start()
        return thread

    def _work(self, stop: threading.Event) -> None:
        litter = Litter(Store(self.given), self.services, self.given.ledger)
        took = 0.0
        while not stop.wait(max(self.seconds, PAUSE * took)):
            began = time.monotonic()
            try:
                rung = asyncio.run(self.once())
                litter.sweep()
            except Exception as error:  # noqa: BLE001 - whatever it was, the next look may succeed
                log.warning("not reconciled", extra={"reason": f"{type(error).__name__}: {error}"})
                continue
            finally:
                took = time.monotonic() - began
            if rung:
                log.info("rang again", extra={"objects": rung})

    def looks(self) -> dict[str, Look]:
        """Give what the last look at each service's ledger saw."""
        return {name: seen.last for name, seen in list(self._looks.items()) if seen.last}

    async def once(self) -> int:
        """Ring for every event that a service should have in hand and has not; gives for how many."""
        client = await connect(self.given, patient=False)
        try:
            js = client.jetstream()
            return sum([await self._try(js, service) for service in self.services])
        finally:
            await client.close()

    async def _try(self, js: JetStreamContext, service: Service) -> int:
        """Ring for one service; what goes wrong there keeps no other from its turn."""
        try:
            return await self._ring(js, service)
        except Exception as error:  # noqa: BLE001 - whatever it was, the others have their turn
            reason = f"{type(error).__name__}: {error}"
            log.warning("not reconciled", extra={"service": service.name, "reason": reason})
            return 0

    async def _ring(self, js: JetStreamContext, service: Service) -> int:
        try:
            info = await js.consumer_info(self.given.stream, service.name)
        except NotFoundError:  # somebody deleted it, or the broker lost its data
            await ensure_consumer(js, service, told(service, self.given))
            return 0
        await bury(js, service, told(service, self.given))
        # Not what is in flight, as a message that waits for its next attempt is, for minutes: its run stands for it.
        oldest = await oldest_waiting(js, self.given.stream, info) if info.num_pending else None
        look = self._looks.setdefault(service.name, self._look(service))
        found = await asyncio.to_thread(lambda: list(look.look(oldest - MARGIN if oldest else None)))
        give_memory_back()
        for event, why in found:
            # The same is rung for once within the stream's window, however often it is found.
            await ring(js, event, hashlib.sha256(why.encode()).hexdigest())
            look.rang(why)
        return len(found)

    def _look(self, service: Service) -> Forgotten:
        store = Store(self.given)
        return Forgotten(service, store, Ledger(store, self.given.ledger, lease=told(service, self.given).ack_wait))
