"""A connection to the broker, for as long as something is asked of it or sent."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from nats.aio.client import Client
from nats.errors import Error as NatsError
from nats.js.errors import NotFoundError

from functions.runtime.configuration import Configuration
from functions.runtime.hosts.jetstream.consumer import connect
from functions.runtime.hosts.jetstream.encryption import NotTrustedError
from local.connection import NotRunningError


@asynccontextmanager
async def broker_of(given: Configuration) -> AsyncIterator[Client]:
    """Connect to the broker, and make sure that there is a stream that takes the events.

    Raises:
        NotRunningError: There is none, or it went away meanwhile.
    """
    if not given.nats_url:
        raise NotRunningError("no broker is named", hint="set NORIA_NATS_URL")
    try:
        client = await connect(given, patient=False)
    except NotTrustedError as error:
        raise NotRunningError(f"the broker is not to be trusted: {error}", hint="look at NORIA_NATS_CA") from error
    except (NatsError, OSError, ValueError) as error:
        reason = str(error) or type(error).__name__
        raise NotRunningError(f"the broker does not answer: {reason}", hint="noria up") from error
    try:
        await _check_stream(client, given.stream)
        yield client
    except NatsError as error:
        raise NotRunningError(f"the broker went away: {str(error) or type(error).__name__}", hint="noria up") from error
    finally:
        await client.close()


async def _check_stream(client: Client, stream: str) -> None:
    try:
        await client.jetstream().stream_info(stream)
    except NotFoundError as error:
        raise NotRunningError(f"the broker has no stream {stream}", hint="noria up makes it") from error
