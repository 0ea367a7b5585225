"""Pages: how a module of this package says which addresses it answers, and what of it changes by itself.

A module has one ``pages = Pages(...)``; ``application.py`` names the modules. Handlers are plain functions: each is
called in a thread of its own, so that it may wait for the store.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from hmac import compare_digest
from typing import TypeVar
from urllib.parse import parse_qsl

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from functions.runtime.errors import Rejected
from local.dashboard.sources import Sources
from local.dashboard.visit import Visit

FORM_LIMIT = 64 * 1024
"""Bytes of a form."""
PATIENCE = 0.2
"""Seconds that a page waits for the index."""
Handler = Callable[[Visit], Response]
Teller = Callable[[Sources], Mapping[str, str]]
"""Gives what can change of a page: text by name. Called once a second while somebody looks, in a thread."""
H = TypeVar("H", bound=Handler)
T = TypeVar("T", bound=Teller)


@dataclass
class Pages:
    """The pages of one module; ``title`` and ``path`` are its entry in the navigation, none without a title."""

    title: str = ""
    path: str = "/"
    routes: list[Route] = field(default_factory=list)
    tellers: dict[str, Teller] = field(default_factory=dict)

    def get(self, path: str) -> Callable[[H], H]:
        """Answer GET and HEAD of ``path`` by the function below."""

        def register(handler: H) -> H:
            async def answer(request: Request) -> Response:
                await _awake(request)
                return await run_in_threadpool(handler, Visit(request))

            self.routes.append(Route(path, answer, methods=["GET"], name=handler.__name__))
            return handler

        return register

    def post(self, path: str) -> Callable[[H], H]:
        """Answer POST of ``path``: a form whose field ``csrf`` (or header X-CSRF) is ours, whatever else is wrong."""

        def register(handler: H) -> H:
            async def answer(request: Request) -> Response:
                form = await _form(request)
                await _awake(request)
                return await run_in_threadpool(handler, Visit(request, form))

            self.routes.append(Route(path, answer, methods=["POST"], name=handler.__name__))
            return handler

        return register

    def live(self, topic: str) -> Callable[[T], T]:
        """Say by the function below what ``topic`` looks like now."""

        def register(teller: T) -> T:
            self.tellers[topic] = teller
            return teller

        return register


async def _awake(request: Request) -> None:
    """Note that somebody looks; who is the first to do so for a while waits for what happened meanwhile, a moment."""
    attention = request.app.state.sources.attention
    is_first = not attention.is_there
    attention.look()
    if is_first:
        await request.app.state.feeder.known(PATIENCE)


async def _form(request: Request) -> list[tuple[str, str]]:
    """Read a form as browsers send it (application/x-www-form-urlencoded).

    Raises:
        Rejected: It is too long, or the word that only our own pages know is missing.
    """
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > FORM_LIMIT:
            raise Rejected(f"the form has more than {FORM_LIMIT} bytes", hint="choose fewer at once")
    fields = parse_qsl(body.decode(errors="replace"), keep_blank_values=True)
    shown = request.headers.get("x-csrf") or dict(fields).get("csrf", "")
    if not compare_digest(shown.encode(), request.app.state.csrf.encode()):
        raise Rejected("this form is not one of ours", hint="load the page again, and send it once more")
    return [(name, value) for name, value in fields if name != "csrf"]
