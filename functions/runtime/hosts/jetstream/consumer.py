"""How the host reaches the broker: a connection that survives restarts, and the service's durable consumer."""

import asyncio
import logging

import nats
from nats.aio.client import Client
from nats.errors import Error as NatsError
from nats.errors import NoServersError
from nats.js import JetStreamContext
from nats.js.api import AckPolicy, ConsumerConfig

from fdl import Service
from functions.runtime.configuration import Configuration

IMPATIENCE = 5.0
"""Seconds."""
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
            extra={"reason": f"{type(error).__name__}: {error}"},
        )

    connecting = nats.connect(
        configuration.nats_url,
        user=configuration.nats_user or None,
        password=configuration.nats_password.get_secret_value() or None,
        allow_reconnect=patient,
        max_reconnect_attempts=-1 if patient else 0,
        reconnect_time_wait=0.25,
        error_cb=note,
    )
    if patient:
        return await connecting
    try:
        return await asyncio.wait_for(connecting, IMPATIENCE)  # nats-py goes on for ever whatever it is told
    except TimeoutError as error:
        raise NoServersError from error


async def ensure_consumer(js: JetStreamContext, service: Service, configuration: Configuration) -> None:
    """Make sure of the service's durable consumer; waits for a broker that is away."""
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
        except NatsError as error:
            log.warning("no consumer yet", extra={"reason": f"{type(error).__name__}: {error}"})
            await asyncio.sleep(1)
        else:
            return
