"""Drift in a browser: a stream that drifts is told with its tests, its alarm and its picture."""

import pytest
from playwright.sync_api import expect

from tests.pipeline.dashboard.accessibility import LOOKS, Look
from tests.pipeline.dashboard.browser import Chromium
from tests.pipeline.dashboard.plane import Shown
from tests.waiting import eventually

FIELD, STREAM = "<b>count</b>", "readings/in"


@pytest.fixture(scope="module")
def drifted(shown: Shown) -> str:
    """A table whose values rise half way; gives its run's name."""
    rows = [f"{place % 5 + (7 if place >= 40 else 0)},{int(place % 7 == 0)}" for place in range(80)]
    table = "\n".join([f"{FIELD},missing", *rows]) + "\n"
    name = shown.write("drift-check", "readings", "in/table.csv", table.encode())
    assert shown.ended(name)[0].state == "committed"
    return name


def test_a_stream_that_drifts_is_told_with_its_tests_its_alarm_and_its_picture(
    chromium: Chromium, shown: Shown, drifted: str
) -> None:
    with chromium.tab(shown.url, "drift") as tab:
        tab.open("/drift")
        expect(tab.page.get_by_role("heading", level=2)).to_have_text(STREAM)
        fields = tab.page.get_by_role("table", name="Fields of")
        expect(fields.locator("tr", has_text=FIELD)).to_contain_text("drifted")
        expect(fields.locator("tr", has_text="missing")).to_contain_text("normal")
        expect(tab.page.get_by_role("table", name="Alarms of").locator("tbody tr")).to_have_count(1)
        expect(tab.page.get_by_role("img", name=f"masks {FIELD} over test")).to_contain_text("drift")
        picture = tab.page.locator("img.picture")
        picture.scroll_into_view_if_needed()
        eventually(lambda: picture.evaluate("one => one.complete && one.naturalWidth > 100"))
        assert tab.page.locator("main b", has_text="count").count() == 0


@pytest.mark.parametrize("look", LOOKS, ids=str)
def test_drift_can_be_read_by_everybody(chromium: Chromium, shown: Shown, drifted: str, look: Look) -> None:
    with chromium.tab(shown.url, "drift", look=look) as tab:
        tab.open("/drift")
        expect(tab.page.get_by_role("heading", level=2)).to_have_text(STREAM)
        tab.page.locator("img.picture").scroll_into_view_if_needed()
        tab.keep()
        tab.must_be_accessible()
