"""How the host reaches the broker: a connection that survives restarts, and the service's durable consumer."""

import asyncio
import logging
import re
import ssl
from typing import Any

from nats.aio.client import Client
from nats.errors import Error as NatsError
from nats.errors import NoServersError
from nats.js import JetStreamContext
from nats.js.api import AckPolicy, ConsumerConfig
from nats.js.errors import NotFoundError

from fdl import Service
from functions.runtime.configuration import Configuration
from functions.runtime.hosts.jetstream.encryption import EncryptedClient, NotTrustedError, tls_of, told

IMPATIENCE = 5.0
"""Seconds that somebody who does not wait for a broker gives one that is there to greet."""
PING = 5
"""Seconds; nats-py's own 120 leave a connection that died without a word unnoticed for up to six minutes."""
log = logging.getLogger("noria.jetstream")


async def connect(configuration: Configuration, *, patient: bool = True) -> Client:
    """Connect to the broker and stay connected, however often it restarts; the caller closes it.

    Args:
        configuration: Where it is, and who asks.
        patient: Wait for a broker that is not there yet, instead of raising ``nats.errors.Error``.
    """

    async def note(error: Exception) -> None:
        log.log(
            logging.WARNING if patient else logging.DEBUG,
            "broker",
            extra={"reason": f"{type(error).__name__}: {told(error)}"},
        )

    tls = tls_of(configuration)
    client = EncryptedClient() if tls else Client()
    connecting = client.connect(
        servers_of(configuration),
        **identification(configuration),
        tls=tls,
        allow_reconnect=patient,
        max_reconnect_attempts=-1 if patient else 0,
        reconnect_time_wait=0.25,  # type: ignore[arg-type] # any number will do
        connect_timeout=IMPATIENCE,  # type: ignore[arg-type] # nats-py's own 2 s are those of each step, too
        ping_interval=PING,
        max_outstanding_pings=2,
        error_cb=note,
    )
    if patient:
        await connecting
        return client
    try:
        await asyncio.wait_for(connecting, IMPATIENCE)  # nats-py goes on for ever whatever it is told
    except TimeoutError as error:
        raise NoServersError from error
    except ssl.SSLError as error:
        raise NotTrustedError(told(error)) from error
    return client


def servers_of(configuration: Configuration) -> list[str]:
    """Give the broker's servers, any of which will do."""
    given = configuration.nats_url
    return [url.strip() for url in given.split(",") if url.strip()] or [given]


def identification(configuration: Configuration) -> dict[str, Any]:
    """Give what a client tells the broker of itself; answers come to a place that a user shares with nobody."""
    user = configuration.nats_user
    who: dict[str, Any] = {
        "user": user or None,
        "password": configuration.nats_password.get_secret_value() or None,
        "token": configuration.nats_token.get_secret_value() or None,
    }
    return who | ({"inbox_prefix": f"_INBOX.{user}"} if re.fullmatch(r"[\w-]+", user) else {})


def consumer_of(service: Service, configuration: Configuration) -> ConsumerConfig:
    """Describe the service's durable consumer."""
    return ConsumerConfig(
        durable_name=service.name,
        ack_policy=AckPolicy.EXPLICIT,
        ack_wait=configuration.ack_wait,
        filter_subjects=sorted({f"events.{path.bucket}" for path in service.inputs}),
        max_deliver=configuration.max_deliver,  # a backstop: attempts are counted in the ledger
        max_ack_pending=configuration.in_flight,
    )


async def ensure_consumer(js: JetStreamContext, service: Service, configuration: Configuration) -> None:
    """Make sure of the service's durable consumer; waits for a broker that is away.

    The plane has made it already, and its workers may not: with a consumer of one's own making one can have the broker
    send messages anywhere. A worker without a plane makes it here, and changes what is not as its settings say.
    """
    wanted = consumer_of(service, configuration)
    while True:
        found = None
        try:
            found = await _found(js, configuration.stream, wanted)
            if found is None or not _agree(found, wanted):
                await js.add_consumer(configuration.stream, wanted)
        except NatsError as error:
            log.warning("no consumer yet", extra={"reason": f"{type(error).__name__}: {error}"})
            if found is None:
                await asyncio.sleep(1)
                continue
        return


async def _found(js: JetStreamContext, stream: str, wanted: ConsumerConfig) -> ConsumerConfig | None:
    try:
        found: ConsumerConfig | None = (await js.consumer_info(stream, wanted.durable_name or "")).config
    except NotFoundError:
        return None
    return found


def _agree(found: ConsumerConfig, wanted: ConsumerConfig) -> bool:
    subjects = found.filter_subjects or [found.filter_subject or ""]
    return (subjects, found.ack_wait, found.max_deliver, found.max_ack_pending) == (
        wanted.filter_subjects,
        wanted.ack_wait,
        wanted.max_deliver,
        wanted.max_ack_pending,
    )
