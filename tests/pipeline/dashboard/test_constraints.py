"""Constraints in a browser: what is kept and what is not, whoever named the rules."""

import pytest
from playwright.sync_api import expect

from functions.watching.state import State, Watched
from tests.pipeline.dashboard.accessibility import LOOKS, Look
from tests.pipeline.dashboard.browser import Chromium
from tests.pipeline.dashboard.plane import Shown
from tests.unit.watching.rows import chain, told

NAME = "<script>alert(1)</script>"


@pytest.fixture(scope="module")
def state(shown: Shown) -> State:
    """What is known of an application: its first sessions keep both rules, its last take too long."""
    rows = [row for number in range(20) for row in chain(f"s{number}", 10.0 * number, 0.5 if number < 15 else 2.0)]
    state = State(application=NAME)
    told(state, rows)
    state.rules["custom:unseen"] = Watched(name=NAME, kind="custom", metric="masks/no_masks_count", threshold=1)
    for slot in range(2):  # of two the one that counts further is the newest
        state.sequence = slot
        body = state.model_dump_json().encode()
        shown.store.write("grumble-outbox", f"out/{state.file_name}", body)
    return state


def test_a_violated_rule_is_told_with_its_figures_and_its_alert(chromium: Chromium, shown: Shown, state: State) -> None:
    figures = state.rules["local:quick"].figures
    assert figures is not None

    with chromium.tab(shown.url, "constraints") as tab:
        tab.open("/constraints")
        expect(tab.page.get_by_role("heading", level=2)).to_have_text(NAME)
        line = tab.page.get_by_role("table", name="Rules of").locator("tr", has_text="quick")
        expect(line).to_contain_text("violated")
        expect(line).to_contain_text(f"{100 * figures.ratio:.1f} %")
        alerts = tab.page.get_by_role("table", name="Alerts of").locator("tr", has_text="quick")
        expect(alerts).to_contain_text("open")
        expect(tab.page.get_by_role("img", name="quick, seconds over seconds before the end")).to_be_visible()
        assert tab.page.locator("main script").count() == 0


@pytest.mark.parametrize("look", LOOKS, ids=str)
def test_constraints_can_be_read_by_everybody(chromium: Chromium, shown: Shown, state: State, look: Look) -> None:
    with chromium.tab(shown.url, "constraints", look=look) as tab:
        tab.open("/constraints")
        expect(tab.page.get_by_role("heading", level=2)).to_have_text(state.application)
        tab.keep()
        tab.must_be_accessible()
