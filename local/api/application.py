"""The application: routes, what every answer has in common, and what becomes of errors."""

import logging
import time
from collections.abc import Mapping, MutableMapping
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.middleware.cors import CORSMiddleware
from fastapi.responses import HTMLResponse, JSONResponse
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from functions.runtime.engine import VERSION
from functions.runtime.errors import FunctionError, Rejected
from functions.runtime.settings import nearest
from local.api.bodies import Error
from local.api.members import printable
from local.api.monitoring import router as monitoring
from local.api.page import page
from local.api.parts import Parts
from local.api.refusal import Refusal
from local.api.routes import router

log = logging.getLogger("noria.api")
_ALWAYS = [(b"x-content-type-options", b"nosniff"), (b"referrer-policy", b"no-referrer")]
_QUIETLY = (b"cache-control", b"no-store")
_ABOUT = """Upload a model and its data, get a trained model with a signed bill of materials.

Keys are made by `noria api key new`; send one as `Authorization: Bearer KEY`."""


def application(parts: Parts) -> FastAPI:
    """Make the application that answers with ``parts``."""
    app = FastAPI(
        title="noria job API",
        version=VERSION,
        description=_ABOUT,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        generate_unique_id_function=lambda route: route.name,
    )
    app.state.parts = parts
    app.include_router(router)
    app.include_router(monitoring)
    app.add_api_route("/docs", lambda: HTMLResponse(page(app.openapi())), include_in_schema=False, methods=["GET"])
    app.add_exception_handler(Refusal, _refused)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(FunctionError, _verdict)
    app.add_exception_handler(Exception, _unforeseen)
    if parts.settings.cors_origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=parts.settings.cors_origins,
            allow_methods=["GET", "HEAD", "POST"],
            allow_headers=["Authorization", "Range", "If-Range", "Last-Event-ID"],
            expose_headers=["Content-Range", "ETag", "X-Content-SHA256", "Retry-After"],
        )
    app.add_middleware(Told)
    return app


class Told:
    """Adds the headers that every answer has, and writes one line a request into the log, without its query."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began, status = time.monotonic(), 0

        async def tell(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                _complete(message)
            await send(message)

        try:
            await self._app(scope, receive, tell)
        finally:
            extra = {"method": scope["method"], "path": printable(scope["path"]), "status": status}
            extra |= {"ms": round((time.monotonic() - began) * 1000), "key": scope.get("noria.key", "")}
            log.info("answered", extra=extra)


def _complete(message: MutableMapping[str, Any]) -> None:
    given = {name.lower() for name, _ in message["headers"]}
    quietly = [] if _QUIETLY[0] in given else [_QUIETLY]
    message["headers"] = [*message["headers"], *_ALWAYS, *quietly]


def _answer(status: int, detail: str, hint: str = "", headers: Mapping[str, str] | None = None) -> JSONResponse:
    return JSONResponse(Error(detail=detail, hint=hint).model_dump(), status_code=status, headers=headers)


def _refused(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, Refusal)
    return _answer(error.status, error.message, error.hint, error.headers)


def _invalid(_: Request, error: Exception) -> JSONResponse:
    """Name every wrong parameter in one sentence."""
    assert isinstance(error, RequestValidationError)
    return _answer(422, "; ".join(map(_sentence, error.errors())), "GET /docs says what is taken")


def _sentence(each: Mapping[str, Any]) -> str:
    name = printable(str(each["loc"][-1]))
    if each["type"] == "extra_forbidden":
        return f"{name} is not a parameter{nearest(name, ('limit', 'after', 'state'))}"
    message = each["msg"][0].lower() + each["msg"][1:]
    return f"{name} is {printable(str(each['input']))!r}: {message}"


def _http(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    method, path = request.method, printable(request.url.path)
    said = {404: f"there is nothing at {path}", 405: f"{path} does not take {method}"}
    return _answer(error.status_code, said.get(error.status_code, str(error.detail)), "see /docs", error.headers)


def _verdict(_: Request, error: Exception) -> JSONResponse:
    """Pass on what the runtime says: an upload that can never be trained on, or a store that is away or not set up."""
    assert isinstance(error, FunctionError)
    if isinstance(error, Rejected):
        return _answer(422, error.message, error.hint)
    return _answer(503, error.message, error.hint or "come again soon", {"Retry-After": "5"})


def _unforeseen(_: Request, error: Exception) -> JSONResponse:
    log.error("unforeseen", exc_info=error)
    return _answer(500, "this is a mistake in noria itself", "report it with what the API has logged")
