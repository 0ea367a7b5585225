"""One worker: fetches the service's messages, has the engine process their events, and answers the broker."""

import asyncio
import logging
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

from nats.aio.msg import Msg
from nats.errors import Error as NatsError
from nats.js import JetStreamContext
from nats.js.errors import FetchTimeoutError

from functions.runtime.assembly import Assembled
from functions.runtime.engine import Verdict
from functions.runtime.hosts.jetstream.consumer import connect, subscribe
from functions.runtime.reception import receive

log = logging.getLogger("noria.jetstream")
EXPIRY, HEARTBEAT = 2.0, 0.5
"""Seconds: how long one fetch may wait, and how often the broker says that it still does."""
DRAIN = 30.0


class JetStreamHost:
    """One worker: fetches the service's messages, has the engine process their events, and answers the broker."""

    def __init__(self, assembled: Assembled) -> None:
        self._engine = assembled.engine
        self._given = assembled.configuration
        self._free = asyncio.Semaphore(self._given.concurrency)
        self._threads = ThreadPoolExecutor(self._given.concurrency + 2, thread_name_prefix="event")
        self._flying: dict[asyncio.Task[None], Msg] = {}

    async def serve(self, stop: asyncio.Event) -> None:
        """Work until ``stop`` is set, then finish what is in flight, or give it back."""
        client = await connect(self._given)
        try:
            beating = asyncio.create_task(self._beat())
            pulling = asyncio.create_task(self._pull(client.jetstream(), stop))
            await asyncio.wait({pulling, beating}, return_when=asyncio.FIRST_COMPLETED)
            await self._drain()
            for task in (pulling, beating):
                task.cancel()
                with suppress(asyncio.CancelledError):
                    await task
        finally:
            self._threads.shutdown(wait=False, cancel_futures=True)
            await client.close()

    async def _pull(self, js: JetStreamContext, stop: asyncio.Event) -> None:
        while not stop.is_set():
            subscription = await subscribe(js, self._engine.service, self._given)
            log.info("listening", extra={"consumer": self._engine.service.name})
            with suppress(NatsError):
                await self._pull_from(subscription, stop)
            if not stop.is_set():  # nats.py#504: silent after a restart
                log.warning("the consumer fell silent, subscribing again")
            with suppress(NatsError):
                await subscription.unsubscribe()
            await asyncio.sleep(0.2)

    async def _pull_from(self, subscription: JetStreamContext.PullSubscription, stop: asyncio.Event) -> None:
        while not stop.is_set():  # a fetch is never cut short: what it was about to give would wait for ack_wait
            await self._free.acquire()
            try:
                messages = await subscription.fetch(1, timeout=EXPIRY, heartbeat=HEARTBEAT)
            except FetchTimeoutError:  # heartbeats came, messages did not
                self._free.release()
                continue
            except BaseException:
                self._free.release()
                raise
            for message in messages:
                task = asyncio.create_task(self._handle(message))
                self._flying[task] = message
                task.add_done_callback(self._landed)

    def _landed(self, task: asyncio.Task[None]) -> None:
        self._flying.pop(task, None)
        self._free.release()
        if not task.cancelled() and task.exception():
            log.error("a message was not answered, it will come again", exc_info=task.exception())

    async def _handle(self, message: Msg) -> None:
        loop = asyncio.get_running_loop()
        verdict = await loop.run_in_executor(
            self._threads, lambda: receive(self._engine, message.data, queued=message.metadata.timestamp)
        )
        with suppress(NatsError):  # unanswered, it comes again and collapses on the ledger
            await _answer(message, verdict)

    async def _beat(self) -> None:
        """Tell broker and ledger, three times within ``ack_wait``, that what is in flight is alive."""
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(self._given.ack_wait / 3)
            for message in list(self._flying.values()):
                with suppress(NatsError):
                    await message.in_progress()
            await loop.run_in_executor(self._threads, self._engine.renew)

    async def _drain(self) -> None:
        flying = dict(self._flying)
        if flying:
            log.info("draining", extra={"in_flight": len(flying)})
            await asyncio.wait(flying, timeout=DRAIN)
        for task, message in flying.items():
            if not task.done():
                task.cancel()
                with suppress(NatsError):
                    await message.nak()


async def _answer(message: Msg, verdict: Verdict) -> None:
    match verdict.kind:
        case "done":
            await message.ack_sync()
        case "dead":
            await message.term()
        case "retry" | "wait":
            await message.nak(delay=verdict.delay)
