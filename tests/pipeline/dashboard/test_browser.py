"""The judge itself: a browser that found nothing wrong with any page would prove nothing."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import quote, unquote

import pytest

from tests.listening import Listener, listening
from tests.pipeline.dashboard.accessibility import LOOKS, Look
from tests.pipeline.dashboard.browser import Chromium, Tab
from tests.waiting import eventually

GOOD = """
<a href="#content">Skip</a><nav aria-label="Pages"><a href="/">Runs</a></nav>
<main id="content"><h1>Runs</h1><h2>Failed</h2>
<form><label>Name <input name="name"></label> <button>Find</button></form>
<table><caption>Runs</caption><tr><th>run</th></tr><tr><td>one</td></tr></table>
<svg role="img" aria-label="a square" width="60" height="60" viewBox="0 0 60 60">
<rect width="60" height="60" fill="#eef"></rect><text x="5" y="30" fill="#113">one</text></svg></main>"""
STYLE = "a, button { display: inline-block; min-height: 24px; min-width: 24px } input { height: 24px }"
BAD = {
    "a control without a name": GOOD.replace("Find", ""),
    "not exactly one h1": GOOD.replace("h1", "h2"),
    "follows a heading of level 1": GOOD.replace("h2", "h3"),
    "a picture without alt": GOOD.replace("</main>", "<img src='data:,' width='9' height='9'></main>"),
    "contrast 1.": GOOD.replace("<h2>", "<h2 style='color: #eee'>"),
    "contrast 2.": GOOD.replace("#113", "#99b"),
    "a graphic (img) without a name": GOOD.replace(' aria-label="a square"', ""),
    "a table without a caption or name": GOOD.replace("<caption>Runs</caption>", ""),
    "two elements are called content": GOOD.replace("<form>", "<form id='content'>"),
    "the first control does not skip to the content": GOOD.replace('<a href="#content">Skip</a>', ""),
    "nobody sees that it has the focus": GOOD.replace("<button>", "<button style='outline: none'>"),
    "the tabulator key does not reach it": GOOD.replace("<button>", "<button inert>"),
    "px wider than its window": GOOD.replace("<form>", "<form style='width: 3000px'>"),
    "too small for a finger": GOOD.replace(
        "<button>", "<button style='min-height: 0; height: 9px; font-size: 5px; line-height: 1; padding: 0'>"
    ),
}
WRONG = {
    "dialog: 1": "<script>alert(1)</script>",
    "console: broken": "<script>console.error('broken')</script>",
    "error: lost": "<script>setTimeout(() => { throw new Error('lost') })</script>",
    "asked another host: http://example.org": "<img alt='' src='http://example.org/a.png'>",
    "security policy: img-src": "<img alt='' src='/refused.png'>",
    "404": "<script src='/missing.js'></script>",
}


@dataclass
class Pages:
    """A server of the pages that the tests write."""

    pages: dict[str, str] = field(default_factory=dict)
    url: str = ""

    def serve(self, body: str, *, policy: str = "") -> str:
        self.pages[policy] = f"<!doctype html><html lang=en><title>t</title><style>{STYLE}</style>{body}</html>"
        return f"{self.url}/?{quote(policy)}"


@pytest.fixture(scope="module")
def pages() -> Iterator[Pages]:
    pages = Pages()

    class Handler(Listener):
        def answer(self) -> None:
            path, _, policy = unquote(self.path).partition("?")
            body = pages.pages.get(policy, "") if path == "/" else ""
            self.send_response(200 if body or path == "/favicon.ico" else 404)
            self.send_header("Content-Type", "text/html")
            if policy:
                self.send_header("Content-Security-Policy", policy)
            self.end_headers()
            self.wfile.write(body.encode())

    with listening(Handler) as pages.url:
        yield pages


@pytest.mark.parametrize("look", LOOKS, ids=str)
def test_a_page_that_is_as_it_should_be_passes(chromium: Chromium, pages: Pages, look: Look) -> None:
    with chromium.tab(pages.serve(GOOD), "good", look=look) as tab:
        tab.must_be_accessible()


@pytest.mark.parametrize("fault", BAD)
def test_a_page_that_cannot_be_used_by_everybody_is_found_out(chromium: Chromium, pages: Pages, fault: str) -> None:
    with (
        chromium.tab(pages.serve(BAD[fault]), "bad", look=Look(size="phone")) as tab,
        pytest.raises(AssertionError, match=re.escape(fault)),
    ):
        tab.must_be_accessible()


@pytest.mark.parametrize("note", WRONG)
def test_a_page_that_does_what_it_should_not_is_found_out(chromium: Chromium, pages: Pages, note: str) -> None:
    policy = "img-src 'none'" if "policy" in note else ""

    with (
        pytest.raises(AssertionError, match=note),
        chromium.tab(pages.serve(GOOD + WRONG[note], policy=policy), "wrong") as tab,
    ):
        await_note(tab, note)


def await_note(tab: Tab, note: str) -> None:
    """Wait until a tab has noted something."""

    def is_there() -> bool:
        tab.page.wait_for_timeout(50)  # lets come what the browser has to tell
        return any(note in each for each in tab.wrong)

    eventually(is_there)
