"""The publisher: follows the filer's log, announces what is new, and never loses its place."""

import asyncio
import contextlib
import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass

import grpc.aio
from nats.errors import Error as NatsError

from functions.runtime.configuration import Configuration
from local.publisher.connection import Connection, RefusedError, retried
from local.publisher.filer import Filer
from local.publisher.metadata import ANNOUNCED, change
from local.publisher.offsets import Offsets
from local.publisher.outbox import Outbox
from local.publisher.reconcile import reconcile

# Times in the log may go back by a millisecond; the broker drops what comes twice.
RESUME_MARGIN_NS = 2 * 10**9
SAVE_EVERY_S = 0.2
REPORT_EVERY_S = 60.0
DRAIN_S = 5.0
FILER_BACKOFF_S = (0.05, 0.1, 0.25, 0.5)

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Settings:
    """Where to listen, where to publish, and which buckets."""

    filer: str
    broker: Configuration
    buckets: Sequence[str]


class Publisher:
    """One run of the publisher."""

    def __init__(self, settings: Settings) -> None:
        self._buckets = list(settings.buckets)
        self._filer = Filer(settings.filer)
        self._connection = Connection(settings.broker)
        self._failures = 0

    async def run(self) -> None:
        """Publish until cancelled, across restarts of the store and of the broker; then finish what is under way.

        Raises:
            RefusedError: the broker does not know the name and password.
        """
        work = asyncio.create_task(self._publish())
        refused = asyncio.create_task(self._connection.refused.wait())
        try:
            await asyncio.wait({work, refused}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            was_refused = refused.done()
            refused.cancel()
            work.cancel()
            await asyncio.gather(work, refused, return_exceptions=True)
            await self._filer.close()
        if was_refused:
            raise RefusedError("the broker does not know this name and password")
        work.result()

    async def _publish(self) -> None:
        client = await self._connection.open()
        js = client.jetstream()
        offsets = await retried(lambda: Offsets.open(js))
        outbox = Outbox(js, self._connection.there)
        outbox.passed(await retried(offsets.load))
        outbox.remember(await retried(offsets.load_recent))
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(_keep(offsets, outbox))
                await self._follow_for_ever(outbox)
        finally:
            await outbox.drain(DRAIN_S)
            await offsets.save(outbox.complete_ns)
            with contextlib.suppress(NatsError):
                await offsets.save_recent(outbox.recent())
            await self._connection.close(client)
            log.info("stopped", extra=outbox.counts)

    async def _follow_for_ever(self, outbox: Outbox) -> None:
        """Follow the log and look for what it lost, again from where all is published whenever the filer goes away."""
        held: int | None = None
        while True:
            since_ns = max(outbox.complete_ns, 0)
            # The place is held until the walk is done, also over the gap between a walk cut short and the next one.
            previous, held = held, outbox.hold(since_ns)
            if previous is not None:
                outbox.release(previous)
            try:
                async with asyncio.TaskGroup() as group:
                    walk = group.create_task(self._walk(outbox, since_ns, held))
                    await self._follow(outbox, since_ns)
                    walk.cancel()
                log.warning("filer ended the stream")
            except* (grpc.aio.AioRpcError, TimeoutError) as errors:
                log.warning("filer lost", extra={"error": [_told(error) for error in errors.exceptions]})
            await asyncio.sleep(FILER_BACKOFF_S[min(self._failures, len(FILER_BACKOFF_S) - 1)])
            self._failures += 1

    async def _walk(self, outbox: Outbox, since_ns: int, held: int) -> None:
        await reconcile(self._filer, self._buckets, outbox, since_ns=since_ns)
        outbox.release(held)

    async def _follow(self, outbox: Outbox, since_ns: int) -> None:
        """Publish the log from there on; comes back when the filer ends the stream."""
        # Without an offset this is the first run, and the walk alone finds what is there.
        start_ns = (since_ns or time.time_ns()) - RESUME_MARGIN_NS
        ready = False
        async with contextlib.aclosing(self._filer.changes(self._buckets, since_ns=start_ns)) as changes:
            async for directory, notification, ts_ns in changes:
                if not ready:
                    ready = True
                    self._failures = 0
                    log.info("ready", extra={"buckets": self._buckets, "since_ns": start_ns})
                found = change(directory, notification, ts_ns) if notification is not None else None
                if found is not None and found.name in ANNOUNCED:
                    await outbox.put(found, ts_ns)
                outbox.passed(ts_ns)


async def _keep(offsets: Offsets, outbox: Outbox) -> None:
    """Save the offset again and again, and say now and then how it goes."""
    report_at = time.monotonic() + REPORT_EVERY_S
    while True:
        await asyncio.sleep(SAVE_EVERY_S)
        outbox.check()
        await offsets.save(outbox.complete_ns)
        if time.monotonic() > report_at:
            report_at += REPORT_EVERY_S
            log.info("figures", extra={**outbox.counts, "in_flight": outbox.in_flight})


def _told(error: Exception) -> str:
    return f"{error.code().name}: {error.details()}" if isinstance(error, grpc.aio.AioRpcError) else repr(error)
