"""The server of a Knative service: on ``$PORT``, 8080 if nobody says, until it is asked to stop."""

import os
from types import FrameType

import uvicorn

from functions.runtime.assembly import assembled, service_of
from functions.runtime.hosts.heartbeat import beating
from functions.runtime.hosts.knative.application import KnativeHost
from functions.runtime.settings import SettingsError
from functions.runtime.start import Begun

DRAIN = 30
"""Seconds that what is under way has after SIGTERM; Knative's queue-proxy waits as long."""


class Server(uvicorn.Server):
    """Tells the host of the first signal."""

    def __init__(self, config: uvicorn.Config, host: KnativeHost) -> None:
        super().__init__(config)
        self._host = host

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:  # noqa: ARG002 - uvicorn's
        """Let what is under way end, but not on a second signal; uvicorn's own would raise it again, and end badly."""
        self.force_exit = self.should_exit
        self.should_exit = True
        self._host.drain()


def serve(path: str, name: str, begun: Begun | None) -> None:
    """Serve until SIGTERM or SIGINT; the handler's process may have begun.

    Raises:
        SettingsError: The environment or the FDL is wrong.
        BrokenChildError: The function cannot start.
    """
    port = _port(os.environ.get("PORT", "8080"))
    ready = assembled(service_of(path, name), os.environ, host="knative", begun=begun)
    try:
        host = KnativeHost(ready)
        config = uvicorn.Config(
            host.application,
            host="0.0.0.0",  # noqa: S104 - a container's own network
            port=port,
            access_log=False,
            log_config=None,
            server_header=False,
            lifespan="off",
            ws="none",
            timeout_graceful_shutdown=DRAIN,
        )
        with beating(ready):
            Server(config, host).run()
    finally:
        ready.engine.close()


def _port(text: str) -> int:
    if not text.isascii() or not text.isdigit() or not 0 < int(text[:6]) < 65536:
        raise SettingsError(f"PORT has value {text[:20]!r}", hint="give a number from 1 to 65535")
    return int(text)
