"""Attention: whether anybody looks at the pages. While nobody does, nothing is asked, read or counted for them."""

import asyncio
import time

LASTS = 15.0
"""Seconds after a look for which somebody counts as looking."""


class Attention:
    """Who serves pages calls ``look``, who works for them waits; all in the event loop of the server."""

    def __init__(self) -> None:
        self._at = float("-inf")
        self._begun = asyncio.Event()

    def look(self) -> None:
        """Note that somebody looks."""
        self._at = time.monotonic()
        self._begun.set()

    @property
    def is_there(self) -> bool:
        """Whether somebody looks."""
        return time.monotonic() - self._at < LASTS

    async def begin(self) -> None:
        """Wait until somebody looks."""
        while not self.is_there:
            self._begun.clear()
            await self._begun.wait()

    async def end(self) -> None:
        """Wait until nobody looks any more."""
        while self.is_there:
            await asyncio.sleep(max(self._at + LASTS - time.monotonic(), 0.05))
