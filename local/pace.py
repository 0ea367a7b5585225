"""A pace: so many a second at most, evenly, so that what is sent round again does not crowd out what is new."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field


@dataclass
class Pace:
    """Gives ``rate`` turns a second at most; a late turn is not made up for by a burst."""

    rate: float
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    _next: float = field(default=0, init=False)

    async def turn(self) -> None:
        """Wait until it is time for the next one."""
        now = self.clock()
        if now < self._next:
            await self.sleep(self._next - now)
        self._next = max(now, self._next) + 1 / self.rate
