import asyncio
from dataclasses import dataclass, field

import httpx
import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from local.dashboard.address import Address
from local.dashboard.guard import Guard

ADDRESS = Address(21000, "only-the-owner-knows")
OWN = {"origin": ADDRESS.origin}


@dataclass
class Browser:
    """Keeps cookies from one request to the next, and follows nobody."""

    app: ASGIApp
    cookies: httpx.Cookies = field(default_factory=httpx.Cookies)

    def request(self, method: str, url: str, headers: dict[str, str] | None = None) -> httpx.Response:
        async def sent() -> httpx.Response:
            transport = httpx.ASGITransport(self.app)
            async with httpx.AsyncClient(transport=transport, base_url=ADDRESS.origin, cookies=self.cookies) as client:
                answer = await client.request(method, url, headers=headers)
                self.cookies = client.cookies
                return answer

        return asyncio.run(sent())

    def get(self, url: str, headers: dict[str, str] | None = None) -> httpx.Response:
        return self.request("GET", url, headers)

    def post(self, url: str, headers: dict[str, str]) -> httpx.Response:
        return self.request("POST", url, headers)


@pytest.fixture
def browser() -> Browser:
    async def answer(request: Request) -> Response:
        return PlainTextResponse(f"{request.url.path}?{request.url.query}")

    routes = [Route(path, answer, methods=["GET", "POST"]) for path in ("/", "/runs", "/static/style.css")]
    return Browser(Starlette(routes=routes, middleware=[Middleware(Guard, address=ADDRESS)]))


@pytest.fixture
def known(browser: Browser) -> Browser:
    browser.get(f"/?token={ADDRESS.token}")
    return browser


def test_who_has_no_cookie_sees_nothing(browser: Browser) -> None:
    answer = browser.get("/runs")

    assert answer.status_code == 401
    assert "noria status" in answer.text


def test_the_token_becomes_a_cookie_that_no_script_and_no_other_site_can_use(browser: Browser) -> None:
    answer = browser.get(f"/runs?function=a&token={ADDRESS.token}")

    assert (answer.status_code, answer.headers["location"]) == (303, "/runs?function=a")
    assert {"httponly", "samesite=strict"} <= {part.strip().lower() for part in answer.headers["set-cookie"].split(";")}
    assert ADDRESS.token not in answer.headers["set-cookie"]
    assert browser.get(answer.headers["location"]).text == "/runs?function=a"


def test_a_path_that_looks_like_another_host_does_not_lead_there(browser: Browser) -> None:
    answer = browser.get(f"http://127.0.0.1:21000//evil.example/?token={ADDRESS.token}")

    assert answer.headers["location"] == "/evil.example/"


@pytest.mark.parametrize("token", ["", "only-the-owner-know", "только", "%ff"])
def test_another_token_opens_nothing(browser: Browser, token: str) -> None:
    assert browser.get(f"/?token={token}").status_code == 401
    assert browser.get("/").status_code == 401


@pytest.mark.parametrize("cookie", ["", "x", '"\\351"', ADDRESS.token, f"{ADDRESS.sign('session')}0", "a=b; c=d"])
def test_another_cookie_opens_nothing(browser: Browser, cookie: str) -> None:
    given = {"cookie": f"noria-21000={cookie}"}

    assert browser.get("/", headers=given).status_code == 401


@pytest.mark.parametrize(
    "host", ["evil.example:21000", "127.0.0.1", "127.0.0.1:80", "", "127.0.0.1:21000.evil.example"]
)
def test_a_name_that_was_made_to_lead_here_is_refused(known: Browser, host: str) -> None:
    assert known.get("/", headers={"host": host}).status_code == 421


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"])
def test_nothing_but_reading_and_forms_is_taken(known: Browser, method: str) -> None:
    assert known.request(method, "/", headers=OWN).status_code == 405


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"origin": "null"},
        {"origin": "http://evil.example"},
        {"origin": "https://127.0.0.1:21000"},
        {"origin": "http://127.0.0.1:21001"},
        {**OWN, "sec-fetch-site": "same-site"},
        {**OWN, "sec-fetch-site": "cross-site"},
    ],
)
def test_a_form_that_another_page_sends_is_refused(known: Browser, headers: dict[str, str]) -> None:
    assert known.post("/", headers=headers).status_code == 403


def test_a_form_of_our_own_page_gets_through(known: Browser) -> None:
    assert known.post("/", headers={**OWN, "sec-fetch-site": "same-origin"}).status_code == 200


@pytest.mark.parametrize("path", ["/", "/static/style.css", "/no-such-page"])
def test_every_answer_keeps_the_browser_from_what_is_not_ours(known: Browser, path: str) -> None:
    headers = known.get(path).headers

    assert headers["content-security-policy"].startswith("default-src 'none'; script-src 'self'; style-src 'self'")
    assert "unsafe" not in headers["content-security-policy"]
    assert (headers["x-content-type-options"], headers["x-frame-options"]) == ("nosniff", "DENY")
    assert headers["cache-control"] == "no-store"
