"""The publisher: follows the filer's log, announces what is new, and never loses its place."""

import asyncio
import contextlib
import logging
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

import grpc.aio
import nats
from nats.aio.client import Client
from nats.errors import Error as NatsError

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
BACKOFF_S = (0.1, 0.2, 0.5, 1.0, 2.0)

T = TypeVar("T")

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Settings:
    """Where to listen, where to publish, and which buckets."""

    filer: str
    nats_url: str
    buckets: Sequence[str]
    user: str | None = None
    password: str | None = field(default=None, repr=False)


class Publisher:
    """One run of the publisher; ``run`` ends when it is cancelled."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._failures = 0

    async def run(self) -> None:
        """Publish until cancelled, across restarts of the store and of the broker; then finish what is under way."""
        client = await self._connect()
        js = client.jetstream()
        offsets = await _retried(lambda: Offsets.open(js))
        outbox = Outbox(js)
        outbox.passed(await _retried(offsets.load))
        outbox.remember(await _retried(offsets.load_recent))
        filer = Filer(self._settings.filer)
        keeper = asyncio.create_task(_keep(offsets, outbox))
        try:
            await self._follow_for_ever(filer, outbox)
        finally:
            keeper.cancel()
            await outbox.drain(DRAIN_S)
            await offsets.save(outbox.complete_ns)
            with contextlib.suppress(NatsError):
                await offsets.save_recent(outbox.recent())
            await filer.close()
            await client.close()
            log.info("stopped", extra=outbox.counts)

    async def _connect(self) -> Client:
        async def on_error(error: Exception) -> None:
            log.warning("broker", extra={"error": repr(error)})

        async def on_disconnect() -> None:
            log.warning("broker lost")

        async def on_reconnect() -> None:
            log.info("broker back")

        return await nats.connect(
            self._settings.nats_url,
            user=self._settings.user,
            password=self._settings.password,
            name="noria-publisher",
            max_reconnect_attempts=-1,
            reconnect_time_wait=0.1,
            error_cb=on_error,
            disconnected_cb=on_disconnect,
            reconnected_cb=on_reconnect,
        )

    async def _follow_for_ever(self, filer: Filer, outbox: Outbox) -> None:
        held: int | None = None
        while True:
            since_ns = outbox.complete_ns
            # Hold the place over the gap in which the old reconciliation is gone and the new one not there yet.
            previous, held = held, outbox.hold(since_ns)
            if previous is not None:
                outbox.release(previous)
            walk = asyncio.create_task(self._reconcile(filer, outbox, since_ns, held))
            try:
                await self._follow(filer, outbox, since_ns)
            except grpc.aio.AioRpcError as error:
                log.warning("filer lost", extra={"error": f"{error.code().name}: {error.details()}"})
            except TimeoutError:
                log.warning("filer silent")
            finally:
                walk.cancel()
                await asyncio.wait([walk])
            await asyncio.sleep(BACKOFF_S[min(self._failures, len(BACKOFF_S) - 1)])
            self._failures += 1

    async def _reconcile(self, filer: Filer, outbox: Outbox, since_ns: int, held: int) -> None:
        await reconcile(filer, self._settings.buckets, outbox, since_ns=since_ns)
        outbox.release(held)

    async def _follow(self, filer: Filer, outbox: Outbox, since_ns: int) -> None:
        """Publish the log from there on; comes back when the filer ends the stream."""
        # Without an offset this is the first run, and reconciliation alone finds what is there.
        start_ns = since_ns - RESUME_MARGIN_NS if since_ns > 0 else time.time_ns() - RESUME_MARGIN_NS
        ready = False
        async with contextlib.aclosing(filer.changes(self._settings.buckets, since_ns=start_ns)) as changes:
            async for directory, notification, ts_ns in changes:
                if not ready:
                    ready = True
                    self._failures = 0
                    log.info("ready", extra={"buckets": list(self._settings.buckets), "since_ns": start_ns})
                found = change(directory, notification, ts_ns) if notification is not None else None
                if found is not None and found.name in ANNOUNCED:
                    await outbox.put(found, ts_ns)
                outbox.passed(ts_ns)


async def _keep(offsets: Offsets, outbox: Outbox) -> None:
    """Save the offset again and again, and say now and then how it goes."""
    report_at = time.monotonic() + REPORT_EVERY_S
    while True:
        await asyncio.sleep(SAVE_EVERY_S)
        await offsets.save(outbox.complete_ns)
        if time.monotonic() > report_at:
            report_at += REPORT_EVERY_S
            log.info("figures", extra={**outbox.counts, "in_flight": outbox.in_flight})


async def _retried(ask: Callable[[], Awaitable[T]]) -> T:
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
