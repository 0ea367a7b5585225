"""A webhook on this machine: it answers as it is told, and keeps what it was sent."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import Any

from tests.listening import Listener, listening


@dataclass(frozen=True)
class Posted:
    """One request; ``at`` is when it came, in seconds since 1970."""

    at: float
    headers: dict[str, str]
    body: dict[str, Any]

    @property
    def key(self) -> str:
        return self.headers["Idempotency-Key"]


@dataclass
class Webhook:
    """Answers with ``status``, but the next ``refuses`` requests with 503."""

    url: str = ""
    status: int = 204
    refuses: int = 0
    received: list[Posted] = field(default_factory=list)

    def answer(self, request: BaseHTTPRequestHandler) -> None:
        body = json.loads(request.rfile.read(int(request.headers["Content-Length"])))
        self.received.append(Posted(time.time(), dict(request.headers), body))
        self.refuses -= 1
        request.send_response(503 if self.refuses >= 0 else self.status)
        request.send_header("Location", "/elsewhere")
        request.end_headers()


@contextmanager
def webhook() -> Iterator[Webhook]:
    """Serve one."""
    hook = Webhook()

    class Answer(Listener):
        def answer(self) -> None:
            hook.answer(self)

    with listening(Answer) as address:
        hook.url = f"{address}/hook?app=masks"
        yield hook
