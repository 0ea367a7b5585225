"""Objects of people who wish us ill, in a real browser: names and contents are shown, and do nothing."""

import json
from urllib.parse import quote, unquote

import httpx
import pytest
from playwright.sync_api import expect

from tests.pipeline.dashboard.accessibility import Look
from tests.pipeline.dashboard.browser import Chromium, Tab
from tests.pipeline.dashboard.plane import Shown
from tests.pipeline.dashboard.visitor import Visitor
from tests.waiting import eventually

HTML = b"<!doctype html><script>alert(1)</script><h1 id=taken>Taken over</h1><img src=x onerror=alert(2)>"
SVG = (
    b'<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" width="40" height="40" '
    b'onload="alert(3)"><script>alert(4)</script><image xlink:href="http://example.org/a.png"/>'
    b'<foreignObject width="40" height="40"><body xmlns="http://www.w3.org/1999/xhtml"><script>alert(5)</script>'
    b'</body></foreignObject><rect width="40" height="40" fill="red"/></svg>'
)
XSL = (
    b'<?xml version="1.0"?><?xml-stylesheet type="text/xsl" href="data:text/xml,x"?><html xmlns='
    b'"http://www.w3.org/1999/xhtml"><script>alert(6)</script></html>'
)
LARGE = json.dumps({"list": ["</script><script>alert(7)</script>"] * 300_000}).encode()
"""10 MB and more."""
CONTENTS = {
    "page.html": HTML,
    "page.png": HTML,
    "picture.svg": SVG,
    "picture.svg.png": SVG,
    "page.xhtml": XSL,
    "large.json": LARGE,
    "deep.json": b"[" * 200_000 + b"]" * 200_000,
    "numbers.json": b'{"a": 1e999, "b": ' + b"9" * 5000 + b', "__proto__": {"c": 1}}',
    "binary.txt": bytes(range(256)) * 8,
    "override.txt": "\u202egnp.exe \u2066\u2069\u200b\ufeff\U000e0041 \ud7ff\u0301\u0301\u0301".encode(),
}
NAMES = [
    "<script>alert(8)</script>.png",
    "\"' onmouseover='alert(9)' x=\".png",
    "javascript:alert(10)",
    "?token=x&bucket=y#z.png",
    "..%2f..%2fetc%2fpasswd",
    "{{ csrf }}{% raw %}.png",
    "\u202egnp.exe",
    "e\u0301\U0001f468\u200d\U0001f469\u200d\U0001f467 \u5199\u771f.png",
    " leading and trailing ",
]


def address(key: str) -> str:
    return f"/object?bucket=inbox&key={quote(key, safe='')}"


def must_be_inert(tab: Tab) -> None:
    """Nothing of the object has become a part of the page."""
    assert (
        tab.page.locator("#taken, main script, main iframe, main object, main embed, [onload], [onerror]").count() == 0
    )
    assert tab.page.evaluate("document.querySelectorAll('script').length") == 2


@pytest.mark.parametrize("name", CONTENTS)
def test_contents_are_shown_and_do_nothing(chromium: Chromium, shown: Shown, name: str) -> None:
    key = f"hostile/{name}"
    shown.store.write("inbox", key, CONTENTS[name])

    with chromium.tab(shown.url, "object") as tab:
        tab.open(address(key))
        expect(tab.page.get_by_role("heading", level=1)).to_be_visible()
        must_be_inert(tab)
        assert len(tab.page.content()) < 2_000_000
        if len(CONTENTS[name]) < 10_000:
            tab.keep(name.replace(".", "-"))


def test_contents_on_their_own_are_no_page_of_ours(shown: Shown) -> None:
    with Visitor.of(shown.url) as visitor:
        for name, body in CONTENTS.items():
            shown.store.write("inbox", f"hostile/{name}", body)
            answer = visitor.client.get("/content", params={"bucket": "inbox", "key": f"hostile/{name}"})

            assert answer.headers["x-content-type-options"] == "nosniff"
            assert "sandbox" in answer.headers["content-security-policy"], name
            assert "html" not in answer.headers["content-type"], name


@pytest.fixture(scope="module")
def named(shown: Shown) -> dict[str, str]:
    """Objects of these names, below ``in/names/``; gives their keys, each with its run."""
    keys = {key: shown.write("grumble", "inbox", key, b"name") for key in (f"in/names/{name}" for name in NAMES)}
    shown.ended(*keys.values())
    with Visitor.of(shown.url) as visitor:
        eventually(lambda: all(unquote(run) in unquote(visitor.page("/runs", text="names/")) for run in keys.values()))
    return keys


def test_a_name_that_leads_upwards_leads_nowhere(shown: Shown) -> None:
    with Visitor.of(shown.url) as visitor:
        for path in ("/object", "/content"):
            for key in ("../../etc/passwd", "in/../../grumble-outbox/out", "/etc/passwd", ".."):
                answer = visitor.client.get(path, params={"bucket": "inbox", "key": key})
                assert answer.status_code in {404, 422}, key
                assert "root:" not in answer.text


@pytest.mark.parametrize("name", NAMES)
def test_names_are_shown_and_do_nothing(chromium: Chromium, shown: Shown, named: dict[str, str], name: str) -> None:
    key = f"in/names/{name}"
    assert named[key]

    with chromium.tab(shown.url, "names") as tab:
        tab.open("/runs?text=in/names/")
        must_be_inert(tab)
        link = tab.page.locator(f"a[href='{address(key)}'], a[href='{address(key).replace('%20', '+')}']")
        link.first.click()
        expect(tab.page.locator("main")).to_contain_text("grumble")
        must_be_inert(tab)


def test_a_page_of_another_site_can_do_nothing_in_its_visitors_name(chromium: Chromium, shown: Shown) -> None:
    with chromium.tab(shown.url, "stranger", look=Look()) as tab:
        tab.open("/failures")
        tab.expected += ["asked another host", "ERR_", "403", "401", "421", "Refused"]
        cookies = tab.page.context.cookies()
        own = [each for each in cookies if each["name"].startswith("noria-")]
        assert [(each["httpOnly"], each["sameSite"]) for each in own] == [(True, "Strict")]
        form: dict[str, str | float | bool] = {"run": "grumble/x", "csrf": "guessed"}
        headers = {"Origin": "http://example.org", "Sec-Fetch-Site": "cross-site"}
        answer = tab.page.request.post(f"{tab.origin}/failures/retry", form=form, headers=headers)
        assert answer.status == 403
        answer = tab.page.request.post(f"{tab.origin}/failures/retry", form=form, headers={"Origin": tab.origin})
        assert answer.status == 422
        answer = tab.page.request.get(f"{tab.origin}/failures", headers={"Host": "example.org"})
        assert answer.status == 421


def test_without_the_token_there_is_nothing_to_see(shown: Shown) -> None:
    plain = shown.url.partition("?")[0]

    with httpx.Client(timeout=60) as stranger:
        for path in ("", "failures", "jobs", "constraints", "drift", "runs", "object", "content", "live?topics=jobs"):
            answer = stranger.get(plain + path)
            assert answer.status_code == 401
            assert "grumble" not in answer.text
