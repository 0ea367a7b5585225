"""Debian's Chromium without a window, which notes whatever a page does that it should not.

Its tests ask the plane through processes and the store alone: while a browser is open, an event loop runs in this
thread, and ``asyncio.run`` refuses.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Dialog, Page, Request, ViewportSize

from tests.pipeline.dashboard.accessibility import Look, faults

CHROMIUM = Path(os.environ.get("NORIA_CHROMIUM", "/usr/bin/chromium"))
SCREENSHOTS = Path(os.environ.get("NORIA_SCREENSHOTS", Path(__file__).parents[3] / ".noria/screenshots"))
ARGUMENTS = (
    *(["--no-sandbox"] if os.geteuid() == 0 else []),
    "--disable-dev-shm-usage",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
)
PATIENCE = 60_000
"""Milliseconds that anything on a page may take, on a machine with much else to do."""
SPY = """
addEventListener("securitypolicyviolation", (event) =>
  console.error(`security policy: ${event.effectiveDirective} ${event.blockedURI} ${event.sample}`));
"""
SIZES: dict[str, ViewportSize] = {
    "desktop": {"width": 1280, "height": 900},
    "phone": {"width": 390, "height": 844},
}


@dataclass
class Tab:
    """A page, and what has happened on it that should not; ``expected`` are parts of such notes that may be there."""

    page: Page
    origin: str
    name: str
    look: Look
    wrong: list[str] = field(default_factory=list)
    expected: list[str] = field(default_factory=list)

    def open(self, path: str) -> None:
        """Go to a page of the same server, and wait until it is loaded."""
        self.page.goto(self.origin + path, wait_until="load")

    def hear_nothing(self) -> None:
        """Leave the page as it is from now on, whatever happens on the plane: as one that is not looked at."""
        self.page.evaluate("dispatchEvent(new Event('pagehide'))")
        self.page.evaluate("addEventListener('htmx:beforeSwap', (event) => event.preventDefault())")  # under way

    def keep(self, part: str = "") -> Path:
        """Keep what is seen as a picture, named for the test, the size of the window and the colours."""
        name = "-".join(filter(None, (self.name, part, self.look.size, self.look.colours)))
        path = SCREENSHOTS / f"{name}.png"
        self.page.screenshot(path=path, full_page=True, animations="disabled")
        return path

    def must_be_accessible(self) -> None:
        """Refuse a page that cannot be used by the keyboard or a screen reader, or be read; it hears nothing more."""
        self.hear_nothing()
        found = faults(self.page, self.look)
        assert not found, "\n".join([self.page.url, *found])

    def must_be_clean(self) -> None:
        """Refuse a page that has done anything wrong."""
        left = [note for note in self.wrong if not any(part in note for part in self.expected)]
        assert not left, "\n".join([self.page.url, *left])

    def watch(self) -> None:
        """Note from now on whatever goes wrong."""
        self.page.on("console", self._heard)
        self.page.on("pageerror", lambda error: self.wrong.append(f"error: {error}"))
        self.page.on("dialog", self._asked)
        self.page.on("request", self._requested)
        self.page.on("popup", lambda other: self.wrong.append(f"opened a window: {other.url}"))
        self.page.on("download", lambda file: self.wrong.append(f"downloaded {file.url}"))

    def _heard(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            self.wrong.append(f"console: {message.text} ({message.location.get('url', '')})")

    def _asked(self, dialog: Dialog) -> None:
        self.wrong.append(f"dialog: {dialog.message}")
        dialog.dismiss()

    def _requested(self, request: Request) -> None:
        url = urlsplit(request.url)
        if url.scheme not in {"data", "about", "blob"} and f"{url.scheme}://{url.netloc}" != self.origin:
            self.wrong.append(f"asked another host: {request.url[:200]}")


@dataclass(frozen=True)
class Chromium:
    """A browser that is open."""

    browser: Browser

    @contextmanager
    def tab(self, url: str, name: str, *, look: Look | None = None) -> Iterator[Tab]:
        """Open ``url`` in a window of its own, without a history or cookies.

        Raises:
            AssertionError: At the end, where anything went wrong on it.
        """
        look = look or Look()
        context = self._context(look)
        try:
            address = urlsplit(url)
            tab = Tab(context.new_page(), f"{address.scheme}://{address.netloc}", name, look)
            tab.watch()
            tab.page.goto(url, wait_until="load")
            yield tab
            tab.must_be_clean()
        finally:
            context.close()

    def _context(self, look: Look) -> BrowserContext:
        context = self.browser.new_context(
            viewport=SIZES[look.size],
            color_scheme=look.colours,
            reduced_motion="reduce",
            service_workers="block",
            locale="en-GB",
            timezone_id="UTC",
        )
        context.set_default_timeout(PATIENCE)
        context.add_init_script(SPY)
        return context
