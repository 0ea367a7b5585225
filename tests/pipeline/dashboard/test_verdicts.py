"""Bills of materials as pages show them: with a verdict that is made here and now, of what lies there."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from functions.trust.keyring import KEY_SET
from tests.pipeline.dashboard.browser import Chromium
from tests.pipeline.dashboard.plane import Shown
from tests.pipeline.dashboard.visitor import Visitor
from tests.trust.signing import Signed, signed

BUCKET = "lessons"


@pytest.fixture(scope="module")
def genuine(tmp_path_factory: pytest.TempPathFactory) -> Signed:
    return signed(tmp_path_factory.mktemp("signed"))


@pytest.fixture
def trusted(shown: Shown, genuine: Signed) -> Iterator[None]:
    """Trust the signer on this machine."""
    file = shown.home / "keys" / KEY_SET
    file.parent.mkdir(exist_ok=True)
    file.write_text(genuine.keys.json_text)
    yield
    file.unlink()


def upload(shown: Shown, folder: Path, place: str) -> None:
    for file in folder.rglob("*"):
        if file.is_file():
            shown.store.write(BUCKET, f"{place}/{file.relative_to(folder)}", file)


def test_a_genuine_folder_has_a_badge_that_says_so(
    chromium: Chromium, shown: Shown, genuine: Signed, trusted: None
) -> None:
    upload(shown, genuine.folder, "signed/genuine")

    with chromium.tab(shown.url, "bill") as tab:
        tab.open(f"/object?bucket={BUCKET}&key=signed/genuine/bom.cdx.json")
        expect(tab.page.locator(".badge.verified")).to_have_text("verified")
        tab.keep()
        tab.must_be_accessible()
        tab.page.get_by_role("link", name="what was checked").click()
        expect(tab.page.locator("tbody")).to_contain_text("signed at")


def test_a_file_that_was_changed_is_named(shown: Shown, genuine: Signed, trusted: None) -> None:
    upload(shown, genuine.folder, "signed/tampered")
    with Visitor.of(shown.url) as visitor:
        before = visitor.page("/verdict", bucket=BUCKET, folder="signed/tampered")
        shown.store.write(BUCKET, "signed/tampered/metrics.json", b"{}")
        after = visitor.page("/verdict", bucket=BUCKET, folder="signed/tampered")

    assert ('class="badge verified"' in before, 'class="badge verified"' in after) == (True, False)
    assert "metrics.json is not the file that was signed" in after


def test_without_a_trusted_signer_nothing_is_verified(shown: Shown, genuine: Signed) -> None:
    upload(shown, genuine.folder, "signed/unknown")
    with Visitor.of(shown.url) as visitor:
        where = {"bucket": BUCKET, "folder": "signed/unknown"}
        badge = visitor.client.get("/verdict", params=where, headers={"hx-request": "true"})
        page = visitor.client.get("/verdict", params=where)

    assert (badge.status_code, page.status_code) == (200, 503)
    assert "unverified" in badge.text
    assert "say which signers are trusted" in page.text


@pytest.mark.parametrize("folder", ["", "no/such/folder", "../..", "--help"])
def test_a_folder_that_is_none_has_no_verdict(shown: Shown, folder: str) -> None:
    with Visitor.of(shown.url) as visitor:
        answer = visitor.client.get("/verdict", params={"bucket": BUCKET, "folder": folder})

    assert answer.status_code in {404, 422}
