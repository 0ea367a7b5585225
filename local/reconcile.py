"""Reconcile: objects below a watched folder that no ledger knows are rung again, whoever forgot to announce them.

With a store that announces nothing (any S3 by its endpoint) this is how events begin.
"""

import asyncio
import hashlib
import logging
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from nats.js import JetStreamContext
from nats.js.errors import NotFoundError

from events import ObjectCreated
from fdl import Service, StoragePath
from functions.runtime.configuration import Configuration
from functions.runtime.errors import FunctionError
from functions.runtime.hosts.jetstream.consumer import connect
from functions.runtime.ledger import Ledger, run_id
from functions.runtime.store import MissingError, Stat, Store
from local.bell import ring

log = logging.getLogger("noria.reconcile")


@dataclass(frozen=True)
class Reconciler:
    """Looks at every watched folder again and again, ``seconds`` apart."""

    given: Configuration
    services: Sequence[Service]
    seconds: float

    def start(self, stop: threading.Event) -> threading.Thread:
        """Work in a thread of its own until ``stop`` is set."""
        thread = threading.Thread(target=self._work, args=(stop,), name="reconcile", daemon=True)
        thread.start()
        return thread

    def _work(self, stop: threading.Event) -> None:
        while not stop.wait(self.seconds):
            try:
                rung = asyncio.run(self.once())
            except Exception as error:  # noqa: BLE001 - whatever it was, the next look may succeed
                log.warning("not reconciled", extra={"reason": f"{type(error).__name__}: {error}"})
                continue
            if rung:
                log.info("rang again", extra={"objects": rung})

    async def once(self) -> int:
        """Ring for every object that a service should know and does not; gives how many."""
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
        if await _is_busy(js, self.given.stream, service.name):
            return 0  # what the ledger does not know may be in its queue
        found = await asyncio.to_thread(lambda: list(unknown(service, self.given)))
        for event in found:
            # The same object is rung once within the stream's window, however often it is found.
            name = hashlib.sha256(f"{service.name}\0{event.identity}".encode()).hexdigest()
            await ring(js, event, name)
        return len(found)


def unknown(service: Service, given: Configuration) -> Iterator[ObjectCreated]:
    """Go through the objects below the service's inputs that its ledger has no run for."""
    store = Store(given)
    ledger = Ledger(store, given.ledger, lease=given.ack_wait)
    known = {stat.key.rpartition("/")[2].removesuffix(".json") for stat in ledger.runs(service.name)}
    for path in service.inputs:
        for stat in _listed(store, path):
            event = ObjectCreated(
                bucket=path.bucket,
                key=stat.key,
                etag=stat.etag,
                size=stat.size,
                time=stat.modified,
                sequencer=f"{int(stat.modified.timestamp() * 1e9):016X}",
                source="minio:s3",
            )
            new = path.holds(event.bucket, event.key) and run_id(service.name, event) not in known
            if new and _is_there(store, event):
                yield event


def _listed(store: Store, path: StoragePath) -> Iterator[Stat]:
    """List a folder as far as it can be listed: one key that the client refuses ends it there."""
    try:
        yield from store.list(path.bucket, path.prefix)
    except FunctionError as error:
        log.warning("not listed to the end", extra={"folder": path.path, "reason": str(error)})


def _is_there(store: Store, event: ObjectCreated) -> bool:
    """Look at the object itself: a listing shows a console's folder ``a/`` as ``a``, and spoils control characters."""
    try:
        return store.stat(event.bucket, event.key).etag == event.etag
    except MissingError:
        return False


async def _is_busy(js: JetStreamContext, stream: str, consumer: str) -> bool:
    try:
        info = await js.consumer_info(stream, consumer)
    except NotFoundError:
        return True  # no worker has come yet
    # Not what is in flight: a message that waits for its next attempt is, for minutes. Its ledger object stands for it.
    return bool(info.num_pending)
