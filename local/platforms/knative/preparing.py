"""Preparing: buckets, streams and consumers, which functions may not make for themselves."""

import asyncio
from collections.abc import Mapping

from nats.errors import Error as NatsError
from nats.js import JetStreamContext
from nats.js.errors import NotFoundError

from functions.runtime.configuration import Configuration
from functions.runtime.errors import TryAgain
from functions.runtime.hosts.jetstream.consumer import connect, ensure_consumer
from local.broker import ensure_streams
from local.consumers import told
from local.outside import ensure_buckets
from local.platforms.target import Say, Target

STORE, BROKER = "NORIA_STORE_URL", "NORIA_NATS_URL"
PATIENCE = 15.0
"""Seconds in which the broker must have done what it is asked."""


def to_prepare(target: Target) -> tuple[str, ...]:
    """Say what of the store and the broker is made, or has to be there."""
    what = {STORE: _buckets(target)} | ({} if target.eventing else {BROKER: _consumers(target)})
    return tuple(
        f"Make {made} at {name}, where they are not there" if name in _reached(target) else f"Take {made} as they are"
        for name, made in what.items()
    )


def prepare(target: Target, say: Say) -> None:
    """Make them, as whom the environment says, at the addresses from which it reaches them.

    Raises:
        TryAgain: A server does not answer, or refuses.
    """
    reached = _reached(target)
    if STORE in reached:
        ensure_buckets(Configuration.read(target.environ), target.buckets)
        say(f"made {_buckets(target)}")
    if BROKER in reached and not target.eventing:
        try:
            asyncio.run(_make(target))
        except (NatsError, OSError, TimeoutError) as error:
            why = str(error) or type(error).__name__
            raise TryAgain(f"the broker at {BROKER} does not do it: {why}", hint="look at NORIA_NATS_*") from error
        say(f"made {_consumers(target)}")


async def _make(target: Target) -> None:
    given = Configuration.read(target.environ).model_copy(update={"stream": target.stream})
    async with asyncio.timeout(PATIENCE):
        client = await connect(given, patient=False)
        try:
            js = client.jetstream()
            if not await _is_there(js, target.stream):  # else it may have more replicas than we would give it
                await ensure_streams(js)
            for service in target.services:
                await ensure_consumer(js, service, told(service, given))
        finally:
            await client.close()


async def _is_there(js: JetStreamContext, stream: str) -> bool:
    try:
        await js.stream_info(stream)
    except NotFoundError:
        return False
    return True


def _reached(target: Target) -> Mapping[str, str]:
    """Give which of the two the environment says how to reach from here."""
    return {name: target.environ[name] for name in (STORE, BROKER) if target.environ.get(name)}


def _buckets(target: Target) -> str:
    return f"the buckets {', '.join(target.buckets)}"


def _consumers(target: Target) -> str:
    return f"the stream {target.stream} and the consumers {', '.join(each.name for each in target.services)}"
