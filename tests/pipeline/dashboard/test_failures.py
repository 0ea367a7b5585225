"""Dead letters in a browser: read, sent round again, thrown away; whoever wrote what stands in them."""

import pytest
from playwright.sync_api import expect

from tests.pipeline.dashboard.accessibility import LOOKS, Look
from tests.pipeline.dashboard.browser import Chromium, Tab
from tests.pipeline.dashboard.plane import Shown
from tests.waiting import eventually

pytestmark = pytest.mark.usefixtures("closed_door")
SCRIPT = "<img src=x onerror=alert(1)><script>alert(2)</script>"
HOSTILE = {
    f"in/{SCRIPT}.txt": SCRIPT,
    'in/"><svg onload=alert(3)>.txt': "{{ 7 * 7 }} ${alert(4)} javascript:alert(5)",
    "in/\u202etxt.exe\u2066 a&amp;b %3Cb%3E.txt": "\u202eabc\u0000\u0007\u2028\U0001f600",
    "in/" + f"{'w' * 200}/" * 3 + ".txt": "long " * 2000,
}


def fail(shown: Shown, key: str, said: str = "no") -> str:
    """Upload an object that is refused, and give its run's name."""
    name = shown.write("grumble", "inbox", key, said.encode())
    assert shown.ended(name)[0].state == "failed"
    return name


def row(tab: Tab, text: str) -> str:
    """Give the selector of a table's row with this text."""
    return f"tbody tr:has-text('{text}')"


def test_a_dead_letter_is_sent_round_again_in_the_browser(chromium: Chromium, shown: Shown) -> None:
    name = fail(shown, "in/again.txt", "closed")

    with chromium.tab(shown.url, "failures") as tab:
        tab.open("/failures?text=again.txt")
        line = tab.page.locator(row(tab, "again.txt"))
        expect(line).to_contain_text("no: closed")
        shown.door.touch()
        line.get_by_role("checkbox").check()
        tab.page.get_by_role("button", name="Retry").click()
        expect(tab.page.get_by_role("status").filter(has_text="sent again")).to_contain_text("1 dead letter was")
        assert shown.ended(name)[0].state == "committed"
        expect(line).to_have_count(0)


def test_a_dead_letter_is_thrown_away_only_once_that_is_said_twice(chromium: Chromium, shown: Shown) -> None:
    name = fail(shown, "in/purged.txt")
    letters = {each["run"]: each["letter"] for each in shown.json("failed", "list")}

    with chromium.tab(shown.url, "failures") as tab:
        tab.open("/failures?text=purged.txt")
        tab.page.locator(row(tab, "purged.txt")).get_by_role("checkbox").check()
        tab.page.get_by_role("button", name="Purge").click()
        expect(tab.page.get_by_role("heading", level=1)).to_have_text("Purge 1 dead letter?")
        assert name in {each["run"] for each in shown.json("failed", "list")}
        tab.page.get_by_role("button", name="Purge for good").click()
        expect(tab.page.locator("main")).to_contain_text("1 dead letter was thrown away")
    assert letters[name] not in {each["letter"] for each in shown.json("failed", "list")}
    assert shown.ended(name)[0].state == "failed"


def test_a_new_dead_letter_shows_by_itself_and_what_was_chosen_stays_chosen(chromium: Chromium, shown: Shown) -> None:
    fail(shown, "in/live-1.txt")

    with chromium.tab(shown.url, "failures") as tab:
        tab.open("/failures?text=live-")
        tab.page.locator(row(tab, "live-1")).get_by_role("checkbox").check()
        fail(shown, "in/live-2.txt")
        expect(tab.page.locator(row(tab, "live-2"))).to_be_visible()
        expect(tab.page.locator(row(tab, "live-1")).get_by_role("checkbox")).to_be_checked()
        expect(tab.page.locator(row(tab, "live-2")).get_by_role("checkbox")).not_to_be_checked()


def test_a_message_that_is_no_event_is_among_the_dead_letters_and_goes_when_it_is_purged(
    chromium: Chromium, shown: Shown
) -> None:
    shown.send(b'{"Records": "<script>alert(6)</script>"}')
    eventually(lambda: any(each["error"] == "NotAnEvent" for each in shown.json("failed", "list")))

    with chromium.tab(shown.url, "failures") as tab:
        tab.open("/failures")
        tab.page.get_by_role("table", name="no events").get_by_role("checkbox").check()
        tab.page.get_by_role("button", name="Purge").click()
        tab.page.get_by_role("button", name="Purge for good").click()
        expect(tab.page.locator("main")).to_contain_text("1 dead letter was thrown away")
    assert not any(each["error"] == "NotAnEvent" for each in shown.json("failed", "list"))


def test_words_of_strangers_are_shown_and_do_nothing(chromium: Chromium, shown: Shown) -> None:
    for key, said in HOSTILE.items():
        fail(shown, key, said)

    with chromium.tab(shown.url, "failures-hostile") as tab:
        tab.open("/failures")
        expect(tab.page.locator("main")).to_contain_text(SCRIPT)
        expect(tab.page.locator("main")).to_contain_text("{{ 7 * 7 }}")
        expect(tab.page.locator("main")).to_contain_text("\\u202etxt.exe")
        assert tab.page.locator("main img, main script, main svg[onload]").count() == 0
        tab.keep()


@pytest.mark.parametrize("look", LOOKS, ids=str)
def test_dead_letters_can_be_read_by_everybody(chromium: Chromium, shown: Shown, look: Look) -> None:
    fail(shown, f"in/look-{look.size}-{look.colours}.txt", "a reason " * 20)

    with chromium.tab(shown.url, "failures", look=look) as tab:
        tab.open("/failures")
        expect(tab.page.locator(row(tab, f"look-{look.size}-{look.colours}"))).to_be_visible()
        tab.keep()
        tab.must_be_accessible()


def test_letters_that_are_gone_are_said_to_be(chromium: Chromium, shown: Shown) -> None:
    fail(shown, "in/gone.txt")

    with chromium.tab(shown.url, "failures") as tab:
        tab.open("/failures?text=gone.txt")
        tab.expected.append("422")
        tab.page.locator(row(tab, "gone.txt")).get_by_role("checkbox").check()
        tab.hear_nothing()
        shown("failed", "purge", "--all")
        tab.page.get_by_role("button", name="Retry").click()
        expect(tab.page.get_by_role("alert")).to_contain_text("are gone")
        eventually(lambda: not shown.json("failed", "list"))
