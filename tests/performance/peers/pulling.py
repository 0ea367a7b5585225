"""The loop of a bare pull consumer, with nats-py and nothing else."""

import asyncio
from collections.abc import Awaitable, Callable

import nats
from nats.aio.msg import Msg
from nats.errors import TimeoutError as NatsTimeoutError
from nats.js.api import ConsumerConfig

from tests.performance.peers.given import Given


async def pull(given: Given, concurrency: int, handle: Callable[[Msg], Awaitable[None]]) -> None:
    """Have each message handled, so many at a time, for ever; the handler acknowledges."""
    client = await nats.connect(given.nats_url, user=given.nats_user, password=given.nats_password)
    js = client.jetstream()
    await js.add_consumer("EVENTS", ConsumerConfig(durable_name=given.name, filter_subject=given.subject, ack_wait=30))
    subscription = await js.pull_subscribe_bind(given.name, stream="EVENTS")
    free = asyncio.Semaphore(concurrency)
    flying: set[asyncio.Task[None]] = set()

    async def one(message: Msg) -> None:
        try:
            await handle(message)
        finally:
            free.release()

    while True:
        await free.acquire()
        try:
            # One at a time: a fetch of more waits for the others until its time is out.
            [message] = await subscription.fetch(1, timeout=5)
        except NatsTimeoutError:
            free.release()
            continue
        task = asyncio.create_task(one(message))
        flying.add(task)
        task.add_done_callback(flying.discard)
