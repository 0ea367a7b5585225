"""One worker: fetches the service's messages, has their work done, and answers the broker."""

import asyncio
import logging
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any, TypeVar

from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.errors import Error as NatsError

from functions.runtime.configuration import Configuration
from functions.runtime.endings import Verdict
from functions.runtime.hosts.jetstream.consumer import connect, ensure_consumer
from functions.runtime.hosts.jetstream.pull import Pull
from functions.runtime.hosts.jetstream.work import Work

log = logging.getLogger("noria.jetstream")
DRAIN = 30.0
T = TypeVar("T")


class JetStreamHost:
    """One worker: fetches the service's messages, has their work done, and answers the broker."""

    def __init__(self, work: Work, given: Configuration, stop: asyncio.Event, hurry: asyncio.Event) -> None:
        self._work = work
        self._given = given
        self._stop, self._hurry = stop, hurry
        self._threads = ThreadPoolExecutor(self._given.concurrency + 2, thread_name_prefix="event")
        self._flying: dict[asyncio.Task[None], Msg] = {}
        self._pull: Pull | None = None

    async def serve(self) -> None:
        """Work until ``stop`` is set, then finish what is in flight; ``DRAIN`` seconds after ``hurry`` give it back."""
        client = await self._unless_stopped(connect(self._given))
        if client is None:
            return
        try:
            tasks = {asyncio.create_task(self._beat()), asyncio.create_task(self._listen(client))}
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            await self._drain()
            for task in tasks:
                task.cancel()
                with suppress(asyncio.CancelledError):
                    await task
            await client.flush()
        finally:
            self._threads.shutdown(wait=False, cancel_futures=True)
            await client.close()

    async def _listen(self, client: Client) -> None:
        service = self._work.service
        while not self._stop.is_set():
            await self._unless_stopped(ensure_consumer(client.jetstream(timeout=2), service, self._given))
            self._pull = Pull(client, f"{self._given.stream}.{service.name}", self._free, self._take)
            log.info("listening", extra={"consumer": service.name})
            try:
                await self._pull.run(self._stop)
            except NatsError as error:
                log.warning("broker", extra={"reason": f"{type(error).__name__}: {error}"})
            await asyncio.sleep(0 if self._stop.is_set() else 0.2)
            if not self._stop.is_set():  # nats.py#504: silent after a restart
                log.warning("the consumer fell silent or is gone, asking again")

    async def _unless_stopped(self, waiting: Coroutine[Any, Any, T]) -> T | None:
        """Wait for a broker that may be away, but not longer than until ``stop``."""
        task, stopped = asyncio.create_task(waiting), asyncio.create_task(self._stop.wait())
        await asyncio.wait({task, stopped}, return_when=asyncio.FIRST_COMPLETED)
        stopped.cancel()
        if task.done():
            return task.result()
        task.cancel()
        return None

    def _free(self) -> int:
        return self._given.concurrency - len(self._flying)

    def _take(self, message: Msg) -> None:
        task = asyncio.create_task(message.nak() if self._stop.is_set() else self._handle(message))
        self._flying[task] = message
        task.add_done_callback(self._landed)

    def _landed(self, task: asyncio.Task[None]) -> None:
        self._flying.pop(task, None)
        if self._pull:
            self._pull.more()
        if not task.cancelled() and task.exception():
            log.error("a message was not answered, it will come again", exc_info=task.exception())

    async def _handle(self, message: Msg) -> None:
        loop = asyncio.get_running_loop()
        verdict = await loop.run_in_executor(self._threads, self._work.take, message)
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
            await loop.run_in_executor(self._threads, self._work.renew)

    async def _drain(self) -> None:
        self._work.stop_taking()
        flying = dict(self._flying)
        if flying:
            log.info("draining", extra={"in_flight": len(flying)})
            landed = asyncio.create_task(asyncio.wait(flying))
            hurried = asyncio.create_task(self._hurry.wait())
            await asyncio.wait({landed, hurried}, return_when=asyncio.FIRST_COMPLETED)
            await asyncio.wait({landed}, timeout=DRAIN)
            landed.cancel()
            hurried.cancel()
        for task, message in flying.items():
            if not task.done():
                task.cancel()
                with suppress(NatsError):
                    await message.nak()


async def _answer(message: Msg, verdict: Verdict) -> None:
    match verdict.kind:
        case "done":
            await message.ack()  # a lost one is a delivery more, which ends at the ledger
        case "dead":
            await message.term()
        case "retry" | "wait":
            await message.nak(delay=verdict.delay)
