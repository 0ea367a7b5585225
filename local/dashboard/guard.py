"""The guard: who may see anything at all, and what every answer tells the browser to keep from doing.

Every page needs a cookie, which the token in the printed address is exchanged for. SameSite=Strict keeps it from
requests that other pages make; the names in Host and Origin are held against our own all the same.
"""

from collections.abc import MutableMapping
from hmac import compare_digest
from http.cookies import CookieError, SimpleCookie
from typing import Any
from urllib.parse import parse_qsl, urlencode

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from local.dashboard.address import Address

METHODS = frozenset({"GET", "HEAD", "POST"})
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; font-src 'none'; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
HEADERS = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",  # no-referrer would make browsers send "Origin: null" with our own forms
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "cache-control": "no-store",
}
STRANGER = "This page needs the address that `noria up` has printed; `noria status` shows it again.\n"


class Guard:
    """Lets through what carries the cookie, and adds the headers that every answer has."""

    def __init__(self, app: ASGIApp, address: Address) -> None:
        self._app = app
        self._address = address
        self._cookie = f"noria-{address.port}"
        self._session = address.sign("session")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def complete(message: Message) -> None:
            if message["type"] == "http.response.start":
                _complete(message)
            await send(message)

        answer = self._refusal(scope)
        await (answer or self._app)(scope, receive, complete)

    def _refusal(self, scope: Scope) -> Response | None:
        """Give the answer to a request that gets no further; None for one that does."""
        headers = Headers(scope=scope)
        if headers.get("host", "").lower() not in self._address.hosts:
            return PlainTextResponse("there is no such host here\n", 421)
        if scope["method"] not in METHODS:
            return PlainTextResponse("GET, HEAD and POST are taken here\n", 405, {"allow": "GET, HEAD, POST"})
        if scope["path"].startswith("/static/"):
            return None
        query = parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)
        if scope["method"] == "GET" and (token := dict(query).get("token")):
            return self._entry(scope["path"], query, token)
        if not compare_digest(self._shown(headers), self._session):
            return PlainTextResponse(STRANGER, 401)
        if scope["method"] == "POST" and not self._is_own(headers):
            return PlainTextResponse("this was sent by another page\n", 403)
        return None

    def _entry(self, path: str, query: list[tuple[str, str]], token: str) -> Response:
        """Exchange the token for the cookie, and lead on to the same page without it."""
        if not compare_digest(token.encode(), self._address.token.encode()):
            return PlainTextResponse(STRANGER, 401)
        rest = urlencode([(name, value) for name, value in query if name != "token"])
        to = f"/{path.lstrip('/')}" + (f"?{rest}" if rest else "")  # "//host" would lead elsewhere
        answer = RedirectResponse(to, 303)
        answer.set_cookie(self._cookie, self._session, httponly=True, samesite="strict", path="/")
        return answer

    def _shown(self, headers: Headers) -> str:
        try:
            cookie = SimpleCookie(headers.get("cookie", "")).get(self._cookie)
        except CookieError:
            return ""
        return cookie.value if cookie and cookie.value.isascii() else ""

    def _is_own(self, headers: Headers) -> bool:
        """Tell whether a page of ours sent this; a browser always says which page did, and cannot be made to lie."""
        origin = headers.get("origin", "").removeprefix("http://")
        return origin in self._address.hosts and headers.get("sec-fetch-site", "same-origin") == "same-origin"


def _complete(message: MutableMapping[str, Any]) -> None:
    given = {name.lower() for name, _ in message["headers"]}
    own = [(name.encode(), value.encode()) for name, value in HEADERS.items() if name.encode() not in given]
    message["headers"] = [*message["headers"], *own]
