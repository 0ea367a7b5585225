"""``python -m functions.runtime.hosts.jetstream.source FDL SERVICE``: carries a service's messages to where it runs.

A source for Knative: each message of the service's durable consumer is posted to ``K_SINK`` as a CloudEvent, and is
acknowledged when the service has brought it to its end. Nothing is kept here: what is not answered comes again.
"""

import asyncio
import logging
import os
import signal
import sys

from nats.aio.msg import Msg

from fdl import Service
from functions.runtime.assembly import arguments, configuration_of, exit_code_of, service_of
from functions.runtime.configuration import Configuration
from functions.runtime.endings import Verdict
from functions.runtime.hosts.jetstream.host import JetStreamHost
from functions.runtime.hosts.jetstream.sink import Sink
from functions.runtime.telemetry import log_as_json

log = logging.getLogger("noria.source")
AROUND = 60.0
"""Seconds that an answer may take beyond the handler's time: fetching, uploading, a first copy that starts."""


class Carrying:
    """A source's work with a message: to post it, and to wait for the answer."""

    def __init__(self, service: Service, sink: Sink) -> None:
        self.service = service
        self._sink = sink

    def take(self, message: Msg) -> Verdict:
        """Post it; the same message has the same id each time."""
        told = message.metadata
        name = (message.headers or {}).get("Nats-Msg-Id") or f"{told.stream}.{told.sequence.stream}"
        verdict = self._sink.post(message.data, name, told.num_delivered)
        extra = {"id": name, "verdict": verdict.kind, "reason": verdict.reason, "delay": verdict.delay}
        log.log(logging.INFO if verdict.kind == "done" else logging.WARNING, "posted", extra=extra)
        return verdict

    def renew(self) -> None:
        """Do nothing: the lease is the service's."""

    def stop_taking(self) -> None:
        """Do nothing: what was posted is answered, or comes again."""


def main() -> None:
    """Run one source; exit code 3 when the settings or the FDL are wrong."""
    path, name = arguments(sys.argv[1:], "python -m functions.runtime.hosts.jetstream.source")
    log_as_json(host="source", function=name)
    sys.exit(exit_code_of(lambda: _run(service_of(path, name))))


def _run(service: Service) -> None:
    given = configuration_of(service, os.environ)
    sink = Sink.of(os.environ, patience=given.time_limit + AROUND)
    asyncio.run(_serve(Carrying(service, sink), given))


async def _serve(work: Carrying, given: Configuration) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    await JetStreamHost(work, given, stop, stop).serve()


if __name__ == "__main__":
    main()
