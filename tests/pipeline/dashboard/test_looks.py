"""The pages of pipelines, runs and objects in a browser: they change by themselves, and everybody can use them."""

from urllib.parse import unquote

import pytest
from playwright.sync_api import expect

from tests.pipeline.dashboard.accessibility import LOOKS, Look
from tests.pipeline.dashboard.browser import Chromium, Tab
from tests.pipeline.dashboard.plane import Shown
from tests.pipeline.dashboard.visitor import Visitor
from tests.waiting import eventually


@pytest.fixture(scope="module")
def run(shown: Shown) -> str:
    """A run that has ended well, and one that has not."""
    shown.door.touch()
    name = shown.write("grumble", "inbox", "in/looked-at.txt", b"look at me")
    shown.ended(name)
    shown.door.unlink()
    refused = shown.write("grumble", "inbox", "in/refused.txt", b"not me")
    shown.ended(refused)
    shown.door.touch()
    with Visitor.of(shown.url) as visitor:  # most pages show what is known when they are opened
        eventually(lambda: refused in unquote(visitor.page("/runs", state="failed")))
        eventually(lambda: name in unquote(visitor.page("/runs", state="committed")))
    return name


def test_counts_and_newest_objects_change_without_a_reload(chromium: Chromium, shown: Shown, run: str) -> None:
    with chromium.tab(shown.url, "live") as tab:
        figure = tab.page.locator("svg [data-live='counts.grumble.committed']")
        cell = tab.page.locator("td [data-live='counts.grumble.committed']")
        expect(tab.page.locator("[data-connection]")).to_have_text("live")
        shown.ended(shown.write("grumble", "inbox", "in/new-one.txt", b"new"))
        all_of_them = shown.json("runs", "--function", "grumble", "--state", "committed", "--limit", "1000")

        expect(figure).to_have_text(str(len(all_of_them)))
        expect(cell).to_have_text(str(len(all_of_them)))
        expect(tab.page.get_by_role("link", name="inbox/in/new-one.txt")).to_be_visible()


def test_who_uses_the_keyboard_stays_where_he_is_while_the_list_grows(
    chromium: Chromium, shown: Shown, run: str
) -> None:
    with chromium.tab(shown.url, "focus") as tab:
        tab.open("/runs")
        link = tab.page.locator(f"#run-{run.partition('/')[2][:16]}")
        link.focus()
        shown.ended(shown.write("grumble", "inbox", "in/grows.txt", b"grows"))

        expect(tab.page.locator("tbody")).to_contain_text("in/grows.txt")
        expect(link).to_be_focused()


def press_while_one_arrives(tab: Tab, shown: Shown, key: str) -> None:
    """Press the mouse's button, and wait until the page has asked for its list again because of a new object."""
    tab.page.mouse.down()
    with tab.page.expect_response(lambda answer: "hx-request" in answer.request.headers and answer.status == 200):
        shown.ended(shown.write("grumble", "inbox", key, b"pressed"))


def test_what_is_pressed_while_the_list_grows_is_followed_when_it_is_let_go(
    chromium: Chromium, shown: Shown, run: str
) -> None:
    with chromium.tab(shown.url, "press") as tab:
        tab.open("/runs")
        expect(tab.page.locator("[data-connection]")).to_have_text("live")
        tab.page.locator(f"#run-{run.partition('/')[2][:16]}").hover()
        press_while_one_arrives(tab, shown, "in/pressed.txt")
        tab.page.mouse.up()

        expect(tab.page.get_by_role("heading", level=1)).to_have_text("Run of grumble")
        assert run in unquote(tab.page.url)


def test_what_came_while_something_was_pressed_is_shown_when_it_is_let_go(
    chromium: Chromium, shown: Shown, run: str
) -> None:
    with chromium.tab(shown.url, "press") as tab:
        tab.open("/runs?text=while-pressed")
        expect(tab.page.locator("[data-connection]")).to_have_text("live")
        tab.page.get_by_role("heading", level=1).hover()
        press_while_one_arrives(tab, shown, "in/while-pressed.txt")
        expect(tab.page.locator("main")).to_contain_text("No runs")
        tab.page.mouse.up()

        expect(tab.page.locator("tbody")).to_contain_text("in/while-pressed.txt")


def test_from_the_graph_to_an_object_and_back_to_where_it_came_from(chromium: Chromium, shown: Shown, run: str) -> None:
    with chromium.tab(shown.url, "way") as tab:
        tab.page.get_by_role("link", name="Objects in grumble-outbox/out").click()
        tab.page.get_by_role("link", name="looked-at.txt.copy").click()
        expect(tab.page.locator("pre")).to_have_text("look at me")
        tab.page.get_by_role("link", name="inbox/in/looked-at.txt").click()

        expect(tab.page.get_by_role("heading", level=1)).to_have_text("looked-at.txt")
        expect(tab.page.locator("#to ~ ul")).to_contain_text("looked-at.txt.copy")


def test_runs_are_filtered_by_a_form(chromium: Chromium, shown: Shown, run: str) -> None:
    with chromium.tab(shown.url, "filter") as tab:
        tab.open("/runs")
        tab.page.get_by_label("State").select_option("failed")
        tab.page.get_by_label("Object contains").fill("refused")
        tab.page.get_by_role("button", name="Show").click()

        expect(tab.page.locator("tbody tr")).to_have_count(1)
        expect(tab.page.locator("tbody")).to_contain_text("no: not me")


def test_pages_work_without_scripts(chromium: Chromium, shown: Shown, run: str) -> None:
    context = chromium.browser.new_context(java_script_enabled=False)
    try:
        page = context.new_page()
        page.goto(shown.url)
        page.get_by_role("link", name="Runs", exact=True).click()
        page.get_by_label("Object contains").fill("looked-at")
        page.get_by_role("button", name="Show").click()
        expect(page.locator("tbody tr")).to_have_count(1)
    finally:
        context.close()


PAGES = {
    "pipelines": "/",
    "object": "/object?bucket=inbox&key=in/looked-at.txt",
    "runs": "/runs?text=in/",
    "objects": "/objects?place=inbox/in",
    "run": "/run?name={run}",
}
LOOKED_AT = [(name, look) for name in PAGES for look in (LOOKS if name in {"pipelines", "object"} else LOOKS[::3])]


@pytest.mark.parametrize(("name", "look"), LOOKED_AT, ids=str)
def test_everybody_can_read_and_use_a_page(chromium: Chromium, shown: Shown, run: str, name: str, look: Look) -> None:
    with chromium.tab(shown.url, name, look=look) as tab:
        tab.open(PAGES[name].format(run=run))
        kept = tab.keep()
        tab.must_be_accessible()

    assert kept.stat().st_size
