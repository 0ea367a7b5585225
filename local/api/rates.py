"""Rates: how often one client may ask, and how many may do something costly at once."""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from local.api.refusal import Refusal

MOST_CLIENTS = 10_000
"""Clients that are remembered; the one that was silent for longest is forgotten first."""


@dataclass
class Rate:
    """So many of ``what`` a minute for each client, a minute's worth at once at most (a token bucket)."""

    what: str
    per_minute: int
    clock: Callable[[], float] = time.monotonic
    _left: OrderedDict[str, tuple[float, float]] = field(default_factory=OrderedDict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def take(self, client: str) -> None:
        """Count one.

        Raises:
            Refusal: 429; the client has had its share, and is told when to come again.
        """
        with self._lock:
            now = self.clock()
            left, then = self._left.pop(client, (float(self.per_minute), now))
            left = min(self.per_minute, left + (now - then) * self.per_minute / 60)
            self._left[client] = (max(left - 1, 0) if left >= 1 else left, now)
            while len(self._left) > MOST_CLIENTS:
                self._left.popitem(last=False)
        if left < 1:
            seconds = str(int((1 - left) * 60 / self.per_minute) + 1)
            raise Refusal(
                429,
                f"more than {self.per_minute} {self.what} a minute",
                hint=f"come again in {seconds} s",
                headers={"Retry-After": seconds},
            )


@dataclass
class Room:
    """Room for so many at once."""

    what: str
    most: int
    _taken: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @contextmanager
    def place(self) -> Iterator[None]:
        """Take a place for the time of the block.

        Raises:
            Refusal: 503; there is none.
        """
        with self._lock:
            if self._taken >= self.most:
                raise Refusal(
                    503, f"{self.most} {self.what} are under way", hint="come again soon", headers={"Retry-After": "2"}
                )
            self._taken += 1
        try:
            yield
        finally:
            with self._lock:
                self._taken -= 1
