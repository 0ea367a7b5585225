"""Jobs in a browser: curves that grow by themselves, and stay when the job is over."""

import json

import pytest
from playwright.sync_api import Locator, expect

from tests.pipeline.dashboard.accessibility import LOOKS, Look
from tests.pipeline.dashboard.browser import Chromium
from tests.pipeline.dashboard.plane import Shown
from tests.waiting import eventually


def teach(shown: Shown, name: str, epochs: int = 10_000) -> str:
    """Begin a job, and give its run once it is in its third epoch."""
    run = shown.write("learn", "lessons", f"in/{name}/lesson.txt", str(epochs).encode())

    def is_under_way() -> bool:
        found = shown.ledger.find(run)
        return found is not None and found.progress.get("epoch", 0) >= 3

    eventually(is_under_way, 90)
    return run


@pytest.mark.usefixtures("closed_door")
def test_a_learning_curve_grows_without_a_reload_and_stays_when_the_job_is_over(
    chromium: Chromium, shown: Shown
) -> None:
    name = teach(shown, "<b>bold</b>")

    with chromium.tab(shown.url, "jobs") as tab:
        tab.open("/jobs")
        line = tab.page.locator("tbody tr", has_text="<b>bold</b>")
        expect(line).to_contain_text("of 10000")
        first = line.inner_text()
        expect(line).not_to_have_text(first)
        line.get_by_role("link", name="learn").click()
        curve = tab.page.get_by_role("img", name="loss over epoch")
        eventually(lambda: _drawn(curve).count("L") >= 2)
        before = _drawn(curve)
        expect(curve.locator("path.line-0")).not_to_have_attribute("d", before)
        tab.keep()
        shown.door.touch()
        expect(tab.page.locator("#job .badge")).to_have_text("committed")
        expect(curve.locator("path.line-1")).to_be_visible()

    run = shown.ended(name)[0]
    history = json.loads(shown.content(run, "metrics.json"))["history"]
    with chromium.tab(shown.url, "jobs-ended") as tab:
        tab.open("/jobs")
        tab.page.locator("tbody tr", has_text="<b>bold</b>").get_by_role("link").first.click()
        expect(tab.page.locator("tbody tr").last).to_contain_text(str(history[-1]["epoch"]))


def _drawn(curve: Locator) -> str:
    return curve.locator("path.line-0").get_attribute("d") or ""


@pytest.fixture(scope="module")
def over(shown: Shown) -> str:
    """A job that is over; gives its run."""
    shown.door.touch()
    name = shown.write("learn", "lessons", "in/over/lesson.txt", b"5")
    shown.ended(name)
    return name


@pytest.mark.parametrize("look", LOOKS, ids=str)
def test_jobs_can_be_read_by_everybody(chromium: Chromium, shown: Shown, over: str, look: Look) -> None:
    with chromium.tab(shown.url, "job", look=look) as tab:
        tab.open(f"/job?name={over}")
        expect(tab.page.get_by_role("img", name="loss over epoch")).to_be_visible()
        tab.keep()
        tab.must_be_accessible()
        tab.open("/jobs")
        expect(tab.page.get_by_role("heading", name="Ended")).to_be_visible()
        tab.must_be_accessible()
