"""A picture on its way through the mask pipeline, as somebody sees it who has the dashboard open."""

from collections.abc import Iterator

import pytest
import skimage.data
from playwright.sync_api import Locator, expect

from local.cli.demo import PIPELINE
from tests.pipeline.dashboard.browser import Chromium, Tab
from tests.pipeline.dashboard.plane import Shown, plane_in
from tests.pipeline.test_mask_pipeline import png


@pytest.fixture(scope="module")
def masks(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shown]:
    masks = plane_in(tmp_path_factory.mktemp("masks"))
    try:
        masks("up", "--detach", PIPELINE)
        yield masks
    finally:
        masks("down")


def committed(tab: Tab, function: str) -> Locator:
    return tab.page.locator(f"td [data-live='counts.{function}.committed']")


def test_a_picture_is_followed_from_its_upload_to_its_masks_and_back(chromium: Chromium, masks: Shown) -> None:
    with chromium.tab(masks.url, "masks") as tab:
        expect(tab.page.get_by_role("status").filter(has_text="live")).to_be_visible()
        expect(committed(tab, "blur-faces")).to_have_text("0")
        tab.page.evaluate("window.isTheSamePage = true")

        masks.write("blur-faces", "photos", "in/astronaut.png", png(skimage.data.astronaut()[..., ::-1]))

        expect(committed(tab, "blur-faces")).to_have_text("1")
        expect(committed(tab, "mask-detect")).to_have_text("1")
        result = tab.page.get_by_role("link", name="astronaut.png.blurred.png.masks.png")
        expect(result.first).to_be_visible()
        assert tab.page.evaluate("window.isTheSamePage") is True
        tab.keep("followed")
        tab.must_be_accessible()

        result.first.click()
        picture = tab.page.get_by_role("img", name="The picture astronaut.png.blurred.png.masks.png")
        expect(picture).to_be_visible()
        assert picture.evaluate("async one => { await one.decode(); return one.naturalWidth }") == 512
        origin = tab.page.get_by_role("region", name="Where it came from")
        expect(origin).to_contain_text("mask-detect")
        tab.keep("masks")

        origin.get_by_role("link", name="photos/in/astronaut.png", exact=True).click()
        below = tab.page.get_by_role("region", name="What came of it")
        expect(below).to_contain_text("blur-faces")
        below.get_by_role("link", name="masks.json").click()
        expect(tab.page.locator("pre")).to_contain_text('"no_masks_count": 1')


def test_a_picture_that_is_none_is_told_with_its_reason_and_fails_again_when_it_is_sent_again(
    chromium: Chromium, masks: Shown
) -> None:
    name = masks.write("blur-faces", "photos", "in/<b>text</b>.png", b"not a picture at all")
    first = masks.ended(name)[0]

    with chromium.tab(masks.url, "masks") as tab:
        tab.open("/failures")
        line = tab.page.locator("tbody tr", has_text="<b>text</b>")
        expect(line).to_contain_text("not a picture")
        line.get_by_role("checkbox").check()
        tab.page.get_by_role("button", name="Retry").click()
        expect(tab.page.get_by_role("status").filter(has_text="1 dead letter was sent again")).to_be_visible()
        expect(tab.page.locator("tbody tr", has_text="<b>text</b>")).to_contain_text("not a picture")

    again = masks.ended(name)[0]
    assert (again.state, len(again.reopened)) == ("failed", 1)
    assert len(again.failures) > len(first.failures)
    assert "not a picture" in again.failures[-1].reason
