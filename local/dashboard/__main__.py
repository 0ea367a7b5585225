"""``python -m local.dashboard``: serve the pages until told to stop; the supervisor starts it."""

import logging
import os
import socket
import sys

import uvicorn

from fdl import FdlError
from functions.runtime.errors import FunctionError
from functions.runtime.telemetry import log_as_json
from local.dashboard.address import Address
from local.dashboard.application import application
from local.dashboard.feeding import Feeder
from local.dashboard.sources import Sources
from local.ports import HOST

WRONG_CONFIGURATION, NOT_AVAILABLE = 3, 4
MOST_CONNECTIONS = 256
POLITENESS = 5
"""By which everything else that runs here is preferred to it."""
log = logging.getLogger("noria.dashboard")


def main() -> int:
    """Run until SIGTERM; gives the exit code."""
    log_as_json(host="dashboard")
    logging.getLogger("uvicorn").setLevel(logging.WARNING)
    os.nice(POLITENESS)
    try:
        sources = Sources.open()
    except (FunctionError, FdlError) as error:
        log.error("cannot start", extra={"reason": str(error), "hint": error.hint})
        return WRONG_CONFIGURATION
    address = Address.known(sources.given.home) or Address.chosen(sources.given.home)
    try:
        listening = socket.create_server((HOST, address.port), backlog=128)
    except OSError as error:
        log.error("cannot listen", extra={"port": address.port, "reason": str(error)})
        return NOT_AVAILABLE
    # asyncio does it for sockets that say that they are TCP, which create_server's do not: 40 ms a page without.
    listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    with listening:
        uvicorn.Server(_config(sources, address)).run(sockets=[listening])
    return 0


def _config(sources: Sources, address: Address) -> uvicorn.Config:
    return uvicorn.Config(
        application(sources, address, Feeder(sources)),
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        ws="none",
        timeout_graceful_shutdown=1,
        limit_concurrency=MOST_CONNECTIONS,
    )


if __name__ == "__main__":
    sys.exit(main())
