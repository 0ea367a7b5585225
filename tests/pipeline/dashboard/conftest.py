"""A real browser, and a plane whose pages it opens."""

from collections.abc import Iterator

import pytest

from tests.pipeline.dashboard.browser import ARGUMENTS, CHROMIUM, PATIENCE, Chromium
from tests.pipeline.dashboard.plane import Shown, served


@pytest.fixture(scope="module")
def chromium() -> Iterator[Chromium]:
    """Chromium, open for the tests of one module: see the trap in browser.py."""
    if not CHROMIUM.exists():
        pytest.skip(f"there is no {CHROMIUM}: apt-get install chromium")
    from playwright.sync_api import expect, sync_playwright

    expect.set_options(timeout=PATIENCE)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(ARGUMENTS))
        try:
            yield Chromium(browser)
        finally:
            browser.close()


@pytest.fixture(scope="session")
def shown(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shown]:
    """A plane of a function that complains and one that learns; nobody may stop it."""
    with served(tmp_path_factory.mktemp("dashboard")) as shown:
        yield shown


@pytest.fixture
def closed_door(shown: Shown) -> Iterator[None]:
    """Let both functions wait until the test opens the door."""
    shown.door.unlink(missing_ok=True)
    yield
    shown.door.touch()
