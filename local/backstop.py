"""The backstop: a message that the broker has given up becomes a dead letter, whoever kept it from its end.

Attempts are counted in the ledger, and end there. A message that takes its worker down before a run is claimed is in no
ledger; it ends at the consumer's ``max_deliver``, of which the broker tells by an advisory and by nothing else.
"""

import asyncio
import json
import logging
from dataclasses import dataclass

from nats.aio.msg import Msg
from nats.js import JetStreamContext
from nats.js.errors import NotFoundError

from fdl import Service
from functions.runtime.configuration import Configuration
from functions.runtime.desk import Desk
from functions.runtime.endings import Verdict
from functions.runtime.engine import Engine
from functions.runtime.errors import Rejected
from functions.runtime.reception import receive
from functions.runtime.runner import Task, Usage
from functions.runtime.store import Store
from local.broker import ADVISORIES

BATCH = 50
log = logging.getLogger("noria.backstop")


@dataclass(frozen=True)
class Refusing:
    """A runner that has had enough."""

    deliveries: int

    def run(self, task: Task, desk: Desk) -> Usage:  # noqa: ARG002 - it looks at nothing
        """Refuse."""
        raise Rejected(
            f"its message was delivered {self.deliveries} times and never came to an end",
            hint="see the workers' logs of that time; noria failed retry sends it round again",
        )

    def stop_taking(self) -> None:
        """Nothing waits here."""

    def close(self) -> None:
        """Nothing was started."""


async def bury(js: JetStreamContext, service: Service, given: Configuration) -> None:
    """Write a dead letter for each message of the service that the broker has given up since the last time."""
    subject = f"$JS.EVENT.ADVISORY.CONSUMER.MAX_DELIVERIES.{given.stream}.{service.name}"
    advisories = await js.pull_subscribe(subject, durable=f"backstop-{service.name}", stream=ADVISORIES)
    try:
        while messages := await advisories.fetch(BATCH, timeout=0.1):
            for message in messages:
                await _bury(js, message, service, given)
    except TimeoutError:  # there is none, as nearly always
        return
    finally:
        await advisories.unsubscribe()


async def _bury(js: JetStreamContext, advisory: Msg, service: Service, given: Configuration) -> None:
    told = json.loads(advisory.data)
    try:
        given_up = await js.get_msg(given.stream, seq=told["stream_seq"])
    except NotFoundError:  # too old for the stream; what it announced is found by its folder
        await advisory.ack()
        return
    engine = Engine(service, Refusing(told["deliveries"]), Store(given), given, host="backstop")
    shared = {path.bucket for path in service.inputs}
    verdict: Verdict = await asyncio.to_thread(receive, engine, given_up.data or b"", shared=shared)
    if verdict.kind in {"retry", "wait"}:
        await advisory.nak(delay=max(verdict.delay, 1))
    else:
        log.warning("given up", extra={"service": service.name, "reason": verdict.reason})
        await advisory.ack()
