"""The backlog: what of the stream waits for a service, as the broker tells it."""

import json
from dataclasses import dataclass
from datetime import datetime

from nats.aio.client import Client
from nats.js import JetStreamContext
from nats.js.api import ConsumerInfo
from nats.js.errors import NotFoundError

from functions.runtime.hosts.jetstream.consumer import IMPATIENCE


@dataclass(frozen=True)
class Backlog:
    """Events of one service: not yet delivered, delivered and not answered, delivered again; seconds.

    ``oldest_waiting``: for how long the first one that no worker has taken yet has been in the stream; None when none
    waits. ``ack_wait``: the consumer's own; None when no worker has come yet.
    """

    queued: int = 0
    in_flight: int = 0
    redelivered: int = 0
    oldest_waiting: float | None = None
    ack_wait: float | None = None


async def backlog_of(client: Client, stream: str, service: str) -> Backlog:
    """Ask for the backlog of a service.

    Raises:
        nats.errors.Error: The broker does not answer.
    """
    js = client.jetstream()
    try:
        info = await js.consumer_info(stream, service)
    except NotFoundError:  # no worker has come yet
        return Backlog()
    oldest = await oldest_waiting(js, stream, info) if info.num_pending else None
    return Backlog(
        queued=info.num_pending or 0,
        in_flight=info.num_ack_pending or 0,
        redelivered=info.num_redelivered or 0,
        oldest_waiting=max(0.0, (await now(client, stream) - oldest).total_seconds()) if oldest else None,
        ack_wait=info.config.ack_wait,
    )


async def oldest_waiting(js: JetStreamContext, stream: str, info: ConsumerInfo) -> datetime | None:
    """Tell when the broker took the first message that it has not delivered yet; None when it has delivered all."""
    begin = (info.delivered.stream_seq if info.delivered else 0) + 1
    subjects = info.config.filter_subjects or [info.config.filter_subject or ">"]
    times = []
    for subject in subjects:
        try:
            message = await js.get_msg(stream, seq=begin, subject=subject, next=True)
        except NotFoundError:
            continue
        if message.time:
            times.append(message.time)
    return min(times, default=None)


async def now(client: Client, stream: str) -> datetime:
    """Read the broker's clock: this machine's may differ."""
    # nats-py's own stream_info drops the time; its requests wait for half a second, unless they are told.
    answer = await client.request(f"$JS.API.STREAM.INFO.{stream}", timeout=IMPATIENCE)
    return datetime.fromisoformat(json.loads(answer.data)["ts"])
