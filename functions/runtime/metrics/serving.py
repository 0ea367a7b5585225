"""Serving: ``GET /metrics`` over HTTP/1.1, one answer a connection, and nothing else."""

import asyncio
import logging
import threading
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from functions.runtime.metrics.address import Address

log = logging.getLogger("noria.metrics")
PATIENCE = 5.0
"""Seconds in which a request must have been told, and its answer taken."""
REQUEST_LIMIT = 8192
MOST = 16
"""Connections at once; the others are closed."""
FORM = "text/plain; version=0.0.4; charset=utf-8"


@dataclass
class Server:
    """Answers with ``text()``; ``serve`` in an event loop, or ``start`` for a thread of its own."""

    address: Address
    text: Callable[[], Awaitable[str]]
    port: int = 0
    _connections: set[asyncio.StreamWriter] = field(default_factory=set)

    async def open(self) -> asyncio.Server:
        """Listen.

        Raises:
            OSError: The address is taken, or not ours.
        """
        server = await asyncio.start_server(
            self._answer, self.address.host, self.address.port, limit=REQUEST_LIMIT, backlog=MOST
        )
        self.port = server.sockets[0].getsockname()[1]
        return server

    def start(self) -> None:
        """Serve in a daemon thread; what is wrong with the address is logged, and changes nothing else."""
        threading.Thread(target=lambda: asyncio.run(self._serve()), name="metrics", daemon=True).start()

    async def _serve(self) -> None:
        try:
            server = await self.open()
        except OSError as error:
            reason = f"{self.address}: {error.strerror}"
            log.error("no metrics", extra={"reason": reason, "hint": "set NORIA_METRICS to another HOST:PORT"})
            return
        log.info("metrics", extra={"address": str(Address(self.address.host, self.port))})
        await server.serve_forever()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            if len(self._connections) < MOST:
                self._connections.add(writer)
                async with asyncio.timeout(PATIENCE):
                    status, body = await self._respond(await reader.readuntil(b"\r\n\r\n"))
                    writer.write(_response(status, body))
                    await writer.drain()
        except (TimeoutError, OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            pass
        except Exception:
            log.exception("metrics not shown")
        finally:
            self._connections.discard(writer)
            writer.close()

    async def _respond(self, request: bytes) -> tuple[str, str]:
        line, *headers = request.decode("latin-1").split("\r\n")
        method, _, rest = line.partition(" ")
        hosts = [value.strip() for name, _, value in (h.partition(":") for h in headers) if name.lower() == "host"]
        if len(hosts) != 1 or not self.address.takes(hosts[0]):
            return "421 Misdirected Request", ""
        if method != "GET":
            return "405 Method Not Allowed", ""
        if rest.partition(" ")[0].partition("?")[0] != "/metrics":
            return "404 Not Found", ""
        return "200 OK", await self.text()


def _response(status: str, body: str) -> bytes:
    content = body.encode()
    head = f"HTTP/1.1 {status}\r\nContent-Type: {FORM}\r\nContent-Length: {len(content)}\r\nConnection: close\r\n\r\n"
    return head.encode() + content
