"""Sources: where figures come from, asked only when somebody scrapes, and never for longer than a scrape can wait."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from local.metrics.families import Figures

log = logging.getLogger("noria.metrics")
WAIT = 0.4
"""Seconds that a scrape waits for a source; what comes later is for the next one."""
KEPT = 60.0
"""Seconds for which an old answer is better than none."""
PAUSE = 4
"""Times as long as an answer took, at least, until the source is asked again."""


@dataclass
class Source:
    """One source; ``every`` so many seconds at most it is asked again."""

    name: str
    ask: Callable[[], Awaitable[Figures]]
    every: float = 0.9
    _found: Figures | None = None
    _at: float = field(default=-KEPT)
    _took: float = 0.0
    _asking: "asyncio.Task[None] | None" = None
    is_up: bool = True

    async def figures(self) -> Figures | None:
        """Give the newest answer that can be had now; None when there was none for a while."""
        if self._asking is None and time.monotonic() - self._at > max(self.every, PAUSE * self._took):
            self._asking = asyncio.create_task(self._ask())
        if self._asking is not None:
            await asyncio.wait({self._asking}, timeout=WAIT)
        return self._found if time.monotonic() - self._at < KEPT + self.every else None

    async def _ask(self) -> None:
        began = time.monotonic()
        try:
            self._found = await self.ask()
            self._at = time.monotonic()
            self.is_up = True
        except Exception as error:  # noqa: BLE001 - whatever it was, the next question may succeed
            if self.is_up:
                log.warning("not measured", extra={"source": self.name, "reason": f"{type(error).__name__}: {error}"})
            self.is_up = False
        finally:
            self._took = time.monotonic() - began
            self._asking = None
