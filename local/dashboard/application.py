"""The application: all pages, files of ours, live news, and what becomes of errors."""

import asyncio
import importlib
import logging
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import anyio
from sse_starlette import EventSourceResponse
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from functions.runtime.errors import FunctionError, MissingError
from local.dashboard import templating
from local.dashboard.address import Address
from local.dashboard.feeding import Feeder
from local.dashboard.guard import Guard
from local.dashboard.live import Live
from local.dashboard.pages import Pages
from local.dashboard.sources import Sources
from local.dashboard.visit import Visit

MODULES = ("overview", "runs", "objects", "verdicts", "failures", "jobs", "constraints", "drift")
"""Modules of this package with pages, in the order of the navigation."""
FAREWELL = 0.5
"""Seconds in which open pages are told that the server stops."""
log = logging.getLogger("noria.dashboard")


def application(sources: Sources, address: Address, feeder: Feeder) -> Starlette:
    """Make the application that shows ``sources`` to who knows the token."""
    found: list[Pages] = [importlib.import_module(f"local.dashboard.{name}").pages for name in MODULES]
    live = Live(sources, {topic: teller for pages in found for topic, teller in pages.tellers.items()})
    static = StaticFiles(directory=Path(__file__).parent / "static")
    app = Starlette(
        routes=[
            *(route for pages in found for route in pages.routes),
            Route("/live", _live, methods=["GET"]),
            Mount("/static", static, name="static"),
        ],
        middleware=[Middleware(Guard, address=address)],
        exception_handlers={FunctionError: _verdict, HTTPException: _http, Exception: _unforeseen},
        lifespan=_lifespan,
    )
    app.state.sources, app.state.live, app.state.feeder = sources, live, feeder
    app.state.csrf = address.sign("csrf")
    app.state.templates = templating.environment()
    app.state.navigation = [(pages.title, pages.path) for pages in found if pages.title]
    return app


@asynccontextmanager
async def _lifespan(app: Starlette) -> AsyncIterator[None]:
    """Keep what the pages show up to date while they are served."""
    state = app.state
    tasks = [asyncio.create_task(each) for each in (state.live.run(), state.sources.pulse.run(), state.feeder.run())]
    for task in tasks:
        task.add_done_callback(_ended)
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)


def _ended(task: asyncio.Task[None]) -> None:
    """End the process with a task that must not end: the supervisor starts both again."""
    if not task.cancelled() and (error := task.exception()):
        log.critical("our own fault", exc_info=error)
        signal.raise_signal(signal.SIGTERM)


async def _live(request: Request) -> Response:
    live: Live = request.app.state.live
    topics = request.query_params.get("topics", "").split()
    over = anyio.Event()
    return EventSourceResponse(live.follow(topics, over), ping=15, shutdown_event=over, shutdown_grace_period=FAREWELL)


def _said(request: Request, status: int, message: str, hint: str = "") -> Response:
    return Visit(request).render("error.html", status=status, message=message, hint=hint)


def _verdict(request: Request, error: Exception) -> Response:
    assert isinstance(error, FunctionError)
    status = 404 if isinstance(error, MissingError) else 503 if error.retry else 422
    return _said(request, status, error.message, error.hint)


def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    said = {404: "There is no such page.", 405: "This page is not for that."}
    return _said(request, error.status_code, said.get(error.status_code, error.detail))


def _unforeseen(request: Request, error: Exception) -> Response:
    log.error("unforeseen", exc_info=error)
    return _said(
        request, 500, "This is a mistake in noria itself.", "report it with what .noria/run/dashboard.log says"
    )
