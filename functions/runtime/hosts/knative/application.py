"""What is answered to a request: a verdict as a status, and whether the process is alive and ready."""

import asyncio
import logging
import math
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from http import HTTPStatus
from urllib.parse import quote

from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from functions.runtime.assembly import Assembled
from functions.runtime.endings import Verdict
from functions.runtime.reception import receive

log = logging.getLogger("noria.knative")
LARGEST = 4 * 2**20
"""Bytes of one request; a notification of a thousand objects has less than one."""
PATIENCE = 10.0
"""Seconds for a request's body: a client that is gone would hold one of the places for ever."""
SOON = 1
"""Seconds after which somebody else may have a place for the event."""
LATEST = 600
"""Seconds; a broker would not wait longer."""


class KnativeHost:
    """Answers for one engine; ``drain`` lets what is under way end, and sends everything else away."""

    def __init__(self, assembled: Assembled) -> None:
        self._engine = assembled.engine
        self._most = assembled.configuration.concurrency
        self._buckets = {path.bucket for path in self._engine.service.inputs}
        self._threads = ThreadPoolExecutor(self._most, thread_name_prefix="event")
        self._busy = 0
        self._draining = False

    @property
    def application(self) -> Starlette:
        """The ASGI application."""
        return Starlette(
            routes=[
                Route("/healthz", self._alive, methods=["GET"]),
                Route("/readyz", self._ready, methods=["GET"]),
                Route("/{path:path}", self._take, methods=["POST"]),
            ]
        )

    def drain(self) -> None:
        """Take nothing more, and give back what no handler has begun with."""
        self._draining = True
        self._engine.stop_taking()

    async def _alive(self, _: Request) -> Response:
        return Response(status_code=HTTPStatus.NO_CONTENT)

    async def _ready(self, _: Request) -> Response:
        return later("the worker stops", SOON) if self._draining else Response(status_code=HTTPStatus.NO_CONTENT)

    async def _take(self, request: Request) -> Response:
        if self._draining or self._busy >= self._most:
            return later("the worker stops" if self._draining else "the worker has its hands full", SOON)
        self._busy += 1
        try:
            async with asyncio.timeout(PATIENCE):
                body = await _body(request)
            if body is None:
                return refused(f"the event is larger than {LARGEST} bytes", HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
            if not body and "ce-specversion" not in request.headers:
                return refused("the request has no event in it", HTTPStatus.BAD_REQUEST)
            return answer(await self._process(body, dict(request.headers)))
        except TimeoutError:  # of the body alone, as no verdict is one; a broker sends the event again
            return refused("the request has no end in time", HTTPStatus.REQUEST_TIMEOUT, connection="close")
        except ClientDisconnect:
            return refused("the request has no end", HTTPStatus.BAD_REQUEST)
        finally:
            self._busy -= 1

    async def _process(self, body: bytes, headers: Mapping[str, str]) -> Verdict:
        """Run it to its end, though the client may have gone: what it asks for again then collapses on the ledger."""
        loop = asyncio.get_running_loop()
        work = loop.run_in_executor(
            self._threads, lambda: receive(self._engine, body, headers=headers, shared=self._buckets)
        )
        return await asyncio.shield(work)


def answer(verdict: Verdict) -> Response:
    """Say a verdict in HTTP; a dead letter is written, so nobody need write another."""
    if verdict.kind in {"retry", "wait"}:
        return later(verdict.reason, verdict.delay)
    told = {"noria-verdict": verdict.kind, **({"noria-run": quote(verdict.run.name)} if verdict.run else {})}
    return Response(status_code=HTTPStatus.NO_CONTENT, headers=told)


def refused(reason: str, status: HTTPStatus, **headers: str) -> Response:
    """Send away what will never be an event."""
    return JSONResponse({"reason": reason}, status, headers=headers)


def later(reason: str, delay: float) -> Response:
    """Ask for the event again after ``delay`` seconds, which HTTP has whole only."""
    seconds = min(max(math.ceil(delay), SOON), LATEST)
    return JSONResponse({"reason": reason}, HTTPStatus.SERVICE_UNAVAILABLE, headers={"retry-after": str(seconds)})


async def _body(request: Request) -> bytes | None:
    """Read a request's body; None when it is larger than any event."""
    body = bytearray()
    async for piece in request.stream():
        body += piece
        if len(body) > LARGEST:
            return None
    return bytes(body)
