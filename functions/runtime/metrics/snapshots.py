"""Snapshots: a worker's numbers in a file that the plane's exporter reads, so that they outlive the worker."""

import logging
import threading
from collections.abc import Callable
from pathlib import Path

log = logging.getLogger("noria.metrics")
EVERY = 1.0
"""Seconds between snapshots while something happens; a worker that is killed takes as much with it at most."""


class Snapshots:
    """Writes ``text()`` to ``path`` soon after each change, in one step, from a thread of its own.

    ``is_busy`` tells whether the numbers change by themselves, as ages do. A disk that is full, or a text that
    cannot be made, costs that snapshot and nothing else.
    """

    def __init__(self, path: Path, text: Callable[[], str], is_busy: Callable[[], bool]) -> None:
        self._path = path
        self._text = text
        self._is_busy = is_busy
        self._changed, self._closed = threading.Event(), threading.Event()
        self._failing = False
        self._changed.set()
        self._thread = threading.Thread(target=self._work, name="metrics", daemon=True)
        self._thread.start()

    def soon(self) -> None:
        """Tell that something has changed."""
        self._changed.set()

    def close(self) -> None:
        """Write the last one."""
        self._closed.set()
        self._changed.set()
        self._thread.join(5)

    def _work(self) -> None:
        while not self._closed.is_set():
            self._changed.wait(EVERY if self._is_busy() else None)
            self._changed.clear()
            self._write()
            self._closed.wait(EVERY)
        self._write()

    def _write(self) -> None:
        new = self._path.with_suffix(".new")
        try:
            new.write_text(self._text())
            new.replace(self._path)
        except Exception as error:  # the thread must go on: what stands still looks like a worker that does
            if not self._failing:
                log.warning(
                    "metrics not written", extra={"reason": str(error)}, exc_info=not isinstance(error, OSError)
                )
            self._failing = True
        else:
            self._failing = False
