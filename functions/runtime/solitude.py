"""Solitude: many runs of a worker go side by side, but for one that may have ended a worker; that one goes alone.

A worker that dies takes all with it that it had in hand. Whoever may have done it runs alone the next time, so that it
is known to be the one, and its neighbours are not blamed again.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from functions.runtime.errors import NotYetError

LOOK = 0.5
"""Seconds between looks at whether the worker stops."""


class Solitude:
    """A lock that many hold together, or one alone; who wants it alone goes before who comes later."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._together = 0
        self._waiting = 0
        self._alone = False
        self._closed = False

    @contextmanager
    def kept(self, *, alone: bool) -> Iterator[None]:
        """Hold it.

        Raises:
            NotYetError: The worker stops before this one's turn.
        """
        self._enter(alone=alone)
        try:
            yield
        finally:
            with self._changed:
                self._together -= not alone
                self._alone = self._alone and not alone
                self._changed.notify_all()

    def close(self) -> None:
        """Let nobody in any more."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def _enter(self, *, alone: bool) -> None:
        with self._changed:
            self._waiting += alone
            try:
                while self._alone or (self._together if alone else self._waiting):
                    if self._closed:
                        raise NotYetError("the worker stops", delay=0.5)
                    self._changed.wait(LOOK)
            finally:
                self._waiting -= alone
            self._alone, self._together = alone, self._together + (not alone)
