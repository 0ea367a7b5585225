"""Keeps leases young while a host works on events."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from functions.runtime.assembly import Assembled


@contextmanager
def beating(assembled: Assembled) -> Iterator[None]:
    """Renew what the engine holds three times within ``ack_wait``, so that nobody takes it for lost."""
    over = threading.Event()

    def beat() -> None:
        while not over.wait(assembled.configuration.ack_wait / 3):
            assembled.engine.renew()

    thread = threading.Thread(target=beat, name="heartbeat", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
