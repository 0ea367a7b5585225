"""Waiting for what another process or thread does: for the state that is meant, and never for a time."""

import time
from collections.abc import Callable


def eventually(holds: Callable[[], bool], timeout_s: float = 60) -> None:
    """Wait until it holds; fail if it does not in time."""
    deadline = time.monotonic() + timeout_s
    while not holds():
        assert time.monotonic() < deadline, f"not within {timeout_s:g} s"
        time.sleep(0.05)
