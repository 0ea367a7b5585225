"""The JetStream host: ``python -m functions.runtime.hosts.jetstream FDL SERVICE``, one worker of one service.

A durable pull consumer a service. done -> ack, dead -> term after the dead letter, retry and wait -> nak with a delay;
heartbeats while a handler runs.
"""

import asyncio
import logging
import os
import signal
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import nats
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.errors import Error as NatsError
from nats.errors import TimeoutError as NatsTimeoutError
from nats.js import JetStreamContext
from nats.js.api import AckPolicy, ConsumerConfig
from nats.js.errors import FetchTimeoutError

from fdl import Service
from functions.runtime.assembly import Assembled, arguments, assemble, exit_code_of
from functions.runtime.configuration import Configuration
from functions.runtime.engine import Verdict
from functions.runtime.reception import receive

log = logging.getLogger("noria.jetstream")
EXPIRY, HEARTBEAT = 2.0, 0.5
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
            pulling = asyncio.create_task(self._pull(client.jetstream()))
            stopping = asyncio.create_task(stop.wait())
            await asyncio.wait({pulling, stopping, beating}, return_when=asyncio.FIRST_COMPLETED)
            pulling.cancel()
            await self._drain()
            beating.cancel()
            stopping.cancel()
            for task in (pulling, beating):
                with suppress(asyncio.CancelledError):
                    await task
        finally:
            self._threads.shutdown(wait=False, cancel_futures=True)
            await client.close()

    async def _pull(self, js: JetStreamContext) -> None:
        while True:
            subscription = await subscribe(js, self._engine.service, self._given)
            log.info("listening", extra={"consumer": self._engine.service.name})
            with suppress(NatsError):
                await self._pull_from(subscription)
            log.warning("the consumer fell silent, subscribing again")  # nats.py#504: silent after a restart
            with suppress(NatsError):
                await subscription.unsubscribe()
            await asyncio.sleep(0.2)

    async def _pull_from(self, subscription: JetStreamContext.PullSubscription) -> None:
        while True:
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


async def connect(configuration: Configuration) -> Client:
    """Connect to the broker and stay connected, however often it restarts."""

    async def note(error: Exception) -> None:
        log.warning("broker", extra={"reason": f"{type(error).__name__}: {error}"})

    return await nats.connect(
        configuration.nats_url,
        user=configuration.nats_user or None,
        password=configuration.nats_password.get_secret_value() or None,
        max_reconnect_attempts=-1,
        reconnect_time_wait=0.25,
        error_cb=note,
    )


async def subscribe(
    js: JetStreamContext, service: Service, configuration: Configuration
) -> JetStreamContext.PullSubscription:
    """Make sure of the service's durable consumer and bind to it; waits for a broker that is away."""
    consumer = ConsumerConfig(
        durable_name=service.name,
        ack_policy=AckPolicy.EXPLICIT,
        ack_wait=configuration.ack_wait,
        filter_subjects=sorted({f"events.{path.bucket}" for path in service.inputs}),
        max_deliver=-1,  # attempts are counted in the ledger, where waiting for another worker is none
        max_ack_pending=1000,
    )
    while True:
        try:
            await js.add_consumer(configuration.stream, consumer)
            return await js.pull_subscribe_bind(service.name, stream=configuration.stream)
        except (NatsError, NatsTimeoutError) as error:
            log.warning("no consumer yet", extra={"reason": f"{type(error).__name__}: {error}"})
            await asyncio.sleep(1)


async def serve(assembled: Assembled) -> None:
    """Work until SIGTERM or SIGINT, then drain."""
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    try:
        await JetStreamHost(assembled).serve(stop)
    finally:
        assembled.engine.close()


def main() -> None:
    """Run one worker; exit code 3 when the settings or the FDL are wrong."""
    path, name = arguments(sys.argv[1:], "python -m functions.runtime.hosts.jetstream")
    sys.exit(exit_code_of(lambda: asyncio.run(serve(assemble(path, name, os.environ, host="jetstream")))))


if __name__ == "__main__":
    main()
