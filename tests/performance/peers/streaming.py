"""FastStream on the same JetStream, as its documentation shows it. ``python -m tests.performance.peers.streaming``."""

import asyncio
import logging
import time

from faststream import AckPolicy, FastStream
from faststream.nats import JStream, NatsBroker, PullSub
from faststream.nats.annotations import NatsMessage
from faststream.nats.security import NatsUserPassword
from nats.js.api import ConsumerConfig

from tests.performance.copying import stamped
from tests.performance.peers.given import CONCURRENCY, Given, key_of, output_of


def app(given: Given) -> FastStream:
    """Make the application: a pull subscriber whose handler is run in a thread, acknowledged after it returned."""
    s3 = given.s3()
    # Its access log would be one line an event, on top of what the others do.
    security = NatsUserPassword(given.nats_user, given.nats_password)
    broker = NatsBroker(given.nats_url, security=security, log_level=logging.DEBUG)

    @broker.subscriber(
        given.subject,
        stream=JStream("EVENTS", declare=False),
        durable=given.name,
        config=ConsumerConfig(ack_wait=30),
        pull_sub=PullSub(batch_size=1),  # more than one waits for the others until the timeout (nats.py#1034)
        max_workers=CONCURRENCY,
        ack_policy=AckPolicy.NACK_ON_ERROR,
    )
    def copy(message: NatsMessage) -> None:
        began = time.time()
        key = key_of(message.body)
        content = s3.get_object(Bucket=given.source, Key=key)["Body"].read()
        s3.put_object(Bucket=given.target, Key=output_of(key), Body=stamped(began, content))

    return FastStream(broker)


if __name__ == "__main__":
    asyncio.run(app(Given.read()).run())
