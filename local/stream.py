"""The stream read back: what was announced, in its order, without disturbing the workers' own consumers."""

import uuid
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import datetime

from nats.errors import Error as NatsError
from nats.errors import TimeoutError as NatsTimeoutError
from nats.js import JetStreamContext
from nats.js.api import AckPolicy, ConsumerConfig, DeliverPolicy

from events.recordings import Recording, read_recording

BATCH = 256
FORGOTTEN_AFTER = 30.0
"""Seconds after which the broker drops the consumer of a reader that was killed."""


@dataclass(frozen=True)
class Window:
    """The part of the stream to read: by when the broker took a message, and by subject; all by default."""

    since: datetime | None = None
    until: datetime | None = None
    subjects: Sequence[str] = ()


async def read_stream(js: JetStreamContext, stream: str, window: Window) -> AsyncGenerator[list[Recording], None]:
    """Go through the messages that are in the stream now, in batches; what is published meanwhile is not among them.

    Who does not go to the end must close it (``contextlib.aclosing``).

    Raises:
        nats.errors.Error: The broker does not answer.
    """
    last = (await js.stream_info(stream)).state.last_seq
    async with _consumer(js, stream, window) as (name, waiting):
        messages = await js.pull_subscribe_bind(name, stream)
        while waiting:
            try:
                fetched = await messages.fetch(min(BATCH, waiting))
            except NatsTimeoutError:  # the oldest go when they are too old
                waiting = (await js.consumer_info(stream, name)).num_pending or 0
                if waiting:
                    raise
                return
            batch = []
            for message in fetched:
                told = message.metadata
                if told.sequence.stream > last or (window.until and told.timestamp > window.until):
                    waiting = 0
                    break
                batch.append(read_recording(message.data, f"{stream}, message {told.sequence.stream}"))
                waiting = told.num_pending
            yield batch


@asynccontextmanager
async def _consumer(js: JetStreamContext, stream: str, window: Window) -> AsyncIterator[tuple[str, int]]:
    """Make a consumer of our own, and delete it afterwards; gives its name and how many messages it has to give."""
    name = f"replay-{uuid.uuid4().hex}"
    config = ConsumerConfig(
        name=name,
        deliver_policy=DeliverPolicy.BY_START_TIME if window.since else DeliverPolicy.ALL,
        opt_start_time=window.since,
        filter_subjects=sorted(set(window.subjects)) or None,
        ack_policy=AckPolicy.NONE,
        inactive_threshold=FORGOTTEN_AFTER,
        mem_storage=True,
    )
    made = await js.add_consumer(stream, config)
    try:
        yield name, made.num_pending or 0
    finally:
        with suppress(NatsError):  # without a connection it is forgotten a little later
            await js.delete_consumer(stream, name)
